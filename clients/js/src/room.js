// A room that this user is in, kept up to date.
import { Emitter } from './emitter.js';
import { RtcRoomError, ignore } from './errors.js';
import { Seat } from './seat.js';
import { Timer } from './timer.js';

const kRefreshMs = 10000; // where there is no message channel
const kAudienceMs = 1000;
// States of <live-pusher>, as WeChat documents them.
const kStreamRuns = 1002;
const kStreamBroken = [-1307, 3001, 3002, 3003, 3004, 3005];

const kPusherFields = ['userName', 'userAvatar', 'accelerateURL'];
const isSame = (one, other) => kPusherFields.every((field) => one[field] === other[field]);
const without = (pushers, userID) => pushers.filter((pusher) => pusher.userID !== userID);
const pick = ({ userID, userName, userAvatar, accelerateURL }) => ({ userID, userName, userAvatar, accelerateURL });

export class Room extends Emitter {
  constructor({ kind, roomID, isNew = false, roomInfo = '', profile, client }) {
    super(client._platform);
    this._client = client;
    this._userID = client.userID;
    this._names = profile;
    this._seat = new Seat(this, client._platform, isNew);
    this._isViewer = false;
    this._refresh = new Timer(client._platform);
    this._counting = new Timer(client._platform);
    Object.assign(this, { kind, roomID, roomInfo, roomCreator: isNew ? client.userID : '', pushers: [], pushURL: '',
      mixedPlayURL: '', audienceCount: 0, fields: {}, isClosed: false });
  }

  get others() { return without(this.pushers, this._userID); }

  get hasSeat() { return this._seat.isTaken; }

  // ---- The own stream and seat

  pusherState(code) {
    if (code === kStreamRuns) this.streamStarted().catch(() => {}); // the room tells by `closed`
    else if (kStreamBroken.includes(code)) this.streamBroken().catch(() => {});
  }

  streamStarted() { return this._seat.onStream(); }

  streamBroken() { return this._seat.onStreamBroken(); }

  async takeSeat({ stream = true, userName, userAvatar } = {}) {
    this._checkOpen();
    if (userName !== undefined) this._names = { userName, userAvatar };
    if (!this.hasSeat) await this._seat.take(stream);
  }

  giveUpSeat() { return this._seat.giveUp(); }

  async leave() {
    if (this.isClosed) return;
    this._close();
    await this._seat.giveUp();
    if (this._isViewer) await this._call('delete_audience', {});
  }

  async destroy() {
    this._checkOpen();
    this._isEnding = true; // the channel may tell before the reply
    try {
      await this._call('destroy_room', {});
    } finally {
      this._isEnding = false;
    }
    this._end();
  }

  // ---- Messages

  sendText(text) { return this._send('text', text); }

  sendCustom(body, cmd) { return this._send('custom', body, cmd); }

  history(page = {}) { return this._request('history', page); }

  presence() { return this._request('presence'); }

  // ---- Live rooms

  increment(field) { return this._count(field, 'inc'); }

  decrement(field) { return this._count(field, 'dec'); }

  async setField(field, value) {
    this._setFields(await this._call('set_custom_field', { fieldName: field, operation: 'set', value }));
  }

  async audience() {
    const { audiences, audienceCount } = await this._call('get_audiences', {});
    this._setAudienceCount(audienceCount);
    return audiences;
  }

  async mergeStream(mergeParams) {
    const { result } = await this._call('merge_stream', { mergeParams });
    return result;
  }

  // ---- For the client and the seat

  /** Reads the room, and follows it from now on. */
  async _open() {
    await this._client._channel.subscribe(this._key(), this);
    this._onConnection(this._client.connection);
  }

  async _watch(userInfo) {
    this._isViewer = true;
    // A full list means "not counted", and not "may not watch".
    await ignore('AUDIENCE_FULL', this._call('add_audience', { userInfo }));
    await this.audience();
  }

  _onConnection(state) {
    this._refresh.stop();
    if (state === 'none' && !this.isClosed) this._refreshLater();
  }

  _onShow() { this._seat.beat(); }

  _call(endpoint, body, options) {
    return this._client._session.call(`${this.kind}_room/${endpoint}`, { roomID: this.roomID, ...body }, options);
  }

  async _exists() { this._onSnapshot(await this._call('get_pushers', {})); }

  _setPushURL(url) {
    if (url === this.pushURL) return;
    this.pushURL = url;
    this._emit('pushURL', url);
  }

  _onEvicted() { this._emit('evicted', {}); }

  _onSeatLost({ name }) {
    if (name === 'NO_ROOM') this._end('gone');
    if (name === 'ROOM_FULL' && !this._isViewer) this._end('full');
    if (name === 'ROOM_FULL') this._seat._stop();
  }

