// Polls the server's statistics every two seconds, for all views.
import { SampleHistory } from './sample_history.js';

const kPeriodMs = 2000;

/** Dispatches `sample` when there are new values, and `failure` when there was no reply. */
export class ServerStats extends EventTarget {
  #api;
  #stopped = false;
  /** @type {number|undefined} */
  #timer;
  /** The server's clock minus the browser's. */
  #aheadMs = 0;
  history = new SampleHistory();
  /** @type {import('./types.js').ServerReply|null} */
  latest = null;

  /** @param {import('./api.js').Api} api */
  constructor(api) {
    super();
    this.#api = api;
  }

  async start() {
    try {
      this.#take(await this.#api.get('server'));
      this.dispatchEvent(new Event('sample'));
    } catch {
      this.dispatchEvent(new Event('failure'));
    }
    if (!this.#stopped) this.#timer = setTimeout(() => this.start(), kPeriodMs);
  }

  stop() {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** The current time by the server's clock. */
  nowMs() {
    return Date.now() + this.#aheadMs;
  }

  /** @param {import('./types.js').ServerReply} reply */
  #take(reply) {
    this.latest = reply;
    this.#aheadMs = reply.nowMs - Date.now();
    this.history.add(reply, performance.now());
  }
}
