// Pictures and sound of one pusher.
import { el, userText } from './dom.js';
import { text, textParts } from './texts.js';

const kRetryMs = 2000;

export class StreamPlayer {
  #title = el('h2');
  #screen = el('div');
  #note = el('p', { class: 'quiet', role: 'status', hidden: true }, text('stream.unplayable'));
  /** @type {number|undefined} */
  #retry;
  element = el('section', { class: 'panel player', hidden: true },
    el('div', { class: 'player-head' }, this.#title,
      el('button', { type: 'button', class: 'button small', onclick: () => this.stop() }, text('stream.close'))),
    this.#screen, this.#note);

  /**
   * @param {string} name  of the pusher
   * @param {string} playlist
   */
  show(name, playlist) {
    this.stop();
    this.#title.replaceChildren(...textParts('stream.of', { name: userText(name) }));
    const video = /** @type {HTMLVideoElement} */ (el('video', {
      controls: true,
      autoplay: true,
      playsinline: true,
      onplaying: () => { this.#note.hidden = true; },
      // Browsers give up on the incomplete first seconds of a stream, and on its breaks.
      onerror: () => {
        if (!video.hasAttribute('src')) return;
        this.#note.hidden = false;
        this.#retry = setTimeout(() => { video.src = playlist; }, kRetryMs);
      },
    }));
    // Browsers start sound only where the user wants it.
    video.muted = true;
    video.src = playlist;
    this.#screen.replaceChildren(video);
    this.element.hidden = false;
  }

  stop() {
    this.element.hidden = true;
    this.#note.hidden = true;
    const video = this.#screen.querySelector('video');
    if (!video) return;
    // Otherwise it goes on loading until it is collected.
    video.removeAttribute('src');
    video.load();
    this.#screen.replaceChildren();
    clearTimeout(this.#retry);
  }
}
