// A simulated pusher: uses the public API like a mini-program on a phone. With the message channel it
// is notified of changes by a socket; without, it polls.
import { afterEvent, viewOf } from './room_view.js';
import { text } from './texts.js';

const kBeatMs = 7000;
const kAskMs = 2000;

/** @type {Record<number, import('./texts.js').TextKey>} explanations of codes for new users */
const kRefusals = {
  2: 'refusal.roomExists',
  3: 'refusal.roomNotFound',
  5: 'refusal.pusherNotFound',
  7: 'refusal.notAllowed',
  5001: 'refusal.roomFull',
};

/**
 * The heartbeat period: as phones do, or shorter when the server's timeout is shorter than usual.
 * @param {number} timeoutMs
 */
export const beatPeriod = (timeoutMs) => Math.min(kBeatMs, timeoutMs * 0.35);

/**
 * out: in no room. in: a pusher that sends heartbeats. silent: a pusher that sends nothing, as
 * after a crash of the phone. evicted: the server reported that it is not in the room, or that the
 * room is gone.
 * @typedef {'out'|'in'|'silent'|'evicted'} PhoneState
 *
 * @typedef {{kind: string, roomID: string}} Place
 * @typedef {{members: Array<{userID: string, userName: string}>, creator: string, atMs: number}} Belief
 * @typedef {(phone: Phone, kind: string, endpoint: string, body: object) => Promise<any>} Call
 *
 * Makes the socket of a phone; null without the message channel.
 * @typedef {((phone: Phone, identity: import('./channel_socket.js').Identity, place: Place) => import('./channel_socket.js').ChannelSocket)|null} MakeSocket
 */

/** Dispatches `change`. */
export class Phone extends EventTarget {
  #call;
  #makeSocket;
  #beatMs;
  /** @type {import('./channel_socket.js').ChannelSocket|null} of the room that it is in */
  #socket = null;
  /** @type {import('./channel_socket.js').Identity|null} */
  #identity = null;
  /** @type {Place|null} */
  #place = null;
  /** @type {number[]} */
  #timers = [];
  #unreachable = false;
  #isStopped = false;
  /** @type {PhoneState} */
  state = 'out';
  /** @type {Belief|null} */
  belief = null;
  lastBeatMs = 0;
  /** The server's last error text, if a request was refused. */
  problem = '';
  /** @type {import('./room_view.js').Text[]} */
  texts = [];

  /**
   * @param {string} key  unique on the page
   * @param {string} userName
   * @param {number} beatMs
   * @param {Call} call
   * @param {MakeSocket} makeSocket
   */
  constructor(key, userName, beatMs, call, makeSocket = null) {
    super();
    this.key = key;
    // With the channel: until the server has chosen another.
    this.userID = key;
    this.userName = userName;
    this.#beatMs = beatMs;
    this.#call = call;
    this.#makeSocket = makeSocket;
  }

  /** Whether the server notifies it of each change now. */
  get isNotified() {
    return this.#socket?.isLive ?? false;
  }

  get isCreator() {
    return this.belief?.creator === this.userID;
  }

  /**
   * @param {Place} place
   * @param {string} roomName
   */
  async create(place, roomName) {
    await this.#enter(place, 'create_room', { roomName });
  }

  /** @param {Place} place */
  async join(place) {
    await this.#enter(place, 'add_pusher', {});
  }

  /** Stops all requests, including heartbeats, and cuts the connection. */
  fallSilent() {
    this.#rest();
    this.#become('silent');
  }

