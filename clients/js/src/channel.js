// The message channel: one connection for all rooms, which goes on where it was cut off. By a WebSocket, and by long
// polls where none can be opened.
import { pauseMs } from './backoff.js';
import { RtcRoomError, errorOfReply } from './errors.js';
import { Timer } from './timer.js';

const kProtocol = 'rtcroomd.v1';
const kPingMs = 25000;
const kSilenceMs = 10000; // while a reply is awaited
const kRequestMs = 20000;
const kSocketFailures = 2; // after which it polls
const kPollMs = 60000; // until the socket is tried again
const kHoldSeconds = 45;
const kPolledRequests = 10;
const kCut = 1006; // close codes
const kOtherLogin = 4001;
const kTokenRefused = 4003;

const keyOf = ({ kind, roomID }) => `${kind}/${roomID}`;

export class Channel {
  /** @param url  empty: there is no channel
   * @param onState  called with 'connecting', 'connected', 'polling', 'none' or 'closed' */
  constructor(url, platform, session, onDirect, onState) {
    this._url = url;
    this._platform = platform;
    this._session = session;
    this._onDirect = onDirect;
    this._onState = onState;
    this._subscriptions = new Map();
    this._requests = []; // without a reply so far
    this._waiting = new Map(); // of the socket: what takes the reply to an id
    this._silence = new Timer(platform);
    this._pings = new Timer(platform);
    this._pause = new Timer(platform);
    this._id = this._direct = 0; // the latter: position of the newest direct message
    this._tries = this._failedSockets = 0; // that failed in a row
    this.state = 'closed';
  }

  start() {
    this._setState(this._url ? 'connecting' : 'none');
    this._reconnect(0);
  }

  stop() {
    this._disconnect();
    this._setState('closed');
    for (const request of this._requests) request.reject(new RtcRoomError('CLOSED', request.verb));
    this._subscriptions.clear();
    this._direct = 0;
    this._login = undefined;
  }

  /** The program is shown again, or the network is back: a socket may be dead without a word. */
  wake() {
    this._tries = this._failedSockets = 0;
    if (this._isOpen) this._ping();
    else this._reconnect(0);
  }

  /** Calls the listener's `_onSnapshot`, `_onEvent` and `_onEnd` until `unsubscribe`.
   * @returns a promise of the first snapshot, or of the news that there is no channel */
  subscribe(room, listener) {
    return new Promise((resolve, reject) => {
      const subscription = { room, listener, resolve, reject };
      this._subscriptions.set(keyOf(room), subscription);
      if (this._isOff) resolve();
      else this._ifOpen(() => this._subscribe(subscription));
    });
  }

  unsubscribe(room) {
    if (this._subscriptions.delete(keyOf(room)) && this._isOpen) this._ask('unsubscribe', room, () => {});
  }

  /** Survives cuts: a request without a reply is made again, and those that must not be executed twice have a key. */
  async request(verb, body) {
    if (this._isOff) throw new RtcRoomError('NO_CHANNEL', verb);
    const request = { verb, body };
    const timeout = new Timer(this._platform);
    try {
      return await new Promise((resolve, reject) => {
        Object.assign(request, { resolve, reject });
        timeout.set(kRequestMs, () => reject(new RtcRoomError('NETWORK', `${verb}: no answer`)));
        this._requests.push(request);
        this._ifOpen(() => this._askFor(request));
      });
    } finally {
      timeout.stop();
      this._requests = this._requests.filter((other) => other !== request);
    }
  }

  get _isOff() { return this.state === 'none' || this.state === 'closed'; }

  /** Otherwise it is asked once the socket is open, or by the next poll. */
  _ifOpen(ask) {
    if (this._isOpen) ask();
    else if (this._wakePoll) this._wakePoll();
  }

  _setState(state) {
    if (state === this.state) return;
    this.state = state;
    if (state === 'none') for (const { resolve } of this._subscriptions.values()) resolve();
    this._onState(state);
  }

