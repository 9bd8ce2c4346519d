// One user of one server: its login, its rooms, its messages.
import { isSameRoom, makeChannel } from './channel.js';
import { Emitter } from './emitter.js';
import { failLoggedOut, ignore, refuse } from './errors.js';
import { Room } from './room.js';
import { makeRoomList, readListed } from './room_list.js';
import { makeSession } from './session.js';
import { kBeatMs } from './times.js';

/** @typedef {import('./types.js').Credentials} Credentials */
/** @typedef {import('./types.js').Kind} Kind */

const kRoomID = /^(?!@TGS#|.*[/?#&%+"\\])[!-~]{1,48}$/;

const trimmed = (url) => url.replace(/\/+$/, '');

function checkKind(kind) {
  if (!/^(double|multi|live)$/.test(kind)) refuse('kind: double, multi or live');
}

/**
 * One user of one server.
 * @extends {Emitter<import('./types.js').ClientEvents>}
 */
export class Client extends Emitter {
  /**
   * @param {import('./types.js').ClientOptions} options
   * @param {import('./types.js').Platform} platform
   */
  constructor({ server, prefix = '/weapp', channel = server }, platform) {
    super(platform, 'direct kicked connection');
    if (!/^https?:\/\/[^/]/.test(server)) refuse('server: such as https://host');
    const session = makeSession(trimmed(server) + trimmed(prefix), platform,
      (isThere) => messages.onNetwork(isThere), (reason) => {
        messages.stop();
        this.rooms.forEach((room) => room._end(reason));
        this._emit('kicked', { reason });
      });
    const messages = makeChannel(channel && `${trimmed(channel)}/channel`, platform, session,
      (message) => this._emit('direct', message), () => this._beat(kBeatMs),
      (push) => this._onPush(push), (state) => {
        this.rooms.forEach((room) => room._follower.onConnection());
        this._lists.forEach((_, list) => list.onConnection(state));
        this._emit('connection', state);
      });
    /**
     * The rooms that this client is in.
     * @type {Room[]}
     * @readonly
     */
    this.rooms = [];
    this._hide({
      _session: session,
      _channel: messages,
      _Room: Room, // what its rooms are
      _names: {}, // those of the newest room
      _lists: new Map(), // that are kept up to date, and their kinds
      _turn: 0, // counts logouts: each ends the logins before it
      _ending: undefined, // the newest logout
      _leaving: new Map(), // rooms, and promises of the end of their leaves, which need the login
      _stop: platform.onShow(() => {
        this._beat();
        messages.wake();
      }, () => messages.lose()),
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
    return this._session.login(credentials, () => this._channel.start());
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
   * The first 200 of these rooms, told now and whenever they change; each time all of them. Seats and ends are told
   * within about a second, viewers and custom fields within ten; all of it within ten where there is no socket.
   * @param {Kind} kind
   * @param {(rooms: import('./types.js').ListedRoom[]) => void} listener
   * @returns {() => void}  stops it
   */
  watchRooms(kind, listener) {
    checkKind(kind);
    const lists = this._lists;
    const list = makeRoomList(kind, listener, this._platform, this);
    lists.set(list, kind);
    list.onConnection(this.connection);
    return () => {
      list.stop();
      if (lists.delete(list) && ![...lists.values()].includes(kind)) ignore(this._channel.call('unwatch', { kind }));
    };
  }

  /**
   * Makes a room. It can be seen by others once this user has its seat.
   * @param {Kind} kind
   * @param {import('./types.js').NewRoomOptions} [options]
   * @returns {Promise<Room>}
   */
  createRoom(kind, { roomID = `room_${this._newKey()}`, roomInfo = '', ...options } = {}) {
    // An ID of our own makes it safe to repeat the call.
    return this._enter({ kind, roomID, roomInfo, isNew: true }, options);
  }

  /**
   * Enters a room as a pusher. Fails with `NO_ROOM` when there is none.
   * @param {Kind} kind
   * @param {string | number} roomID
   * @param {import('./types.js').SeatOptions} [options]
   * @returns {Promise<Room>}
   */
  joinRoom(kind, roomID, options) {
    return this._enter({ kind, roomID }, options);
  }

  /**
   * Enters a live room as a viewer. `userInfo` is your own text. When the list of viewers is full, this one is not in
   * it, and watches all the same.
   * @param {string | number} roomID
   * @param {import('./types.js').Profile & {userInfo?: string}} [options]
   * @returns {Promise<Room>}
   */
  watchRoom(roomID, options) {
    return this._enter({ kind: 'live', roomID, isViewer: true }, options);
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

  // ---- For the rooms

  _onLeaving(room, leaving) { this._leaving.set(room, ignore(leaving).then(() => { this._leaving.delete(room); })); }

  _forgetClosed() { this.rooms = this.rooms.filter(({ isClosed }) => !isClosed); }

  _message({ userName: nick, userAvatar: avatar }, content) {
    return { ...content, nick, avatar, key: this._newKey() };
  }

  // ---- Inside

  /** Tells the messages of a room, once the program has it, and listens. */
  _tell(room) { this._platform.setTimer(0, room._messages.start); }

  _beat(ifOlderMs) { this.rooms.forEach((room) => room._seat.sendBeat(ifOlderMs)); }

  /** @param push  `list`: what has changed in a list of rooms */
  _onPush({ list: change }) {
    if (change) this._lists.forEach((kind, list) => { if (kind === change.kind) list.onPush(change); });
  }

  async _logOut() {
    this.rooms.forEach((room) => ignore(room.leave()));
    // Without a user there is a login to be ended at once, or none.
    if (this.userID) await Promise.all(this._leaving.values());
    this._channel.stop();
    await this._session.logout();
    this.rooms.forEach((room) => room._end()); // entered meanwhile
  }

  async _enter(asked, options = {}) {
    const { kind, roomInfo, isNew, isViewer } = asked;
    const { userName = '', userAvatar = '' } = options;
    const roomID = `${asked.roomID ?? ''}`; // some programs have numbers
    const facts = { ...asked, roomID, client: this };
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
