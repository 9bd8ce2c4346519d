// The events of one room, newest first.
import { sentenceNodes } from './activity_feed.js';
import { el } from './dom.js';
import { dayAndTime } from './format.js';
import { text } from './texts.js';
import { eventWords } from './words.js';

/** @typedef {import('./types.js').RoomEvent} RoomEvent */

const kMostShown = 500;
const kMostUnfolded = 50; // of changes that follow each other

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
  /** @type {RoomEvent|undefined} */
  #newest = undefined;
  /** @type {Array<{element: HTMLElement, oldest: RoomEvent, fold: Fold|null}>} what is shown, newest first */
  #entries = [];
  element = el('div', {}, this.#empty, this.#list);

  /**
   * Replaces the content.
   * @param {RoomEvent[]} events  newest first
   */
  renew(events) {
    this.#newest = events[0];
    this.#entries = [];
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
    this.#insert(event, 'prepend');
    while (this.#entries.length > kMostShown) this.#entries.pop()?.element.remove();
  }

  /**
   * Appends events; ignores those that are not before all that are shown.
   * @param {RoomEvent[]} events  newest first
   */
  addOlder(events) {
    for (const event of events) {
      const oldest = this.#entries.at(-1)?.oldest;
      if (!oldest || isAfter(oldest, event)) this.#insert(event, 'append');
    }
  }

  get isFull() {
    return this.#entries.length >= kMostShown;
  }

  /**
   * Changes of custom fields that follow each other are one entry, folded.
   * @param {RoomEvent} event
   * @param {'prepend'|'append'} place
   */
  #insert(event, place) {
    this.#empty.hidden = true;
    const isChange = event.type === 'custom_changed';
    const neighbour = this.#entries.at(place === 'prepend' ? 0 : -1);
    if (isChange && neighbour?.fold) {
      neighbour.fold.add(event, place);
      if (place === 'append') neighbour.oldest = event;
      return;
    }
    const fold = isChange ? new Fold() : null;
    fold?.add(event, place);
    const element = fold?.element ?? entry(event);
    this.#entries[place === 'prepend' ? 'unshift' : 'push']({ element, oldest: event, fold });
    this.#list[place](element);
  }
}

/** Counts changes, and has the newest of them. */
class Fold {
  #count = 0;
  #summary = el('summary');
  #changes = el('ol');
  element = el('li', { class: 'timeline-entry tone-plain fields' }, el('details', {}, this.#summary, this.#changes));

  /**
   * @param {RoomEvent} event
   * @param {'prepend'|'append'} place
   */
  add(event, place) {
    this.#count += 1;
    this.#summary.replaceChildren(text('event.fields', { count: this.#count }));
    if (place === 'append' && this.#changes.children.length >= kMostUnfolded) return;
    this.#changes[place](entry(event));
    if (this.#changes.children.length > kMostUnfolded) this.#changes.lastElementChild?.remove();
  }
}

/** @param {RoomEvent} event */
function entry(event) {
  const { tone, sentence } = eventWords(event);
  return el('li', { class: `timeline-entry tone-${tone}`, 'data-type': event.type, 'data-reason': event.reason || null },
    el('p', {}, ...sentenceNodes(sentence)),
    el('p', { class: 'quiet fine' },
      el('time', { datetime: new Date(event.atMs).toISOString() }, dayAndTime(event.atMs)),
      ` · ${text('room.eventNumber', { number: String(event.sequence) })}`));
}
