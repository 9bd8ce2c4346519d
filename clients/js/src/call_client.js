// One user of one server: its login, its rooms, its messages. Without what only live rooms and lobbies need.
import { CallRoom } from './call_room.js';
import { isSameRoom, makeChannel } from './channel.js';
import { Emitter } from './emitter.js';
import { failLoggedOut, ignore, refuse } from './errors.js';
import { makeSession } from './session.js';

/** @typedef {import('./types.js').Credentials} Credentials */
/** @typedef {import('./types.js').Kind} Kind */

const kRoomID = /^(?!@TGS#|.*[/?#&%+"\\])[!-~]{1,48}$/;

const trimmed = (url) => url.replace(/\/+$/, '');

/** A room as the server lists it. */
export const readListed = ({ custom, customInfo, ...room }) => ({ ...room, fields: JSON.parse(custom) });

export function checkKind(kind) {
  if (!/^(double|multi|live)$/.test(kind)) refuse('kind: double, multi or live');
}

/**
 * One user of one server.
 * @template {CallRoom} [R=CallRoom]
 * @extends {Emitter<import('./types.js').ClientEvents>}
 */
export class CallClient extends Emitter {
  /**
   * @param {import('./types.js').ClientOptions} options
   * @param {import('./types.js').Platform} platform
   */
  constructor({ server, prefix = '/weapp', channel = server }, platform) {
    super(platform, 'direct kicked connection');
    if (!/^https?:\/\/[^/]/.test(server)) refuse('server: such as https://host');
    /**
     * The rooms that this client is in.
     * @type {R[]}
     * @readonly
     */
    this.rooms = [];
    const session = makeSession(trimmed(server) + trimmed(prefix), platform, this);
    this._hide({
      _session: session,
      _channel: makeChannel(channel && `${trimmed(channel)}/channel`, platform, session, this),
      _Room: CallRoom, // what its rooms are
      _names: {}, // those of the newest room
      _turn: 0, // counts logouts: each ends the logins before it
      _ending: undefined, // the newest logout
      _leaving: new Map(), // rooms, and promises of the end of their leaves, which need the login
      _stop: platform.onShow(() => {
        this._beat();
        this._channel.wake();
      }, () => this._channel.lose()),
    });
  }

  /**
   * Empty before the login.
   * @returns {string}
   */
  get userID() { return this._session.userID; }

  /** @returns {import('./types.js').ConnectionState} */
  get connection() { return this._channel.state; }

  /**
   * Logs in: with your own credentials, or as the user of this phone or tab. A function is asked again when its ticket
   * has ended. The same user logs in once: the second call has the outcome of the first.
   * @param {Credentials | (() => Credentials | Promise<Credentials>)} [credentials]
   * @returns {Promise<string>}
   */
  async login(credentials) {
    const turn = this._turn;
    await this._ending;
    // A login that is ended at once is not even asked for: it would end the next one.
    if (turn !== this._turn) failLoggedOut();
    return this._session.login(credentials);
  }

  /**
   * Leaves all rooms, and ends the login; one under way fails with `CLOSED`.
   * @returns {Promise<void>}
   */
  logout() {
    ++this._turn;
    return (this._ending = this._logOut());
  }

  /** Logs out for good: nothing of the client stays in the program. */
  async close() {
    this._turn = NaN; // no login has it
    this._stop();
    await this.logout();
    this._listeners = [];
  }

  /**
   * Rooms that others may join, oldest first.
   * @param {Kind} kind
   * @param {{index?: number, count?: number}} [page]
   * @returns {Promise<import('./types.js').ListedRoom[]>}
   */
  async listRooms(kind, { index = 0, count = 20 } = {}) {
    checkKind(kind);
    return this._session.call(`${kind}_room/get_room_list`, { index, cnt: count },
      ({ rooms }) => rooms.map(readListed));
  }

  /**
   * Makes a room. It can be seen by others once this user has its seat.
   * @param {Kind} kind
   * @param {import('./types.js').NewRoomOptions} [options]
   * @returns {Promise<R>}
   */
  createRoom(kind, { roomID = `room_${this._newKey()}`, ...options } = {}) {
    // An ID of our own makes it safe to repeat the call.
    return this._enter({ kind, roomID, isNew: true }, options);
  }

  /**
   * Enters a room as a pusher. Fails with `NO_ROOM` when there is none.
   * @param {Kind} kind
   * @param {string | number} roomID
   * @param {import('./types.js').SeatOptions} [options]
   * @returns {Promise<R>}
   */
  joinRoom(kind, roomID, options) {
    return this._enter({ kind, roomID }, options);
  }

  /**
   * Sends to one user, who gets it within the hour, once online.
   * @param {string | number} to
   * @param {string} body
   * @param {{cmd?: string}} [options]
   * @returns {Promise<{time: number}>}
   */
  sendDirect(to, body, { cmd } = {}) {
    const type = cmd === undefined ? 'text' : 'custom';
    return this._channel.call('send', this._message(this._names, { to: `${to}`, type, body, cmd }));
  }

  /**
   * Messages with one user, oldest first.
   * @param {string | number} peer
   * @param {{before?: number, limit?: number}} [page]  `before`: the `position` of the oldest that is known
   * @returns {Promise<{messages: import('./types.js').DirectMessage[], complete: boolean}>}
   */
  history(peer, page) { return this._channel.call('history', { peer: `${peer}`, ...page }); }

  // ---- For the rooms, the session and the channel

  _onLeaving(room, leaving) { this._leaving.set(room, ignore(leaving).then(() => { this._leaving.delete(room); })); }

  _message({ userName: nick, userAvatar: avatar }, content) {
    return { ...content, nick, avatar, key: this._newKey() };
  }

  /** The login has ended, and cannot or must not be renewed. */
  _onOver(reason) {
    this._channel.stop();
    this.rooms.forEach((room) => room._end(reason));
    this._emit('kicked', { reason });
  }

  _onConnection(state) {
    this.rooms.forEach((room) => room._follower.onConnection());
    this._emit('connection', state);
  }

  /** @param {any} push  what is neither a reply nor of a room or a message */
  _onPush(push) {}

  /** @param ifOlderMs  of a heartbeat: a younger one is enough */
  _beat(ifOlderMs) { this.rooms.forEach((room) => room._seat.sendBeat(ifOlderMs)); }

  // ---- Inside

  /** Tells the messages of a room, once the program has it, and listens. */
  _tell(room) { this._platform.setTimer(0, room._messages.start); }

  async _logOut() {
    this.rooms.forEach((room) => ignore(room.leave()));
    // Without a user there is a login to be ended at once, or none.
    if (this.userID) await Promise.all(this._leaving.values());
    this._channel.stop();
    await this._session.logout();
    this.rooms.forEach((room) => room._end()); // entered meanwhile
  }

  async _enter(asked, options = {}) {
    const { kind, isNew, isViewer } = asked;
    const { userName = '', userAvatar = '', roomInfo = '' } = options;
    const roomID = `${asked.roomID ?? ''}`; // some programs have numbers
    const facts = { ...asked, roomID, roomInfo, client: this };
    const isSame = (other) => isSameRoom(other, facts);
    const checkNotIn = () => {
      if (this.rooms.some(isSame)) refuse(`already in room ${roomID}`);
    };
    checkKind(kind);
    if (!kRoomID.test(roomID)) refuse('roomID: 1 to 48 letters, digits, _ and -');
    checkNotIn();
    // A leave that is repeated after the return would undo it.
    for (const [other, left] of this._leaving) if (isSame(other)) await left;
    this._names = { userName, userAvatar };
    const room = new this._Room(facts);
    await (isNew ? room._call('create_room', { roomInfo }) : room._exists());
    checkNotIn(); // two calls at once
    if (room._userID !== this.userID) failLoggedOut();
    this.rooms = [...this.rooms, room];
    try {
      await this._channel.follow(room);
      room._follower.onConnection();
      await (isViewer ? room._watch(options) : room.takeSeat(options));
      room._checkOpen();
    } catch (error) {
      await ignore(room.leave());
      throw error;
    }
    this._tell(room);
    return room;
  }

  _newKey() {
    const part = () => this._platform.random().toString(36).slice(2, 12);
    return part() + part();
  }
}
