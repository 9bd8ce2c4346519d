// The recordings of one room, newest first.
import { el, userText } from './dom.js';
import { byteCount, dayAndTime, duration } from './format.js';
import { text } from './texts.js';

const kRefreshMs = 15_000;
const kAtOnce = 20;

/** @typedef {import('./types.js').Recording} Recording */

export class RecordingList {
  #api;
  #room;
  #signal;
  #next = '';
  /** Older ones were asked for: the list is no longer replaced by the newest page. */
  #isExtended = false;
  #list = el('ul', { class: 'recordings' });
  #space = el('p', { class: 'quiet fine' });
  #older = el('button', { type: 'button', class: 'button', hidden: true, onclick: () => this.#showOlder() },
    text('list.older'));
  element = el('section', { class: 'panel', hidden: true },
    el('h2', {}, text('recordings.title')), this.#space, this.#list, this.#older);

  /**
   * Loads them, and asks for new ones until `signal` is aborted.
   * @param {import('./api.js').Api} api
   * @param {{kind: string, roomID: string}} room
   * @param {AbortSignal} signal
   */
  constructor(api, room, signal) {
    this.#api = api;
    this.#room = room;
    this.#signal = signal;
    const refreshing = setInterval(() => this.#refresh(), kRefreshMs);
    signal.addEventListener('abort', () => clearInterval(refreshing));
    this.#refresh();
  }

  async #refresh() {
    if (document.hidden || this.#isExtended) return;
    const recordings = await this.#ask('');
    if (!recordings || this.#isExtended) return;
    this.#list.replaceChildren(...recordings.map(entry));
    this.element.hidden = recordings.length === 0;
  }

  async #showOlder() {
    this.#isExtended = true;
    const recordings = await this.#ask(this.#next);
    if (recordings) this.#list.append(...recordings.map(entry));
  }

  /**
   * @param {string} after
   * @returns {Promise<Recording[]|null>}
   */
  async #ask(after) {
    const { kind, roomID } = this.#room;
    try {
      const reply = await this.#api.get('recordings', { kind, roomID, after, limit: kAtOnce }, this.#signal);
      this.#next = reply.next ?? '';
      this.#space.textContent = reply.freeBytes === null ? ''
        : text('recordings.free', { bytes: byteCount(reply.freeBytes) });
      this.#older.hidden = this.#next === '';
      return reply.recordings;
    } catch {
      return null;  // loading the room shows the error
    }
  }
}

/** @param {Recording} recording */
function entry(recording) {
  const { userID, file, url, bytes, startedAtMs, endedAtMs } = recording;
  const name = userText(file, 'mono');
  const length = startedAtMs === null ? '' : ` · ${duration(endedAtMs - startedAtMs)}`;
  return el('li', { class: 'recording', 'data-file': file },
    url ? el('a', { href: url, target: '_blank', rel: 'noopener noreferrer' }, name) : name,
    el('p', { class: 'quiet fine' },
      userID !== null && userText(userID, 'mono'),
      `${userID === null ? '' : ' · '}${dayAndTime(startedAtMs ?? endedAtMs)}${length} · ${byteCount(bytes)}`));
}
