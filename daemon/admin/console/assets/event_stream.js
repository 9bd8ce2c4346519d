// The server's events, followed for as long as the console is open.
import { SseParser } from './sse_parser.js';

const kFirstDelayMs = 500;
const kLongestDelayMs = 15_000;
// The server says something every 15 s.
const kSilenceMs = 40_000;
// So long a tab that is out of sight keeps its stream: a glance at another one costs nothing.
const kOutOfSightMs = 60_000;

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
 * `problem` is what the server said instead of streaming; empty when it said nothing.
 * @typedef {{state: 'connecting'|'live'|'waiting', retryAtMs: number, problem: string}} StreamState
 *
 * A browser opens only six connections to a server, for all of its tabs: one that nobody looks at
 * lets go of its stream, and goes on where it was when it is seen again.
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
  #listening = new AbortController();
  #isResting = false;
  /** @type {number|undefined} */
  #sightTimer;
  /** @type {(() => void)|null} */
  #hurry = null;
  /** @type {StreamState} */
  status = { state: 'connecting', retryAtMs: 0, problem: '' };

  /** @param {import('./api.js').Api} api */
  constructor(api) {
    super();
    this.#api = api;
  }

  /** Follows until `stop`. */
  async start() {
    const { signal } = this.#listening;
    addEventListener('online', () => this.retryNow(), { signal });
    document.addEventListener('visibilitychange', () => this.#heedSight(), { signal });
    this.#heedSight();
    while (!this.#ended) {
      this.#tell({ state: 'connecting', retryAtMs: 0, problem: '' });
      if (this.#isResting) {
        await this.#nap();
        continue;
      }
      const problem = await this.#follow().then(() => '', (error) => this.#judge(error));
      if (!this.#ended && !this.#isResting) await this.#pause(problem);
    }
  }

  stop() {
    this.#ended = true;
    this.#listening.abort();
    clearTimeout(this.#sightTimer);
    this.#attempt.abort();
    this.retryNow();
  }

  /** Does not wait any longer. */
  retryNow() {
    this.#hurry?.();
  }

  #heedSight() {
    clearTimeout(this.#sightTimer);
    if (document.hidden) {
      this.#sightTimer = setTimeout(() => {
        this.#isResting = true;
        this.#attempt.abort();
      }, kOutOfSightMs);
      return;
    }
    this.#isResting = false;
    this.retryNow();
  }

  async #follow() {
    this.#attempt = new AbortController();
    const body = await this.#unlessSilent(this.#api.stream(this.#cursor, this.#attempt.signal));
    this.#tell({ state: 'live', retryAtMs: 0, problem: '' });
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
   * Gives the attempt up when what is awaited does not come.
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
   * A cursor that the server does not take is of no more use.
   * @param {Error & {status?: number}} error
   * @returns {string}  what the server said, if it did
   */
  #judge({ message, status = 0 }) {
    if (status >= 400 && status < 500) this.#cursor = '';
    return status === 0 ? '' : message;
  }

  /** @param {string} problem */
  async #pause(problem) {
    const delay = retryDelay(this.#failures, Math.random());
    this.#failures += 1;
    this.#tell({ state: 'waiting', retryAtMs: Date.now() + delay, problem });
    const waking = setTimeout(() => this.retryNow(), delay);
    await this.#nap();
    clearTimeout(waking);
  }

  /** Until there is a reason to hurry. */
  async #nap() {
    await new Promise((resolve) => {
      this.#hurry = () => resolve(undefined);
    });
    this.#hurry = null;
  }

  /** @param {StreamState} status */
  #tell(status) {
    this.status = status;
    this.dispatchEvent(new Event('state'));
  }
}
