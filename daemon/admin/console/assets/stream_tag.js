// The state of a member's stream, and its pictures where the browser can play them.
import { el } from './dom.js';
import { duration } from './format.js';

const kPlaylistType = 'application/vnd.apple.mpegurl';

const kWords = { on: 'stream on', off: 'stream off', none: 'no stream', unknown: 'stream unknown' };

/** Whether this browser plays HLS by itself. */
const canPlay = () => document.createElement('video').canPlayType(kPlaylistType) !== '';

export class StreamTag {
  #text = el('span', { class: 'stream-text' });
  #watch;
  /** @type {import('./types.js').Media|null} */
  #media = null;
  #takenAtMs = 0;
  element;

  /**
   * @param {string} name  of the member, for screen readers
   * @param {(playlist: string) => void} onWatch
   */
  constructor(name, onWatch) {
    const watch = () => this.#media?.playlist && onWatch(this.#media.playlist);
    this.#watch = el('button', { type: 'button', class: 'button small', hidden: true, 'aria-label': `Watch ${name}`, onclick: watch }, 'Watch');
    this.element = el('span', { class: 'stream', hidden: true }, this.#text, this.#watch);
  }

  /** @param {import('./types.js').Media|null} media */
  set(media) {
    this.#media = media;
    this.#takenAtMs = performance.now();
    this.element.hidden = media === null;
    this.element.dataset.state = media?.state ?? '';
    this.#watch.hidden = !media?.playlist || !canPlay();
    this.tick();
  }

  /** Updates the display as time passes. */
  tick() {
    if (!this.#media) return;
    const { state, lastingMs, bitsPerSecond } = this.#media;
    const passed = performance.now() - this.#takenAtMs;
    const since = lastingMs === null ? '' : ` ${duration(lastingMs + passed)}`;
    const rate = bitsPerSecond === null ? '' : `, ${Math.round(bitsPerSecond / 1000)} kbit/s`;
    const text = kWords[state] + since + rate;
    if (this.#text.textContent !== text) this.#text.textContent = text;
  }
}