  // ---- Connecting

  _reconnect(pause) {
    this._disconnect();
    if (this._url && this.state !== 'closed') this._pause.set(pause, () => this._connect());
  }

  _connect() {
    const link = {};
    this._link = link; // what belongs to an earlier one comes too late
    if (!this._platform.hasSockets || this._failedSockets >= kSocketFailures) {
      this._poll(link);
      return;
    }
    const ifCurrent = (listener) => (value) => { if (this._link === link) listener(value); };
    this._silence.set(kSilenceMs, () => this._onClose(kCut));
    try {
      this._socket = this._platform.openSocket(`${this._url.replace(/^http/, 'ws')}/ws`, kProtocol, {
        onOpen: ifCurrent(() => this._onOpen()),
        onMessage: ifCurrent((text) => this._onMessage(text)),
        onClose: ifCurrent((code) => this._onClose(code)),
      });
    } catch (error) {
      this._onClose(kCut);
    }
  }

  _onOpen() {
    this._isOpen = true;
    const { userID, token } = this._session;
    this._ask('connect', { userID, token, direct: this._direct, login: this._login }, ({ connect }) => {
      if (!connect) return; // it is closed next, with the reason
      this._login = connect.login;
      this._tries = this._failedSockets = 0;
      this._setState('connected');
    });
    // In this order: messages are sent to rooms that are subscribed.
    for (const subscription of this._subscriptions.values()) this._subscribe(subscription);
    for (const request of this._requests) this._askFor(request);
    this._pings.set(kPingMs, () => this._ping());
  }

  _disconnect() {
    const { _socket: socket, _wakePoll: endPoll } = this;
    this._link = this._socket = this._wakePoll = this._isOpen = undefined;
    this._waiting.clear();
    for (const timer of [this._silence, this._pings, this._pause]) timer.stop();
    if (endPoll) endPoll();
    if (socket) socket.close();
  }

  _onClose(code) {
    if (this.state === 'connected') this._setState('connecting');
    else ++this._failedSockets;
    if (code === kOtherLogin) {
      this._session.end('other_login');
    } else if (code === kTokenRefused) {
      this._renew();
    } else {
      this._reconnect(this._drainMs || this._nextPause());
      this._drainMs = 0;
    }
  }

  /** Once the session is renewed, the channel goes on; when it cannot be, the session ends it. */
  _renew() {
    this._disconnect();
    const again = () => this._reconnect(this._nextPause());
    this._session.renew().then(again, again);
  }

  _nextPause() { return pauseMs(++this._tries, this._platform); }

  // ---- The socket

  _ask(verb, body, onReply) {
    const id = ++this._id;
    this._waiting.set(id, onReply);
    this._socket.send(JSON.stringify({ id, [verb]: body }));
    this._expectReply();
  }

  _askFor(request) { this._ask(request.verb, request.body, (reply) => this._settle(request, reply)); }

  _settle({ verb, resolve, reject }, reply) {
    if (reply.error) reject(errorOfReply(verb, reply.error));
    else resolve(reply[verb]);
  }

  _subscribe(subscription) {
    const { room, cursor } = subscription;
    this._ask('subscribe', { ...room, cursor }, (reply) => this._onSubscribed(subscription, reply.subscribe, reply.error));
  }

  /** Silence while a reply is awaited means that the socket is dead. */
  _expectReply() {
    if (!this._silence.isSet) this._silence.set(kSilenceMs, () => this._onClose(kCut));
  }

  _ping() {
    this._ask('ping', { direct: this._direct }, () => {});
    this._pings.set(kPingMs, () => this._ping());
  }

  _onMessage(text) {
    const link = this._link;
    this._silence.stop();
    for (const line of text.split('\n')) {
      if (line && this._link === link) this._take(JSON.parse(line)); // a listener may have logged out
    }
    if (this._link === link && this._waiting.size) this._expectReply();
  }