  /** The room is over for this user. @param reason  if it does not know */
  _end(reason) {
    if (this.isClosed) return;
    this._close();
    this._seat._stop();
    if (reason && !this._isEnding) this._emit('closed', { reason });
  }

  _close() {
    this.isClosed = true;
    this._client._forget(this);
    this._client._channel.unsubscribe(this._key());
    this._refresh.stop();
    this._counting.stop();
  }

  // ---- Inside

  _key() { return { kind: this.kind, roomID: this.roomID }; }

  _checkOpen() { if (this.isClosed) throw new RtcRoomError('CLOSED', 'the room is closed'); }

  async _request(verb, body) {
    this._checkOpen();
    return this._client._channel.request(verb, { ...this._key(), ...body });
  }

  _send(type, body, cmd) {
    const { userName: nick, userAvatar: avatar } = this._names;
    return this._request('send', { type, body, cmd, nick, avatar, key: this._client._newKey() });
  }

  async _count(fieldName, operation) {
    // Not repeated without an answer: it would count twice.
    this._setFields(await this._call('set_custom_field', { fieldName, operation }, { tries: 1 }));
    return this.fields[fieldName];
  }

  _refreshLater() {
    this._refresh.set(kRefreshMs, async () => {
      // A room that waits for its first pusher is not to be seen.
      await this._exists().catch(({ name }) => { if (name === 'NO_ROOM' && this.pushers.length) this._end('gone'); });
      if (this.kind === 'live' && !this.isClosed) await this.audience().catch(() => {});
      this._onConnection(this._client.connection);
    });
  }

  /** A snapshot of the channel, or the reply to get_pushers. */
  _onSnapshot({ roomInfo, roomCreator, mixedPlayURL, custom, audienceCount, pushers }) {
    if (this.isClosed) return;
    Object.assign(this, { roomInfo, roomCreator, mixedPlayURL });
    this._setFields({ custom });
    if (audienceCount !== undefined) this._setAudienceCount(audienceCount);
    this._setPushers(pushers.map(pick));
  }

  _setPushers(pushers) {
    const of = (list, userID) => list.find((pusher) => pusher.userID === userID);
    const before = this.pushers;
    const added = pushers.filter(({ userID }) => !of(before, userID));
    const removed = before.filter(({ userID }) => !of(pushers, userID));
    const updated = pushers.filter((pusher) => {
      const earlier = of(before, pusher.userID);
      return earlier && !isSame(earlier, pusher);
    });
    this.pushers = pushers;
    if (added.length + removed.length + updated.length) this._emit('pushers', { pushers, added, removed, updated });
  }

  _setFields({ custom }) {
    // Text in replies, an object in the channel.
    const fields = (typeof custom === 'string' ? JSON.parse(custom) : custom) || {};
    const isChanged = JSON.stringify(fields) !== JSON.stringify(this.fields);
    this.fields = fields;
    if (isChanged) this._emit('fields', fields);
  }

  _setAudienceCount(count) {
    if (count === this.audienceCount) return;
    this.audienceCount = count;
    this._emit('audience', count);
  }

  _onEvent(event) {
    const { message, pusher_added: added, pusher_updated: updated, pusher_deleted: deleted } = event;
    const pusher = added || updated;
    if (message) this._emit('message', message);
    if (pusher) this._onPusher(pick(pusher));
    if (deleted) this._onPusherDeleted(deleted);
    if (event.audience_added || event.audience_deleted) this._countAudience();
    if (event.custom_changed) this._onCustomChanged(event.custom_changed);
  }

  _onPusher(pusher) {
    const isKnown = this.pushers.some(({ userID }) => userID === pusher.userID);
    // One that rejoins keeps its place.
    this._setPushers(isKnown
      ? this.pushers.map((other) => (other.userID === pusher.userID ? pusher : other))
      : [...this.pushers, pusher]);
  }

  _onPusherDeleted({ userID, reason, newCreator }) {
    if (newCreator) this.roomCreator = newCreator;
    this._setPushers(without(this.pushers, userID));
    if (userID !== this._userID || !this.hasSeat) return;
    if (reason === 'kicked') this._end('kicked');
    else this._seat.beat(); // whose answer says whether the seat is lost: it may be taken again already
  }

  _onCustomChanged({ field, value }) {
    const fields = field === undefined ? value : { ...this.fields, [field]: value };
    this._setFields({ custom: fields });
  }

  /** The server counts: a viewer that registers again is one viewer. */
  _countAudience() {
    if (!this._counting.isSet) this._counting.set(kAudienceMs, () => this.audience().catch(() => {}));
  }
}
