// The simulated pushers and their requests, kept across page changes.
import { beatPeriod, Phone } from './phone.js';
import { PhonePlatform } from './phone_platform.js';
import { Client } from './rtcroom/client.js';
import { webPlatform } from './rtcroom/platform/web.js';
import { kBeatMs, kFirstBeatMs, kRefreshMs } from './rtcroom/times.js';
import { text } from './texts.js';

const kNames = ['Alice', 'Bob', 'Carol', 'Dave', 'Erin', 'Frank'];
const kMostLines = 200;
// Without the message channel phones ask for changes as often as this, so that one can watch them.
const kAskMs = 2000;
// What asks for news, and often gets none.
const kAsking = ['get_pushers', 'poll', 'ping'];

/**
 * @typedef {object} Line  one request and its reply
 * @property {number} atMs
 * @property {string} who
 * @property {string} endpoint
 * @property {object|null} request  null for a push of the server
 * @property {any} reply  null when there was none
 * @property {number|undefined} code  undefined when there was no reply
 * @property {string} problem
 * @property {number} tookMs
 * @property {boolean} isRepeated  a question with the same reply as the one before it
 */

/**
 * Dispatches `line` (detail: Line), `change` of a phone, and `phones` when the phones are replaced.
 */
export class TryLab extends EventTarget {
  /** Of the public API, with its prefix. */
  #base = '';
  /** Of the server with the message channel, with its prefix; empty without it. */
  #channel = '';
  /** @type {Map<number, number>} in milliseconds, instead of the library's */
  #periods = new Map();
  /** @type {Map<string, string>} the last reply to each phone's questions */
  #lastReplies = new Map();
  /** @type {Phone[]} */
  phones = [];
  /** @type {Line[]} newest first */
  lines = [];
  place = { kind: 'multi', roomID: `try-${Math.floor(Math.random() * 0xffff).toString(16).padStart(4, '0')}` };

  /**
   * @param {string} base  of the public API, with its prefix
   * @param {number} timeoutMs  the server's heartbeat timeout
   * @param {string} socketUrl  of the message channel; empty without it
   */
  connect(base, timeoutMs, socketUrl) {
    if (this.#base !== '') return;
    this.#base = base;
    this.#channel = socketUrl.replace(/^ws/, 'http').replace(/\/channel\/ws$/, '');
    this.#periods = new Map([kBeatMs, kFirstBeatMs].map((usualMs) => [usualMs, beatPeriod(timeoutMs, usualMs)]));
    if (!this.hasChannel) this.#periods.set(kRefreshMs, kAskMs);
    this.addPhone();
    this.addPhone();
  }

  /** Whether phones are notified and can talk. */
  get hasChannel() {
    return this.#channel !== '';
  }

  get isFull() {
    return this.phones.length >= kNames.length;
  }

  addPhone() {
    const name = kNames[this.phones.length];
    const phone = new Phone(name.toLowerCase(), name, (onExchange) => this.#makeClient(name, onExchange));
    phone.addEventListener('change', () => this.dispatchEvent(new Event('change')));
    this.phones.push(phone);
    this.dispatchEvent(new Event('phones'));
  }

  stop() {
    for (const phone of this.phones) phone.stop();
  }

  /**
   * @param {string} who
   * @param {(exchange: import('./phone.js').Heard) => void} onExchange
   */
  #makeClient(who, onExchange) {
    const platform = new PhonePlatform(webPlatform(), this.#periods, (exchange) => {
      const problem = exchange.code === undefined ? text('wire.noAnswerFrom', { address: this.#base }) : '';
      this.#keep(who, { ...exchange, problem });
      onExchange({ ...exchange, problem });
    });
    const { origin, pathname } = new URL(this.#base);
    return { client: new Client({ server: origin, prefix: pathname, channel: this.#channel }, platform), platform };
  }

  /**
   * @param {string} who
   * @param {import('./phone.js').Heard} exchange
   */
  #keep(who, { name, request, reply, code, problem, tookMs }) {
    const line = { atMs: Date.now(), who, endpoint: name, request, reply, code, problem, tookMs, isRepeated: false };
    if (kAsking.includes(name.replace(/^ws /, ''))) {
      const members = reply?.pushers?.map((/** @type {{userID: string}} */ member) => member.userID);
      const answer = JSON.stringify([code, members ?? reply]);
      const question = `${who} ${name}`;
      line.isRepeated = this.#lastReplies.get(question) === answer;
      this.#lastReplies.set(question, answer);
    }
    this.lines.unshift(line);
    if (this.lines.length > kMostLines) this.lines.pop();
    this.dispatchEvent(new CustomEvent('line', { detail: line }));
  }
}
