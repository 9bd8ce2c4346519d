// The server's events, followed for as long as the console is open.
import { SseParser } from './sse_parser.js';

const kFirstDelayMs = 500;
const kLongestDelayMs = 15_000;
// The server says something every 15 s.
const kSilenceMs = 40_000;

/**
 * How long to wait before the next attempt: twice as long each time, spread so that many consoles
 * do not come back in the same moment.
 * @param {number} failures  in a row
 * @param {number} chance  0 to 1
 */
export function retryDelay(failures, chance) {
  const full = Math.min(kLongestDelayMs, kFirstDelayMs * 2 ** failures);
  return Math.round(full * (0.5 + chance / 2));
}

/**
 * @typedef {{state: 'connecting'|'live'|'waiting', retryAtMs: number}} StreamState
 *
 * Dispatches `room` (detail: RoomEvent), `afresh` when what is shown may be out of date, and
 * `state`.
 */
export class EventStream extends EventTarget {
  #api;
  #cursor = '';
  #failures = 0;
  #ended = false;
  #attempt = new AbortController();
  /** @type {(() => void)|null} */
  #hurry = null;
  /** @type {StreamState} */
  status = { state: 'connecting', retryAtMs: 0 };

  /** @param {import('./api.js').Api} api */
  constructor(api) {
    super();
    this.#api = api;
  }

  /** Follows until `stop`. */
  async start() {
    const hurry = () => this.retryNow();
    addEventListener('online', hurry);
    while (!this.#ended) {
      this.#tell({ state: 'connecting', retryAtMs: 0 });
      await this.#follow().catch((error) => this.#judge(error));
      if (!this.#ended) await this.#pause();
    }
    removeEventListener('online', hurry);
  }

  stop() {
    this.#ended = true;
    this.#attempt.abort();
    this.retryNow();
  }

  /** Does not wait any longer. */
  retryNow() {
    this.#hurry?.();
  }

  async #follow() {
    this.#attempt = new AbortController();
    const body = await this.#api.stream(this.#cursor, this.#attempt.signal);
    this.#tell({ state: 'live', retryAtMs: 0 });
    if (!this.#cursor) this.dispatchEvent(new Event('afresh'));
    const parser = new SseParser();
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const silence = setTimeout(() => this.#attempt.abort(), kSilenceMs);
      const { done, value } = await reader.read().finally(() => clearTimeout(silence));
      if (done) return;
      this.#failures = 0;
      for (const message of parser.push(value)) this.#take(message);
    }
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
   * A cursor that the server does not take is of no more use.
   * @param {{status?: number}} error
   */
  #judge(error) {
    const status = error.status ?? 0;
    if (status >= 400 && status < 500) this.#cursor = '';
  }

  async #pause() {
    const delay = retryDelay(this.#failures, Math.random());
    this.#failures += 1;
    this.#tell({ state: 'waiting', retryAtMs: Date.now() + delay });
    await new Promise((resolve) => {
      this.#hurry = () => resolve(undefined);
      setTimeout(resolve, delay);
    });
    this.#hurry = null;
  }

  /** @param {StreamState} status */
  #tell(status) {
    this.status = status;
    this.dispatchEvent(new Event('state'));
  }
}
