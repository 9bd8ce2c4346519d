// A list that grows at its top: redrawn at most once per frame, with a limited number of entries.
import { oncePerFrame } from './dom.js';

/** @template T */
export class NewestList {
  #list;
  #most;
  #entry;
  /** @type {T[]} oldest first; bounded too, because a hidden tab draws no frames */
  #waiting = [];
  #draw = oncePerFrame(() => this.#drawWaiting());

  /**
   * @param {HTMLElement} list
   * @param {number} most  maximum number of entries shown
   * @param {(item: T) => HTMLElement} entry  creates an entry
   */
  constructor(list, most, entry) {
    this.#list = list;
    this.#most = most;
    this.#entry = entry;
  }

  /** @param {T} item */
  add(item) {
    this.#waiting.push(item);
    if (this.#waiting.length > this.#most) this.#waiting.shift();
    this.#draw();
  }

  #drawWaiting() {
    this.#list.prepend(...this.#waiting.toReversed().map(this.#entry));
    this.#waiting = [];
    while (this.#list.children.length > this.#most) this.#list.lastElementChild?.remove();
  }
}
