// A simulated pusher: one client of the library, as a mini-program has it, and what a user does with it.
import { text } from './texts.js';

const kMostTexts = 50;

/** @type {Record<number, import('./texts.js').TextKey>} explanations of codes for new users */
const kRefusals = {
  3: 'refusal.roomNotFound',
  5: 'refusal.pusherNotFound',
  7: 'refusal.notAllowed',
  11: 'refusal.roomExists',
  5001: 'refusal.roomFull',
};

/**
 * A heartbeat period: the usual one, or less when the server's timeout is shorter than usual.
 * @param {number} timeoutMs
 * @param {number} usualMs
 */
export const beatPeriod = (timeoutMs, usualMs) => Math.min(usualMs, timeoutMs * 0.35);

/**
 * out: in no room. in: a pusher that sends heartbeats. silent: a pusher that sends nothing, as
 * after a crash of the phone. evicted: the server reported that it is not in the room, or that the
 * room is gone.
 * @typedef {'out'|'in'|'silent'|'evicted'} PhoneState
 *
 * @typedef {{kind: string, roomID: string}} Place
 * @typedef {{members: Array<{userID: string, userName: string}>, creator: string, atMs: number}} Belief
 * @typedef {{seq: number, from: string, nick: string, text: string}} Text
 *
 * An exchange, and what is to be said when there was no reply.
 * @typedef {import('./phone_platform.js').Exchange & {problem: string}} Heard
 *
 * Makes the library's client of a phone, and the platform on which it runs.
 * @typedef {(onExchange: (exchange: Heard) => void) => {client: any, platform: import('./phone_platform.js').PhonePlatform}} MakeClient
 */

/** Dispatches `change`. */
export class Phone extends EventTarget {
  #client;
  #platform;
  /** The library's; kept when it is closed, as what this phone saw last. */
  #room = /** @type {any} */ (null);
  #isEntering = false;
  #isStopped = false;
  /** When the members were told, or the server was asked. */
  #knownMs = 0;
  /** @type {PhoneState} */
  state = 'out';
  lastBeatMs = 0;
  /** The server's last error text, if a request was refused. */
  problem = '';
  /** @type {Text[]} */
  texts = [];

  /**
   * @param {string} key  unique on the page
   * @param {string} userName
   * @param {MakeClient} makeClient
   */
  constructor(key, userName, makeClient) {
    super();
    this.key = key;
    /** Until the server has chosen another. */
    this.userID = key;
    this.userName = userName;
    const { client, platform } = makeClient((exchange) => this.#learn(exchange));
    this.#client = client;
    this.#platform = platform;
    client.on('connection', () => this.#changed());
  }

  /** @returns {'connecting'|'connected'|'polling'|'none'|'closed'} to the message channel */
  get connection() {
    return this.#client.connection;
  }

  /** Whether the server tells it each change, and carries what it says. */
  get isNotified() {
    return this.connection === 'connected' || this.connection === 'polling';
  }

  /** @returns {Belief|null} */
  get belief() {
    const room = this.#room;
    return room && { members: room.pushers, creator: room.roomCreator, atMs: this.#knownMs };
  }

  get isCreator() {
    return this.#room?.roomCreator === this.userID;
  }

  /**
   * @param {Place} place
   * @param {string} roomInfo
   */
  async create({ kind, roomID }, roomInfo) {
    await this.#enter((own) => this.#client.createRoom(kind, { roomID, roomInfo, ...own }));
  }

  /** @param {Place} place */
  async join({ kind, roomID }) {
    await this.#enter((own) => this.#client.joinRoom(kind, roomID, own));
  }

  /** Sends nothing any more, no heartbeats either, and has no connection. */
  fallSilent() {
    this.#platform.cut();
    this.#knownMs = performance.now();
    this.#become('silent');
  }

  /** Resumes heartbeats, whether or not this phone is still in the room. */
  wakeUp() {
    this.#become('in');
    this.#platform.restore();
  }

  /**
   * Says something to all that are in the room.
   * @param {string} body
   */
  async say(body) {
    try {
      await this.#room.sendText(body); // it comes back as a message
    } catch (error) {
      this.problem = text('phone.notSent', { problem: /** @type {Error} */ (error).message });
      this.#changed();
    }
  }

  async leave() {
    const leaving = this.#room?.leave();
    this.#forget();
    this.#platform.restore();
    await leaving?.catch(() => {}); // the refusal is shown
  }

  async endRoom() {
    try {
      await this.#room.destroy();
    } catch {
      return; // likewise
    }
    this.#forget();
  }

  /** Stops for good without leaving: the server detects the missing heartbeats. */
  stop() {
    this.#isStopped = true;
    this.#platform.cut();
    this.#client.close().catch(() => {});
  }

  /** @param {(own: object) => Promise<any>} enter */
  async #enter(enter) {
    if (this.#isEntering || this.#isStopped) return;
    this.#isEntering = true;
    this.problem = '';
    this.#forget();
    try {
      await this.#client.login();
      this.userID = this.#client.userID;
      this.#follow(await enter({ userName: this.userName, userAvatar: `${this.key}.png`, stream: false }));
    } catch (error) {
      this.problem ||= /** @type {Error} */ (error).message;
      this.#changed();
    } finally {
      this.#isEntering = false;
    }
  }

  /** @param {any} room */
  #follow(room) {
    this.#room = room;
    this.#knownMs = performance.now();
    room.on('pushers', () => {
      this.#knownMs = performance.now();
      this.#changed();
    });
    room.on('message', (/** @type {any} */ message) => this.#hear(message));
    room.on('gap', (/** @type {{from: number}} */ { from }) => {
      if (from === 1) this.texts = []; // the numbers may have begun anew
    });
    room.on('evicted', () => {
      this.#become('evicted');
      room.leave().catch(() => {}); // else it would return by itself, and nobody would see this
    });
    room.on('closed', (/** @type {{reason: string}} */ { reason }) => {
      this.problem ||= text('phone.closed', { reason });
      this.#become('evicted');
    });
    this.#become('in');
  }

  /** @param {{seq: number, from: string, nick: string, type: string, body: string}} message */
  #hear({ seq, from, nick, type, body }) {
    if (type !== 'text') return;
    this.texts = [...this.texts, { seq, from, nick, text: body }].slice(-kMostTexts);
    this.#changed();
  }

  /**
   * Takes what the server says to a call.
   * @param {Heard} exchange
   */
  #learn({ name, reply, code, problem }) {
    if (name === 'poll' || name.startsWith('ws ')) return;
    if (code === 0 && name === 'get_pushers') this.#knownMs = performance.now();
    if (code === 0 && (name === 'pusher_heartbeat' || name === 'add_pusher')) this.lastBeatMs = performance.now();
    // The reason for the eviction stays displayed, whatever other replies arrive.
    if (this.state !== 'evicted') this.problem = problem || refusalOf(name, reply);
    this.#changed();
  }

  #forget() {
    this.#room = null;
    this.texts = [];
    this.#become('out');
  }

  /** @param {PhoneState} state */
  #become(state) {
    this.state = state;
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event('change'));
  }
}

/**
 * Why a call was refused; empty if it was not.
 * @param {string} endpoint
 * @param {{code: number, detail?: string, message: string}} reply
 */
function refusalOf(endpoint, { code, detail, message }) {
  if (code === 0) return '';
  const known = kRefusals[code];
  let reason = known ? text(known) : detail ?? message;
  if (endpoint === 'get_login_info' && code === 6) reason = text('refusal.noLogin', { channel: 'channel.enabled', im: 'im.sdk_app_id' });
  return text('phone.refused', { endpoint, code: String(code), reason });
}
