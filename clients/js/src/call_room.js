// A room that this user is in, kept up to date. Without what only live rooms have.
import { Emitter } from './emitter.js';
import { fail, ignore, kNoRoom } from './errors.js';
import { makeFollower, without } from './follower.js';
import { makeMessages } from './messages.js';
import { makeSeat } from './seat.js';

// States of <live-pusher>, as WeChat documents them.
const kStreamRuns = 1002;
const kStreamBroken = [-1307, 3001, 3002, 3003, 3004, 3005];

/** @typedef {Emitter<import('./types.js').RoomEvents> & Readonly<import('./types.js').RoomState>} ShownRoom */
/** @typedef {new (...args: any[]) => ShownRoom} RoomBase */

/** A room that this user is in. Its properties are kept up to date; as JSON it is these properties. */
export class CallRoom extends /** @type {RoomBase} */ (Emitter) {
  /**
   * Rooms are made by `createRoom` and `joinRoom`.
   * @protected
   */
  constructor({ kind, roomID, isNew, isViewer, roomInfo, client }) {
    const { _platform: platform, userID } = client;
    super(platform, 'pushers message gap fields audience pushURL evicted closed');
    Object.assign(this, {
      kind, roomID, roomInfo, roomCreator: isNew ? userID : '', pushers: [], pushURL: '', mixedPlayURL: '',
      audienceCount: 0, fields: {}, isClosed: false,
    });
    this._hide({
      _client: client, _userID: userID, _names: client._names, _isViewer: isViewer, _isEnding: false,
      _seat: makeSeat(this, platform, isNew), _follower: makeFollower(this, platform, client),
      _messages: makeMessages(this, platform), _entry: undefined, _isUnheard: false, _refusals: 0,
    });
  }

  /**
   * All pushers but this user: those to play.
   * @returns {import('./types.js').Pusher[]}
   */
  get others() { return without(this.pushers, this._userID); }

  /**
   * Whether this user has a seat.
   * @returns {boolean}
   */
  get hasSeat() { return this._seat.isTaken; }

  // ---- The own stream and seat

  /**
   * Give every state of `<live-pusher>` to it (`event.detail.code`): the seat is taken when the stream runs, and the
   * stream is started again with a new URL when it broke.
   * @param {number} code
   */
  pusherState(code) {
    const isRunning = code === kStreamRuns;
    if (isRunning || kStreamBroken.includes(code)) this._seat.report(isRunning);
  }

  /**
   * The same for another encoder: the stream runs.
   * @returns {Promise<void>}
   */
  streamStarted() { return this._seat.onStream(); }

  /**
   * The same for another encoder: the stream broke. A new `pushURL` follows; at once, or after a pause that grows while
   * streams break soon.
   * @returns {Promise<void>}
   */
  streamBroken() { return this._seat.onStreamBroken(); }

  /**
   * A viewer becomes a pusher; a pusher keeps its seat.
   * @param {import('./types.js').SeatOptions} [options]
   */
  async takeSeat({ stream = true, userName = this._names.userName, userAvatar = this._names.userAvatar } = {}) {
    this._checkOpen();
    this._names = { userName, userAvatar };
    if (!this.hasSeat) await this._seat.take(stream);
    this._checkOpen();
  }

  /**
   * Back to a viewer. The creator of a live room ends it by that.
   * @returns {Promise<void>}
   */
  giveUpSeat() { return this._seat.giveUp(); }

  async leave() {
    if (this.isClosed) return;
    this._close();
    const leaving = this._giveUpAll();
    this._client._onLeaving(this, leaving);
    await leaving;
  }

  /** Ends the room for all; for its creator. */
  async destroy() {
    this._checkOpen();
    this._isEnding = true; // the channel may tell before the reply
    try {
      await this._call('destroy_room');
    } catch (error) {
      this._isEnding = false;
      if (!this.isClosed) throw error; // else it was executed, and the reply lost
    }
    this._end();
  }

  // ---- Messages

  /**
   * @param {string} text
   * @returns {Promise<{seq: number, time: number}>}
   */
  sendText(text) { return this._send('text', text); }

  /**
   * A message that is no text.
   * @param {string} body
   * @param {string} [cmd]  names it; at most 64 bytes
   * @returns {Promise<{seq: number, time: number}>}
   */
  sendCustom(body, cmd) { return this._send('custom', body, cmd); }

  /**
   * Messages of the room, oldest first.
   * @param {{before?: number, after?: number, limit?: number}} [page]  `before`, `after`: a `seq`
   * @returns {Promise<{messages: import('./types.js').Message[], complete: boolean}>}
   */
  history(page) { return this._request('history', page); }

  /**
   * Who is connected to the room's messages.
   * @returns {Promise<{users: string[], count: number}>}
   */
  presence() { return this._request('presence'); }

  // ---- For the client, the seat, the follower and the channel

  /** Once the user is a member: where only members hear a room, it was refused before. */
  async _listen() { if (!this.isClosed) await ignore(this._client._channel.follow(this)); }

  /** The channel tells of the room from now on, or no more.
   * @param isRefused  whether it was asked to */
  _setHeard(isHeard, isRefused) {
    this._isUnheard = !isHeard;
    this._follower.onConnection();
    if (isHeard) this._refusals = 0;
    // The seat may be lost without a word. A member that is refused is banned.
    else if (isRefused && (this.hasSeat ? this._refusals++ : this._entry)) this._end('banned');
    else this._seat.sendBeat();
  }

  _exists() {
    const { pushers } = this;
    // A reply that the channel has overtaken is older than what that told.
    return this._call('get_pushers', {}, (reply) => this._follower.onSnapshot(this.pushers === pushers ? reply
      : { ...reply, roomCreator: this.roomCreator, pushers: this.pushers }));
  }

  /** The channel does not tell of the room. */
  async _refresh() {
    // A room that waits for its first pusher is not to be seen.
    await this._exists().catch(({ name }) => { if (name === kNoRoom && this.pushers.length) this._end('gone'); });
  }

  /** @param {any} told  a snapshot or an event, which may have what only live rooms have */
  _onLive(told) {}

  _onDeleted({ userID, reason }) {
    if (userID !== this._userID || !this.hasSeat) return;
    if (reason === 'kicked') this._end('kicked');
    else this._seat.sendBeat(); // whose answer says whether the seat is lost: it may be taken again already
  }

  /** The room is over for this user. @param reason  if it does not know */
  _end(reason) {
    if (this.isClosed) return;
    this._close();
    this._seat.stop();
    if (reason && !this._isEnding) this._emit('closed', { reason });
  }

  _close() {
    this.isClosed = true;
    const client = this._client;
    client.rooms = client.rooms.filter(({ isClosed }) => !isClosed); // a program may see this room by a proxy
    client._channel.unsubscribe(this);
    this._follower.stop();
  }

  _checkOpen() { if (this.isClosed) fail('CLOSED', 'the room is closed'); }

  _call(endpoint, body, read, tries) {
    return this._client._session.call(`${this.kind}_room/${endpoint}`, { roomID: this.roomID, ...body }, read, tries);
  }

  // ---- Inside

  _giveUpAll() { return this._seat.giveUp(); }

  async _request(verb, body) {
    this._checkOpen();
    return this._client._channel.call(verb, { kind: this.kind, roomID: this.roomID, ...body });
  }

  _send(type, body, cmd) { return this._request('send', this._client._message(this._names, { type, body, cmd })); }
}
