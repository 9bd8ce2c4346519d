// Follows the server's events while the console is open.
import { SseParser } from './sse_parser.js';

const kFirstDelayMs = 500;
const kLongestDelayMs = 15_000;
// The server sends something every 15 s.
const kSilenceMs = 40_000;
// A hidden tab keeps its stream for this long: a short visit to another tab does not interrupt it.
const kHiddenMs = 60_000;

/**
 * The delay before the next attempt: doubles each time, with jitter so that many consoles do not
 * reconnect at the same moment.
 * @param {number} failures  consecutive failures
 * @param {number} chance  0 to 1
 */
export function retryDelay(failures, chance) {
  const full = Math.min(kLongestDelayMs, kFirstDelayMs * 2 ** failures);
  return Math.round(full * (0.5 + chance / 2));
}

/**
 * `problem` is the error text that the server sent instead of a stream; empty when there was none.
 * @typedef {{state: 'connecting'|'live'|'waiting', retryAtMs: number, problem: string}} StreamState
 *
 * A browser opens only six connections to a server, for all of its tabs: a hidden tab closes its
 * stream, and resumes at its cursor when it is visible again.
 *
 * Dispatches `room` (detail: RoomEvent), `afresh` when the displayed data may be out of date, and
 * `state`.
 */
export class EventStream extends EventTarget {
  #api;
  #cursor = '';
  #failures = 0;
  #ended = false;
  #attempt = new AbortController();
  #listening = new AbortController();
  #isResting = false;
  /** @type {number|undefined} */
  #hiddenTimer;
  /** @type {(() => void)|null} */
  #wake = null;
  /** @type {StreamState} */
  status = { state: 'connecting', retryAtMs: 0, problem: '' };

  /** @param {import('./api.js').Api} api */
  constructor(api) {
    super();
    this.#api = api;
  }

  /** Follows the events until `stop`. */
  async start() {
    const { signal } = this.#listening;
    addEventListener('online', () => this.retryNow(), { signal });
    document.addEventListener('visibilitychange', () => this.#updateVisibility(), { signal });
    this.#updateVisibility();
    while (!this.#ended) {
      this.#setStatus({ state: 'connecting', retryAtMs: 0, problem: '' });
      if (this.#isResting) {
        await this.#sleep();
        continue;
      }
      const problem = await this.#follow().then(() => '', (error) => this.#handleError(error));
      if (!this.#ended && !this.#isResting) await this.#pause(problem);
    }
  }

  stop() {
    this.#ended = true;
    this.#listening.abort();
    clearTimeout(this.#hiddenTimer);
    this.#attempt.abort();
    this.retryNow();
  }

  /** Ends the wait for the next attempt. */
  retryNow() {
    this.#wake?.();
  }

  #updateVisibility() {
    clearTimeout(this.#hiddenTimer);
    if (document.hidden) {
      this.#hiddenTimer = setTimeout(() => {
        this.#isResting = true;
        this.#attempt.abort();
      }, kHiddenMs);
      return;
    }
    this.#isResting = false;
    this.retryNow();
  }

  async #follow() {
    this.#attempt = new AbortController();
    const body = await this.#unlessSilent(this.#api.stream(this.#cursor, this.#attempt.signal));
    this.#setStatus({ state: 'live', retryAtMs: 0, problem: '' });
    if (!this.#cursor) this.dispatchEvent(new Event('afresh'));
    const parser = new SseParser();
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await this.#unlessSilent(reader.read());
      if (done) return;
      this.#failures = 0;
      for (const message of parser.push(value)) this.#take(message);
    }
  }

  /**
   * Aborts the attempt when the awaited promise takes too long.
   * @template T
   * @param {Promise<T>} awaited
   */
  #unlessSilent(awaited) {
    const silence = setTimeout(() => this.#attempt.abort(), kSilenceMs);
    return awaited.finally(() => clearTimeout(silence));
  }

  /** @param {import('./sse_parser.js').SseMessage} message */
  #take(message) {
    if (message.id) this.#cursor = message.id;
    if (message.type === 'gap') {
      if (!message.id) this.#cursor = '';
      this.dispatchEvent(new Event('afresh'));
      return;
    }
    this.dispatchEvent(new CustomEvent('room', { detail: JSON.parse(message.data) }));
  }

  /**
   * Drops a cursor that the server rejects.
   * @param {Error & {status?: number}} error
   * @returns {string}  the server's error text, if any
   */
  #handleError({ message, status = 0 }) {
    if (status >= 400 && status < 500) this.#cursor = '';
    return status === 0 ? '' : message;
  }

  /** @param {string} problem */
  async #pause(problem) {
    const delay = retryDelay(this.#failures, Math.random());
    this.#failures += 1;
    this.#setStatus({ state: 'waiting', retryAtMs: Date.now() + delay, problem });
    const waking = setTimeout(() => this.retryNow(), delay);
    await this.#sleep();
    clearTimeout(waking);
  }

  /** Waits until retried, or until the delay is over. */
  async #sleep() {
    await new Promise((resolve) => {
      this.#wake = () => resolve(undefined);
    });
    this.#wake = null;
  }

  /** @param {StreamState} status */
  #setStatus(status) {
    this.status = status;
    this.dispatchEvent(new Event('state'));
  }
}
