// Events of all rooms, newest first, except changes of custom fields: likes of one room would displace all others.
import { el, userText } from './dom.js';
import { clockTime } from './format.js';
import { NewestList } from './newest_list.js';
import { hashOf } from './routes.js';
import { text } from './texts.js';
import { eventWords } from './words.js';

const kMostShown = 40;

/**
 * Converts a sentence to nodes, with names in separate elements.
 * @param {import('./words.js').Sentence} sentence
 */
export function sentenceNodes(sentence) {
  return sentence.map((part) => (typeof part === 'string' ? part : userText(part.name, 'strong')));
}

export class ActivityFeed {
  #list = el('ol', { class: 'feed' });
  #empty = el('p', { class: 'quiet' }, text('feed.empty'));
  #newest = new NewestList(this.#list, kMostShown, entry);
  element = el('aside', { class: 'activity', 'aria-label': text('feed.title') },
    el('h2', {}, text('feed.title')), this.#empty, this.#list);

  /** @param {import('./types.js').RoomEvent} event */
  add(event) {
    if (event.type === 'custom_changed') return;
    this.#empty.hidden = true;
    this.#newest.add(event);
  }
}

/** @param {import('./types.js').RoomEvent} event */
function entry(event) {
  const { tone, sentence } = eventWords(event);
  return el('li', { class: `feed-entry tone-${tone}` },
    el('p', {}, ...sentenceNodes(sentence)),
    el('p', { class: 'feed-where' },
      el('time', { datetime: new Date(event.atMs).toISOString() }, clockTime(event.atMs)), ' · ',
      el('a', { href: hashOf({ page: 'room', kind: event.kind, roomID: event.roomID }) }, userText(event.roomID, 'mono'))));
}
