// A list that grows at its top: drawn as often as frames are, and no longer than anybody reads.
import { oncePerFrame } from './dom.js';

/** @template T */
export class NewestList {
  #list;
  #most;
  #entry;
  /** @type {T[]} oldest first; a tab that is hidden draws no frames, so it must not grow either */
  #waiting = [];
  #draw = oncePerFrame(() => this.#drawWaiting());

  /**
   * @param {HTMLElement} list
   * @param {number} most  entries that are shown
   * @param {(item: T) => HTMLElement} entry  makes one
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
