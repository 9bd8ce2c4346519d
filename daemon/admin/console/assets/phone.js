// A simulated member: uses the public API like a mini-program on a phone.

const kBeatMs = 7000;
const kAskMs = 2000;

/** @type {Record<number, string>} explanations of codes for new users */
const kRefusals = {
  2: 'the room ID is taken by another user',
  3: 'there is no such room',
  5: 'the server does not know this member',
  7: 'refused: banned from the room, or auth.mode does not serve gen-1',
  5001: 'the room is full',
};

/**
 * The heartbeat period: as phones do, or shorter when the server's timeout is shorter than usual.
 * @param {number} timeoutMs
 */
export const beatPeriod = (timeoutMs) => Math.min(kBeatMs, timeoutMs * 0.35);

/**
 * out: in no room. in: a member that sends heartbeats. silent: a member that sends nothing, as
 * after a crash of the phone. evicted: the server reported that it is not a member, or that the
 * room is gone.
 * @typedef {'out'|'in'|'silent'|'evicted'} PhoneState
 *
 * @typedef {{kind: string, roomID: string}} Place
 * @typedef {{members: Array<{userID: string, userName: string}>, creator: string, atMs: number}} Belief
 * @typedef {(phone: Phone, kind: string, endpoint: string, body: object) => Promise<any>} Call
 */

/** Dispatches `change`. */
export class Phone extends EventTarget {
  #call;
  #beatMs;
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

  /**
   * @param {string} userID
   * @param {string} userName
   * @param {number} beatMs
   * @param {Call} call
   */
  constructor(userID, userName, beatMs, call) {
    super();
    this.userID = userID;
    this.userName = userName;
    this.#beatMs = beatMs;
    this.#call = call;
  }

  get isCreator() {
    return this.belief?.creator === this.userID;
  }

  /**
   * @param {Place} place
   * @param {string} roomName
   */
  async create(place, roomName) {
    await this.#enter(place, 'create_room', { ...this.#self(), roomName });
  }

  /** @param {Place} place */
  async join(place) {
    await this.#enter(place, 'add_pusher', this.#self());
  }

  /** Stops all requests, including heartbeats. */
  fallSilent() {
    this.#rest();
    this.#become('silent');
  }

  /** Resumes heartbeats, whether or not this phone is still a member. */
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
    if (!await this.#say(endpoint, place, body) || this.#isStopped) return;
    this.#place = place;
    this.lastBeatMs = performance.now();
    this.#become('in');
    this.#keepGoing();
    await this.#ask();
  }

  /** @param {string} endpoint */
  async #depart(endpoint) {
    const place = this.#place;
    if (!place) return;
    this.#rest();
    await this.#say(endpoint, place, {});
    this.#place = null;
    this.belief = null;
    this.#become('out');
  }

  #keepGoing() {
    this.#rest();
    this.#timers = [setInterval(() => this.#beat(), this.#beatMs), setInterval(() => this.#ask(), Math.min(kAskMs, this.#beatMs))];
  }

  #rest() {
    this.#timers.forEach(clearInterval);
    this.#timers = [];
  }

  async #beat() {
    const place = this.#place;
    if (!place) return;
    if (await this.#say('pusher_heartbeat', place, {})) this.lastBeatMs = performance.now();
    else this.#learnThatItIsOut();
  }

  /** Polls the members, as phones without notifications do. */
  async #ask() {
    const place = this.#place;
    if (!place) return;
    const reply = await this.#say('get_pushers', place, {});
    if (this.#place !== place || this.state === 'silent') return;
    if (reply) this.belief = { members: reply.pushers, creator: reply.roomCreator, atMs: performance.now() };
    const isMember = reply?.pushers.some((/** @type {{userID: string}} */ member) => member.userID === this.userID);
    if (!isMember) this.#learnThatItIsOut();
    this.dispatchEvent(new Event('change'));
  }

  /** Requires a reply: on a server that cannot be reached, this phone may still be a member. */
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
      reply = await this.#call(this, place.kind, endpoint, { roomID: place.roomID, userID: this.userID, ...body });
      this.#unreachable = false;
      // The reason for the eviction stays displayed, whatever other replies arrive.
      if (reply.code !== 0) this.problem = `${endpoint}: code ${reply.code}, ${kRefusals[reply.code] ?? reply.detail ?? reply.message}`;
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
