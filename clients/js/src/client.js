// One user of one server: its login, its rooms, its messages.
import { kClosed, makeChannel } from './channel.js';
import { Emitter } from './emitter.js';
import { fail, ignore, refuse } from './errors.js';
import { Room } from './room.js';
import { makeRoomList, readListed } from './room_list.js';
import { makeSession } from './session.js';
import { kBeatMs } from './times.js';

const kRoomID = /^(?!@TGS#|.*[/?#&%+"\\])[!-~]{1,48}$/;

const trimmed = (url) => url.replace(/\/+$/, '');

function checkKind(kind) {
  if (!/^(double|multi|live)$/.test(kind)) refuse('kind: double, multi or live');
}

export class Client extends Emitter {
  constructor({ server, prefix = '/weapp', channel = server }, platform) {
    super(platform, 'direct kicked connection');
    if (!/^https?:\/\/[^/]/.test(server)) refuse('server: such as https://host');
    const session = makeSession(trimmed(server) + trimmed(prefix), platform,
      (isThere) => this._channel.onNetwork(isThere), (reason) => {
        this._channel.stop();
        this.rooms.forEach((room) => room._end(reason));
        this._emit('kicked', { reason });
      });
    const messages = makeChannel(channel && `${trimmed(channel)}/channel`, platform, session,
      (message) => this._emit('direct', message), () => this._beat(kBeatMs),
      (push) => this._lists.forEach((kind, list) => { if (kind === push.kind) list.onPush(push); }), (state) => {
        this.rooms.forEach((room) => room._follower.onConnection(state));
        this._lists.forEach((_, list) => list.onConnection(state));
        this._emit('connection', state);
      });
    this.rooms = [];
    this._hide({
      _session: session,
      _channel: messages,
      _names: {}, // those of the newest room
      _lists: new Map(), // that are kept up to date, and their kinds
      _turn: 0, // counts logouts: each ends the logins before it
      _ending: undefined, // the newest logout
      _leaving: new Map(), // rooms, and promises of the end of their leaves, which need the login
      _stop: platform.onShow(() => {
        if (!this.userID) return;
        this._beat();
        this._channel.wake();
      }, () => this._channel.lose()),
    });
  }

  get userID() { return this._session.userID; }

  get connection() { return this._channel.state; }

  async login(credentials) {
    const turn = this._turn;
    await this._ending;
    // A login that is ended at once is not even asked for: it would end the next one.
    if (turn !== this._turn) fail('CLOSED', 'logged out');
    return this._session.login(credentials, () => this._channel.start());
  }

  logout() {
    ++this._turn;
    return (this._ending = this._logOut());
  }

  /** Logs out for good: nothing of the client stays. */
  async close() {
    this._turn = NaN; // no login has it
    this._stop();
    await this.logout();
    this._listeners = [];
  }

  async listRooms(kind, { index = 0, count = 20 } = {}) {
    checkKind(kind);
    return this._session.call(`${kind}_room/get_room_list`, { index, cnt: count }, {
      read: ({ rooms }) => rooms.map(readListed),
    });
  }

  watchRooms(kind, listener) {
    checkKind(kind);
    const lists = this._lists;
    const list = makeRoomList(kind, listener, this._platform, this);
    lists.set(list, kind);
    list.onConnection(this.connection);
    return () => {
      list.onConnection(kClosed);
      if (lists.delete(list) && ![...lists.values()].includes(kind)) ignore(this._channel.request('unwatch', { kind }));
    };
  }

  async rejoin() { return []; }

  createRoom(kind, { roomID = `room_${this._newKey()}`, roomInfo = '', ...options } = {}) {
    // An ID of our own makes it safe to repeat the call.
    return this._enter({ kind, roomID, roomInfo, isNew: true }, options, (room) => room.takeSeat(options));
  }

  joinRoom(kind, roomID, options = {}) {
    return this._enter({ kind, roomID }, options, (room) => room.takeSeat(options));
  }

  watchRoom(roomID, options = {}) {
    return this._enter({ kind: 'live', roomID, isViewer: true }, options, (room) => room._watch(options));
  }

  sendDirect(to, body, { cmd } = {}) {
    const type = cmd === undefined ? 'text' : 'custom';
    return this._channel.request('send', this._message(this._names, { to: `${to}`, type, body, cmd }));
  }

  history(peer, page) { return this._channel.request('history', { peer: `${peer}`, ...page }); }

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

  async _logOut() {
    this.rooms.forEach((room) => ignore(room.leave()));
    // Without a user there is a login to be ended at once, or none.
    if (this.userID) await Promise.all(this._leaving.values());
    this._channel.stop();
    await this._session.logout();
    this.rooms.forEach((room) => room._end()); // entered meanwhile
  }

  async _enter(facts, { userName = '', userAvatar = '' }, takePlace) {
    const { kind, roomInfo, isNew } = facts;
    const roomID = `${facts.roomID ?? ''}`; // some programs have numbers
    const isSame = (other) => other.kind === kind && other.roomID === roomID;
    const checkNotIn = () => {
      if (this.rooms.some(isSame)) refuse(`already in room ${roomID}`);
    };
    checkKind(kind);
    if (!kRoomID.test(roomID)) refuse('roomID: 1 to 48 letters, digits, _ and -');
    checkNotIn();
    this._names = { userName, userAvatar };
    // A leave that is repeated after the return would undo it.
    for (const [other, left] of this._leaving) if (isSame(other)) await left;
    const room = new Room({ ...facts, roomID, profile: this._names, client: this });
    await (isNew ? room._call('create_room', { roomInfo }) : room._exists());
    checkNotIn(); // two calls at once
    if (room._userID !== this.userID) fail('CLOSED', 'logged out');
    this.rooms = [...this.rooms, room];
    try {
      await room._open();
      await takePlace(room);
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
    return `${part()}${part()}`;
  }
}
