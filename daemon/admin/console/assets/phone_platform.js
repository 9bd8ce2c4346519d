// What a simulated phone gives to the library: a network that can be cut, a memory of its own, and a record of all that
// is sent and received.
import { text } from './texts.js';

/**
 * A request and its reply, or a push of the server, which has no request.
 * @typedef {object} Exchange
 * @property {string} name  of the call; with `ws ` before it on the socket
 * @property {object|null} request
 * @property {any} reply  null when there was none
 * @property {number|undefined} code  undefined when there was no reply
 * @property {number} tookMs
 *
 * @typedef {{name: string, request: object, sentMs: number}} Asked
 * @typedef {{onOpen: () => void, onMessage: (data: string) => void, onClose: (code: number) => void}} Listeners
 */

/** The platform of one client of the library. */
export class PhonePlatform {
  #web;
  #periods;
  #onExchange;
  #isOff = false;
  /** @type {Map<string, unknown>} a phone logs in again as the same user */
  #kept = new Map();
  /** @type {Set<() => void>} what ends each request and socket */
  #ends = new Set();
  /** @type {() => void} */
  #wake = () => {};

  /**
   * @param {any} web  the library's platform for browsers
   * @param {Map<number, number>} periods  in milliseconds, those of the library, and what this phone has instead
   * @param {(exchange: Exchange) => void} onExchange
   */
  constructor(web, periods, onExchange) {
    this.#web = web;
    this.#periods = periods;
    this.#onExchange = onExchange;
    this.hasSockets = web.hasSockets;
    this.now = () => web.now();
    this.random = () => web.random();
    this.loginCode = () => web.loginCode();
  }

  /** Cuts all connections without a word to the server, and lets nothing out. */
  cut() {
    this.#isOff = true;
    for (const end of this.#ends) end();
    this.#ends.clear();
  }

  /** Ends a cut: as when a user takes the phone up again. */
  restore() {
    this.#isOff = false;
    this.#wake();
  }

  // ---- As the library wants it

  /**
   * @param {number} ms
   * @param {() => void} listener
   */
  setTimer(ms, listener) {
    return this.#web.setTimer(this.#periods.get(ms) ?? ms, listener);
  }

  /**
   * @param {() => void} onShow
   * @param {() => void} onOffline
   */
  onShow(onShow, onOffline) {
    this.#wake = onShow;
    return this.#web.onShow(onShow, onOffline);
  }

  /** @param {string} key */
  load(key) {
    return this.#kept.get(key);
  }

  /**
   * @param {string} key
   * @param {unknown} value
   */
  save(key, value) {
    this.#kept.set(key, value);
  }

  /** @param {{url: string, body?: object, waitMs?: number}} request */
  request(request) {
    if (this.#isOff) return { reply: Promise.reject(new Error(text('wire.noAnswer'))), abort() {} };
    const { url, body = {} } = request;
    const name = /** @type {string} */ (new URL(url).pathname.split('/').at(-1));
    const sentMs = performance.now();
    const { reply, abort } = this.#web.request(request);
    this.#ends.add(abort);
    const report = (/** @type {any} */ data, /** @type {number|undefined} */ code) => {
      if (this.#ends.delete(abort)) this.#onExchange({ name, request: body, reply: data, code, tookMs: performance.now() - sentMs });
    };
    return {
      reply: reply.then((/** @type {any} */ answer) => {
        const { data } = answer;
        report(data, data ? data.code ?? data.error?.code ?? 0 : undefined);
        return answer;
      }, (/** @type {Error} */ error) => {
        report(null, undefined);
        throw error;
      }),
      // Ended by the phone: there is no answer to be shown.
      abort: () => {
        this.#ends.delete(abort);
        abort();
      },
    };
  }

  /**
   * @param {string} url
   * @param {string} protocol
   * @param {Listeners} listeners
   */
  openSocket(url, protocol, { onOpen, onMessage, onClose }) {
    if (this.#isOff) throw new Error(text('wire.noAnswer'));
    /** @type {Map<number, Asked>} */
    const asked = new Map();
    const socket = this.#web.openSocket(url, protocol, {
      onOpen,
      onMessage: (/** @type {string} */ data) => {
        for (const line of data.split('\n').filter(Boolean)) this.#reportLine(JSON.parse(line), asked);
        onMessage(data);
      },
      onClose: (/** @type {number} */ code) => {
        this.#ends.delete(socket.close);
        onClose(code);
      },
    });
    this.#ends.add(socket.close);
    return {
      send: (/** @type {string} */ data) => {
        const { id, ...content } = JSON.parse(data);
        const [[name, request]] = Object.entries(content);
        asked.set(id, { name, request, sentMs: performance.now() });
        socket.send(data);
      },
      close: socket.close,
    };
  }

  /**
   * @param {any} line  a reply or a push
   * @param {Map<number, Asked>} asked
   */
  #reportLine({ id, error, ...content }, asked) {
    const request = asked.get(id);
    asked.delete(id);
    if (request) {
      const { name, sentMs } = request;
      const tookMs = performance.now() - sentMs;
      this.#onExchange({ name: `ws ${name}`, request: request.request, reply: error ?? content[name], code: error?.code ?? 0, tookMs });
      return;
    }
    const [[push, about]] = Object.entries(content);
    const name = push === 'event' ? Object.keys(about).find((key) => typeof about[key] === 'object') : push;
    this.#onExchange({ name: `ws ${name ?? push}`, request: null, reply: about, code: 0, tookMs: 0 });
  }
}