  /**
   * Says something to all that are in the room.
   * @param {string} body
   */
  async say(body) {
    try {
      const { seq } = await /** @type {any} */ (this.#socket).say(body, this.userName);
      this.#see({ message: { seq, from: this.userID, nick: this.userName, type: 'text', body } });
    } catch (error) {
      this.problem = text('phone.notSent', { problem: /** @type {Error} */ (error).message });
      this.dispatchEvent(new Event('change'));
    }
  }

  /** Resumes heartbeats, whether or not this phone is still in the room. */
  async wakeUp() {
    this.#become('in');
    this.#keepGoing();
    await this.#beat();
    await this.#ask();
  }

  async leave() {
    await this.#depart('delete_pusher');
  }

  async endRoom() {
    await this.#depart('destroy_room');
  }

  /** Stops for good without leaving: the server detects the missing heartbeats. */
  stop() {
    this.#isStopped = true;
    this.#rest();
  }

  /**
   * @param {Place} place
   * @param {string} endpoint
   * @param {object} body
   */
  async #enter(place, endpoint, body) {
    if (this.#makeSocket && !this.#identity) await this.#identify(place);
    if (!await this.#say(endpoint, place, { ...this.#self(), ...body }) || this.#isStopped) return;
    this.#place = place;
    this.texts = [];
    this.#follow(place);
    this.lastBeatMs = performance.now();
    this.#become('in');
    this.#keepGoing();
    await this.#ask();
  }

  /**
   * Asks for the name and ticket with which it logs in to the channel.
   * @param {Place} place
   */
  async #identify(place) {
    const reply = await this.#say('get_im_login_info', place, { userIDPrefix: 'try' });
    if (!reply) return;
    const { userID, sdkAppID, userSig } = reply;
    this.#identity = { userID, sdkAppID, userSig };
    this.userID = userID;
  }

  /** @param {Place} place */
  #follow(place) {
    this.#socket?.stop();
    this.#socket = null;
    if (!this.#makeSocket || !this.#identity) return;
    const socket = this.#makeSocket(this, this.#identity, place);
    this.#socket = socket;
    const when = (/** @type {string} */ name, /** @type {(detail: any) => void} */ act) =>
      socket.addEventListener(name, (event) => { if (this.#socket === socket) act(/** @type {CustomEvent} */ (event).detail); });
    when('subscribed', ({ recovered, events, room, missed }) => {
      if (recovered) events.forEach((/** @type {any} */ event) => this.#see(event));
      else this.#show(viewOf(room, this.texts, missed));
      if (this.belief?.members.every((member) => member.userID !== this.userID)) this.#learnThatItIsOut();
    });
    when('event', (event) => this.#see(event));
    // In a hidden page, whose timers are slow.
    when('beat', () => { if (performance.now() - this.lastBeatMs > this.#beatMs) this.#beat(); });
    when('down', () => this.dispatchEvent(new Event('change')));
  }

  /**
   * Learns of an event.
   * @param {any} event
   */
  #see(event) {
    const { members = [], creator = '' } = this.belief ?? {};
    this.#show(afterEvent({ members, creator, texts: this.texts }, event));
    if (event.room_destroyed || event.pusher_deleted?.userID === this.userID) this.#learnThatItIsOut();
  }

  /** @param {import('./room_view.js').RoomView} view */
  #show({ members, creator, texts }) {
    this.belief = { members, creator, atMs: performance.now() };
    this.texts = texts;
    this.dispatchEvent(new Event('change'));
  }

  /** @param {string} endpoint */
  async #depart(endpoint) {
    const place = this.#place;
    if (!place) return;
    this.#rest();
    await this.#say(endpoint, place, {});
    this.#place = null;
    this.#socket = null;
    this.belief = null;
    this.texts = [];
    this.#become('out');
  }

  #keepGoing() {
    this.#rest();
    this.#socket?.start();
    this.#timers = [
      setInterval(() => this.#beat(), this.#beatMs),
      setInterval(() => { if (!this.isNotified) this.#ask(); }, Math.min(kAskMs, this.#beatMs)),
    ];
  }

  #rest() {
    this.#timers.forEach(clearInterval);
    this.#timers = [];
    this.#socket?.stop();
  }

  async #beat() {
    const place = this.#place;
    if (!place) return;
    if (await this.#say('pusher_heartbeat', place, {})) this.lastBeatMs = performance.now();
    else this.#learnThatItIsOut();
  }

  /** Polls the pushers, as phones without notifications do. */
  async #ask() {
    const place = this.#place;
    if (!place) return;
    const reply = await this.#say('get_pushers', place, {});
    // The socket's state is newer.
    if (this.#place !== place || this.state === 'silent' || this.isNotified) return;
    if (reply) this.belief = { members: reply.pushers, creator: reply.roomCreator, atMs: performance.now() };
    const isMember = reply?.pushers.some((/** @type {{userID: string}} */ member) => member.userID === this.userID);
    if (!isMember) this.#learnThatItIsOut();
    this.dispatchEvent(new Event('change'));
  }

  /** Requires a reply: on a server that cannot be reached, this phone may still be in the room. */
  #learnThatItIsOut() {
    if (this.state !== 'in' || this.#unreachable) return;
    this.#rest();
    this.#become('evicted');
  }

  #self() {
    return {
      userName: this.userName,
      userAvatar: `${this.userID}.png`,
      pushURL: `rtmp://127.0.0.1/live/${this.userID}`,
    };
  }

  /**
   * @param {string} endpoint
   * @param {Place} place
   * @param {object} body
   * @returns {Promise<any>}  the reply, or null when it was refused or this phone has stopped
   */
  async #say(endpoint, place, body) {
    if (this.#isStopped) return null;
    let reply = null;
    try {
      const own = endpoint === 'get_im_login_info' ? {} : { roomID: place.roomID, userID: this.userID };
      reply = await this.#call(this, place.kind, endpoint, { ...own, ...body });
      this.#unreachable = false;
      // The reason for the eviction stays displayed, whatever other replies arrive.
      if (reply.code !== 0) this.problem = refusalOf(endpoint, reply);
      else if (this.state !== 'evicted') this.problem = '';
    } catch (error) {
      this.#unreachable = true;
      this.problem = /** @type {Error} */ (error).message;
    }
    this.dispatchEvent(new Event('change'));
    return reply?.code === 0 ? reply : null;
  }

  /** @param {PhoneState} state */
  #become(state) {
    this.state = state;
    this.dispatchEvent(new Event('change'));
  }
}

/**
 * @param {string} endpoint
 * @param {{code: number, detail?: string, message: string}} reply
 */
function refusalOf(endpoint, { code, detail, message }) {
  const known = kRefusals[code];
  return text('phone.refused', { endpoint, code: String(code), reason: known ? text(known) : detail ?? message });
}
