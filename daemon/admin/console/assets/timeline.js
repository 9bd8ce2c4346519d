// The events of one room, newest first.
import { sentenceNodes } from './activity_feed.js';
import { el } from './dom.js';
import { dayAndTime } from './format.js';
import { text } from './texts.js';
import { eventWords } from './words.js';

/** @typedef {import('./types.js').RoomEvent} RoomEvent */

const kMostShown = 500;

/** @param {RoomEvent} event */
const identityOf = (event) => `${event.number}/${event.sequence}`;

/**
 * @param {RoomEvent} event
 * @param {RoomEvent|undefined} other  undefined: everything is after it
 */
const isAfter = (event, other) => other === undefined || event.number > other.number
  || (event.number === other.number && event.sequence > other.sequence);

/**
 * Merges the server's reply with the events received while it was pending. The reply contains most
 * of those as well, or is newer than them if the stream is behind.
 * @param {RoomEvent[]} reply  newest first
 * @param {RoomEvent[]} meanwhile  newest first
 */
export function mergedEvents(reply, meanwhile) {
  return [...meanwhile.filter((event) => isAfter(event, reply[0])), ...reply];
}

export class Timeline {
  #list = el('ol', { class: 'timeline' });
  #empty = el('p', { class: 'quiet' }, text('room.noHistory'));
  /** @type {Set<string>} */
  #known = new Set();
  /** @type {RoomEvent|undefined} */
  #newest = undefined;
  element = el('div', {}, this.#empty, this.#list);

  /**
   * Replaces the content.
   * @param {RoomEvent[]} events  newest first
   */
  renew(events) {
    this.#known.clear();
    this.#newest = events[0];
    this.#list.replaceChildren();
    this.#empty.hidden = false;
    this.addOlder(events);
  }

  /**
   * Adds a new event; ignores events that a delayed stream delivers late.
   * @param {RoomEvent} event
   */
  addNewest(event) {
    if (!isAfter(event, this.#newest)) return;
    this.#newest = event;
    if (this.#isNew(event)) this.#list.prepend(entry(event));
    while (this.#list.children.length > kMostShown) this.#forgetOldest();
  }

  /**
   * Appends events from before all that are shown.
   * @param {RoomEvent[]} events  newest first
   */
  addOlder(events) {
    this.#list.append(...events.filter((event) => this.#isNew(event)).map(entry));
  }

  get isFull() {
    return this.#list.children.length >= kMostShown;
  }

  #forgetOldest() {
    const oldest = /** @type {HTMLElement} */ (this.#list.lastElementChild);
    this.#known.delete(oldest.dataset.event ?? '');
    oldest.remove();
  }

  /** @param {RoomEvent} event */
  #isNew(event) {
    const identity = identityOf(event);
    if (this.#known.has(identity)) return false;
    this.#known.add(identity);
    this.#empty.hidden = true;
    return true;
  }
}

/** @param {RoomEvent} event */
function entry(event) {
  const { tone, sentence } = eventWords(event);
  return el('li', { class: `timeline-entry tone-${tone}`, 'data-event': identityOf(event), 'data-type': event.type, 'data-reason': event.reason || null },
    el('p', {}, ...sentenceNodes(sentence)),
    el('p', { class: 'quiet fine' },
      el('time', { datetime: new Date(event.atMs).toISOString() }, dayAndTime(event.atMs)),
      ` · ${text('room.eventNumber', { number: String(event.sequence) })}`));
}
