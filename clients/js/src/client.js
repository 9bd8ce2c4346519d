// One user of one server: its login, its rooms, its messages.
import { Channel } from './channel.js';
import { Emitter } from './emitter.js';
import { RtcRoomError } from './errors.js';
import { Room } from './room.js';
import { Session } from './session.js';

const kKinds = ['double', 'multi', 'live'];
const kForbidden = /[/?#&%+"\\]|^@TGS#/;

const profileOf = ({ userName = '', userAvatar = '' }) => ({ userName, userAvatar });

export class Client extends Emitter {
  constructor(options, platform) {
    const { server, prefix = '/weapp', channel = server } = options;
    super(platform);
    if (!/^https?:\/\/[^/]/.test(server)) throw new RtcRoomError('BAD_REQUEST', 'server: not an address such as https://host');
    const trimmed = (url) => url.replace(/\/+$/, '');
    this._session = new Session({ server: trimmed(server), prefix: trimmed(prefix), platform,
      onOver: (reason) => this._onOver(reason) });
    this._channel = new Channel(channel && `${trimmed(channel)}/channel`, platform, this._session,
      (message) => this._emit('direct', message), (state) => this._onState(state));
    this._names = profileOf({});
    this.rooms = [];
    platform.onShow(() => this._onShow());
  }

  get userID() { return this._session.userID; }

  get connection() { return this.userID ? this._channel.state : 'closed'; }

  async login(credentials) {
    if (this.userID) throw new RtcRoomError('BAD_REQUEST', `logged in as ${this.userID} already`);
    await this._session.login(credentials);
    this._channel.start();
    return this.userID;
  }

  async logout() {
    await Promise.all(this.rooms.map((room) => room.leave().catch(() => {})));
    this._channel.stop();
    await this._session.logout();
  }

  async listRooms(kind, { index = 0, count = 20 } = {}) {
    checkKind(kind);
    const { rooms } = await this._session.call(`${kind}_room/get_room_list`, { index, cnt: count });
    return rooms;
  }

  async createRoom(kind, options = {}) {
    // An ID of our own makes it safe to repeat the call.
    const { roomID = `room_${this._newKey()}`, roomInfo = '', stream = true } = options;
    const room = this._makeRoom({ kind, roomID, roomInfo, isNew: true }, options);
    await room._call('create_room', { roomInfo });
    return this._enter(room, () => room.takeSeat({ stream }));
  }

  async joinRoom(kind, roomID, options = {}) {
    const { stream = true } = options;
    const room = this._makeRoom({ kind, roomID }, options);
    await room._exists();
    return this._enter(room, () => room.takeSeat({ stream }));
  }

  async watchRoom(roomID, options = {}) {
    const { userInfo = '' } = options;
    const room = this._makeRoom({ kind: 'live', roomID }, options);
    await room._exists();
    return this._enter(room, () => room._watch(userInfo));
  }

  sendDirect(to, body, { cmd } = {}) {
    const { userName: nick, userAvatar: avatar } = this._names;
    const type = cmd === undefined ? 'text' : 'custom';
    return this._channel.request('send', { to, type, body, cmd, nick, avatar, key: this._newKey() });
  }

  history(peer, page = {}) { return this._channel.request('history', { peer, ...page }); }

  _makeRoom(room, options) {
    checkKind(room.kind);
    if (!/^[!-~]{1,48}$/.test(room.roomID) || kForbidden.test(room.roomID)) {
      throw new RtcRoomError('BAD_REQUEST', 'roomID: 1 to 48 letters, digits, _ and -');
    }
    if (this.rooms.some(({ kind, roomID }) => kind === room.kind && roomID === room.roomID)) {
      throw new RtcRoomError('BAD_REQUEST', `already in room ${room.roomID}`);
    }
    const profile = profileOf(options);
    this._names = profile;
    return new Room({ ...room, profile, client: this });
  }

  async _enter(room, takePlace) {
    this.rooms = [...this.rooms, room];
    try {
      await room._open();
      await takePlace();
    } catch (error) {
      await room.leave().catch(() => {});
      throw error;
    }
    return room;
  }

  _forget(room) { this.rooms = this.rooms.filter((other) => other !== room); }

  _newKey() {
    const part = () => this._platform.random().toString(36).slice(2, 12);
    return `${part()}${part()}`;
  }

  _onShow() {
    if (!this.userID) return;
    this.rooms.forEach((room) => room._onShow());
    this._channel.wake();
  }

  _onState(state) {
    this.rooms.forEach((room) => room._onConnection(state));
    this._emit('connection', state);
  }

  _onOver(reason) {
    this._channel.stop();
    for (const room of this.rooms) room._end(reason);
    this._emit('kicked', { reason });
  }
}

function checkKind(kind) {
  if (!kKinds.includes(kind)) throw new RtcRoomError('BAD_REQUEST', `kind: one of ${kKinds.join(', ')}`);
}
