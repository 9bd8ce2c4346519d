// Asks the server for its figures every two seconds, for whoever wants to show them.
import { SampleHistory } from './sample_history.js';

const kPeriodMs = 2000;

/** Dispatches `sample` when there are new figures, and `failure` when there was no answer. */
export class ServerFigures extends EventTarget {
  #api;
  #stopped = false;
  /** @type {number|undefined} */
  #timer;
  /** Server's clock minus ours. */
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

  /** The time as the server has it. */
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
