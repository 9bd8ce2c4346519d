// The state of a pusher's stream, and its pictures where the browser can play them.
import { el } from './dom.js';
import { duration } from './format.js';
import { text } from './texts.js';

const kPlaylistType = 'application/vnd.apple.mpegurl';

/** @type {Record<import('./types.js').Media['state'], import('./texts.js').TextKey>} */
const kStates = { on: 'stream.on', off: 'stream.off', none: 'stream.none', unknown: 'stream.unknown' };

/** Whether this browser plays HLS by itself. */
const canPlay = () => document.createElement('video').canPlayType(kPlaylistType) !== '';

/** @param {import('./types.js').Web} web */
function figures({ rttMs, loss, width, height }) {
  const parts = ['WebRTC', height && `${width}×${height}`, rttMs && `${rttMs} ms`, loss && `−${Math.round(loss * 100)} %`];
  return parts.filter(Boolean).join(' ');
}

export class StreamTag {
  #text = el('span', { class: 'stream-text' });
  #watch;
  /** @type {import('./types.js').Media|null} */
  #media = null;
  /** @type {string|undefined} */
  #web;
  #takenAtMs = 0;
  element;

  /**
   * @param {string} name  of the pusher, for screen readers
   * @param {(playlist: string) => void} onWatch
   */
  constructor(name, onWatch) {
    const watch = () => this.#media?.playlist && onWatch(this.#media.playlist);
    this.#watch = el('button', {
      type: 'button', class: 'button small', hidden: true, 'aria-label': text('stream.watchUser', { name }),
      onclick: watch,
    }, text('stream.watch'));
    this.element = el('span', { class: 'stream', hidden: true }, this.#text, this.#watch);
  }

  /**
   * @param {import('./types.js').Media|null} media
   * @param {import('./types.js').Web} [web]  of a stream that comes from a browser
   */
  set(media, web) {
    this.#media = media;
    this.#web = web && figures(web);
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
    const since = lastingMs === null ? '' : duration(lastingMs + passed);
    const rate = bitsPerSecond === null ? '' : text('unit.kilobits', { value: Math.round(bitsPerSecond / 1000) });
    const shown = [text(kStates[state]), since, rate, this.#web].filter(Boolean).join(' · ');
    if (this.#text.textContent !== shown) this.#text.textContent = shown;
  }
}