  _take({ id, event, direct, drain, kicked, ...reply }) {
    const onReply = this._waiting.get(id);
    const subscription = this._subscriptions.get(keyOf(event || kicked || {}));
    if (onReply) {
      this._waiting.delete(id);
      onReply(reply);
    }
    if (event && subscription) this._onEvent(subscription, event);
    if (kicked && subscription) this._end(subscription, 'banned');
    if (direct) this._onDirectMessage(direct);
    if (drain) this._drainMs = drain.reconnect;
  }

  // ---- What both ways bring

  _onSubscribed(subscription, reply, error) {
    if (this._subscriptions.get(keyOf(subscription.room)) !== subscription) return;
    if (error) {
      const reason = errorOfReply('subscribe', error);
      if (reason.isTemporary) {
        this._reconnect(this._nextPause());
      } else {
        this._end(subscription, reason.name === 'NO_ROOM' ? 'gone' : 'banned');
        subscription.reject(reason);
      }
      return;
    }
    subscription.cursor = reply.cursor;
    if (reply.recovered) reply.events.forEach((event) => this._onEvent(subscription, event));
    else subscription.listener._onSnapshot(reply.room);
    subscription.resolve();
  }

  _onEvent(subscription, event) {
    subscription.cursor = event.cursor || subscription.cursor;
    if (event.room_destroyed) this._end(subscription, event.room_destroyed.reason);
    else subscription.listener._onEvent(event);
  }

  _end(subscription, reason) {
    this._subscriptions.delete(keyOf(subscription.room));
    subscription.listener._end(reason);
  }

  _onDirectMessage(message) {
    if (message.position <= this._direct) return; // it comes again after a cut
    this._direct = message.position;
    this._onDirect(message);
  }

  // ---- Long polls

  async _poll(link) {
    const since = this._platform.now();
    while (this._link === link) {
      if (this._platform.hasSockets && this._platform.now() - since > kPollMs) {
        this._failedSockets = kSocketFailures - 1;
        this._reconnect(0);
        return;
      }
      let isWoken = false;
      const { userID, token } = this._session;
      const requests = this._requests.slice(0, kPolledRequests);
      const wait = requests.length ? 0 : kHoldSeconds;
      const { reply, abort } = this._platform.request({ url: `${this._url}/poll`, waitMs: wait * 1000, body: {
        connect: { userID, token, direct: this._direct },
        wait,
        cursors: [...this._subscriptions.values()].map(({ room, cursor }) => ({ ...room, cursor })),
        requests: requests.map(({ verb, body }, id) => ({ id, [verb]: body })),
      } });
      // Nothing is lost with a poll that is ended early: the server keeps nothing between two.
      this._wakePoll = () => {
        isWoken = true;
        if (wait) abort();
      };
      const { status, data } = await reply.catch(() => ({}));
      if (this._link === link && status === 404) this._setState('none');
      if (this._link !== link || status === 404) return;
      if (data && data.replies) {
        this._onPolled(data, requests);
      } else if (!isWoken) {
        this._onPollFailed(data);
        return;
      }
    }
  }

  _onPolled({ replies, rooms, pushes }, requests) {
    this._tries = 0;
    this._setState('polling');
    for (const { id, ...reply } of replies) this._settle(requests[id], reply);
    for (const room of rooms) {
      const subscription = this._subscriptions.get(keyOf(room));
      if (subscription) this._onSubscribed(subscription, room, room.error);
    }
    for (const { direct } of pushes) this._onDirectMessage(direct);
  }

  _onPollFailed(data) {
    this._setState('connecting');
    const { name } = data && data.error ? errorOfReply('poll', data.error) : {};
    if (name === 'NOT_AUTHORISED') this._renew();
    else if (name === 'OTHER_LOGIN') this._session.end('other_login');
    else this._reconnect(this._nextPause());
  }
}
