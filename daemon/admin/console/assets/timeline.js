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
  /** Shows or hides changes of custom fields, of which a room may have many more than of other events. */
  filter = el('label', { class: 'check' },
    el('input', { type: 'checkbox', checked: true, onchange: ({ target }) => this.#list.classList.toggle('without-fields', !target.checked) }),
    text('room.showFields'));
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
    if (this.#isNew(event)) this.#insert(event, 'prepend');
    while (this.#known.size > kMostShown) this.#forgetOldest();
  }

  /**
   * Appends events from before all that are shown.
   * @param {RoomEvent[]} events  newest first
   */
  addOlder(events) {
    for (const event of events) if (this.#isNew(event)) this.#insert(event, 'append');
  }

  /**
   * Changes of custom fields that follow each other are one entry, folded.
   * @param {RoomEvent} event
   * @param {'prepend'|'append'} place
   */
  #insert(event, place) {
    if (event.type !== 'custom_changed') {
      this.#list[place](entry(event));
      return;
    }
    const neighbour = place === 'prepend' ? this.#list.firstElementChild : this.#list.lastElementChild;
    const group = neighbour?.classList.contains('fields') ? neighbour : fieldsGroup();
    if (group !== neighbour) this.#list[place](group);
    const changes = /** @type {Element} */ (group.querySelector('ol'));
    changes[place](entry(event));
    countFields(group);
  }

  get isFull() {
    return this.#known.size >= kMostShown;
  }

  #forgetOldest() {
    const oldest = /** @type {HTMLElement} */ ([...this.#list.querySelectorAll('[data-event]')].at(-1));
    this.#known.delete(oldest.dataset.event ?? '');
    const group = oldest.closest('.fields');
    oldest.remove();
    if (group) countFields(group);
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

const fieldsGroup = () => el('li', { class: 'timeline-entry tone-plain fields' },
  el('details', {}, el('summary'), el('ol')));

/** @param {Element} group  that is removed when it is empty */
function countFields(group) {
  const count = group.querySelectorAll('[data-event]').length;
  group.querySelector('summary')?.replaceChildren(text('event.fields', { count }));
  if (count === 0) group.remove();
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
