// The message channel: one connection for all rooms, which goes on where it was cut off. By a WebSocket, and by long
// polls where none can be opened.
import { pauseMs } from './backoff.js';
import {
  RtcRoomError, errorOfReply, fail, kCut, kLoggedInElsewhere, kNetwork, kNotAllowed, kNotAuthorised, kRateLimited,
  kUnavailable,
} from './errors.js';
import { makeTimer } from './timer.js';
import { kBeatMs, kFramesMs, kHoldMs, kOpenMs, kOutMs, kPingMs, kPollMs, kRequestMs, kSilenceMs } from './times.js';

export const kConnecting = 'connecting';
export const kClosed = 'closed';
const kNamesOfCloses = { 4001: kLoggedInElsewhere, 4003: kNotAuthorised }; // of a socket by the server
const kFinal = /^(banned|kicked)$/; // of a room: the user does not come back
const kPolledRequests = 10;
const kPolledLength = 10000; // of requests as text, before the last one: up to three times as many bytes, of 64 KiB
const kMostFrames = 18; // in a second: the server takes 20, and 40 at once
const kMessages = 10; // in a second, unless the server names another number
const kQueuedSeconds = 10; // that a request waits for its turn, of those until it fails
const kMostUnanswered = 30; // on the socket

export const isSameRoom = (one, other) => one.kind === other.kind && one.roomID === other.roomID;

/** @param url  empty: there is no channel
 * @param client  offers `_emit`, `_beat`, `_onPush` and `_onConnection` */
export function makeChannel(url, platform, session, client) {
  // {verb, content, onReply, accept, reject, askedOn} until the reply. Subscriptions stay; they are `about` a room, and
  // have a cursor in the content. They are idle (`isIdle`) where only members hear the room and the user is none.
  const requests = new Set();
  const waiting = new Map(); // for replies on this connection: requests by their ids
  const silence = makeTimer(platform);
  const pings = makeTimer(platform);
  const pause = makeTimer(platform);
  const second = makeTimer(platform);
  let state = kClosed;
  let link; // the connection: what belongs to an earlier one comes too late
  let socket;
  let isOpen;
  let endPoll;
  let startedAt; // to connect
  let triedSocketAt;
  let frames = 0; // in this second: requests ...
  let messages = 0; // ... and messages among them
  let messagesPerSecond = kMessages;
  let id = 0;
  let direct = 0; // position of the newest direct message
  let loginTime; // by which the server knows this login again
  let drainMs;
  let tries = 0; // that failed in a row
  let failedSockets = 0; // the same
  let isOut = false; // the network: a poll or a call had no answer, not even a refusal

  const isOff = () => state === 'none' || state === kClosed;
  const find = (room) => [...requests].find(({ about }) => about && isSameRoom(about, room));
  const nextPause = () => pauseMs(++tries, platform);

  const setState = (now) => {
    if (now === state) return;
    state = now;
    if (now === 'none') {
      requests.forEach(({ about, verb, accept, reject }) => {
        if (about) accept();
        else reject(new RtcRoomError('NO_CHANNEL', verb));
      });
    }
    client._onConnection(now);
  };

  /** A request is asked now, or once the socket is open, or by the next poll. */
  const answerTo = async (request) => {
    const { verb } = request;
    requests.add(request);
    /** @type {() => void} */
    let stopTimer;
    try {
      return await new Promise((accept, reject) => {
        Object.assign(request, { accept, reject });
        stopTimer = platform.setTimer(kRequestMs, () => reject(new RtcRoomError(kNetwork, `${verb}: no answer`)));
        if (isOff()) accept();
        else if (!endPoll) askAll();
        else if (request.about || isDue(request)) connect();
      });
    } finally {
      stopTimer();
      if (!request.about) requests.delete(request);
    }
  };

  // ---- Connecting

  const reconnect = (ms) => {
    disconnect();
    if (url && state !== kClosed) pause.start(ms, connect);
  };

  const retry = () => {
    setState(kConnecting);
    reconnect(nextPause());
  };

  /** Ends the connection. @returns what makes of a listener one that is called while what begins now is the newest */
  const begin = () => {
    disconnect();
    const mine = link = {};
    return (listener) => (value) => { if (link === mine) listener(value); };
  };

  const connect = () => {
    const ifNewest = begin();
    startedAt = platform.now();
    if (!platform.hasSockets || startedAt - triedSocketAt < kPollMs * failedSockets) {
      poll(ifNewest);
      return;
    }
    triedSocketAt = startedAt;
    silence.start(kOpenMs, cut);
    try {
      socket = platform.openSocket(`${url.replace(/^http/, 'ws')}/ws`, 'rtcroomd.v1', {
        onOpen: ifNewest(onOpen), onMessage: ifNewest(onMessage), onClose: ifNewest(onClose),
      });
    } catch (error) {
      cut();
    }
  };

  const onOpen = () => {
    isOpen = true;
    ask({ verb: 'connect', content: { ...session.who, direct, login: loginTime }, onReply(reply) {
      if (!reply) return; // it is closed next, with the reason
      loginTime = reply.login;
      const limit = reply.limits?.messagesPerSecond ?? kMessages;
      messagesPerSecond = Math.min(limit || kMostFrames, kMostFrames); // 0: there is none
      if (reply.direct < direct) direct = reply.direct; // the server was restored from a backup
      failedSockets = 0;
      isOut = false;
      setState('connected');
    } });
    askAll();
    pings.start(kPingMs, ping);
  };

  const disconnect = () => {
    link = null; // its listeners hear nothing of what follows
    endPoll?.();
    socket?.close();
    socket = isOpen = endPoll = null;
    waiting.clear();
    silence.stop();
    pings.stop();
    pause.stop();
  };

  const cut = () => { onClose(kCut); };

  const onClose = (code) => {
    if (state === 'connected') setState(kConnecting);
    else if (!(code > kCut)) ++failedSockets; // else the server has answered
    goOn(kNamesOfCloses[code]);
  };

  /** @param name  of the error with which the server has refused the login, if it has */
  const goOn = (name) => {
    if (name === kLoggedInElsewhere) {
      session.end('other_login');
    } else if (name === kNotAuthorised) {
      renew();
    } else {
      reconnect(drainMs || nextPause());
      drainMs = 0;
    }
  };

  /** Once the session is renewed, the channel goes on; when it cannot be, the session ends it. */
  const renew = () => {
    const again = begin()(() => reconnect(nextPause()));
    session.renew().then(again, again);
  };

  // ---- Turns: in a second no more is asked than the server takes, which would refuse some messages among others

  const isDue = ({ verb }) => frames < kMostFrames && (verb !== 'send' || messages < messagesPerSecond);

  const takeTurn = (request) => {
    if (!isDue(request)) return false;
    if (!frames++) second.start(kFramesMs, beginSecond);
    if (request.verb === 'send') ++messages;
    request.askedOn = link;
    return true;
  };

  const beginSecond = () => {
    frames = messages = 0;
    if (!endPoll) askAll();
    else if ([...requests].some(({ about }) => !about)) connect();
  };

  // ---- The socket

  /** In the order in which they were made: messages are sent to rooms that are subscribed. Only messages are overtaken,
   * while it is not their turn. */
  const askAll = () => {
    for (const request of requests) {
      if (!isOpen || waiting.size >= kMostUnanswered) return;
      if (!request.isIdle && request.askedOn !== link && takeTurn(request)) ask(request);
    }
  };

  const ask = (request) => {
    socket.send(JSON.stringify(numbered(request)));
    expectReply();
  };

  /** Silence while a reply is awaited means that the socket is dead. */
  const expectReply = () => { if (!silence.isRunning) silence.start(kSilenceMs, cut); };

  const ping = () => {
    // A connection that lasts ends the row of failures.
    ask({ verb: 'ping', content: { direct }, onReply() { tries = 0; } });
    pings.start(kPingMs, ping);
  };

  const onMessage = (text) => {
    silence.stop();
    const takeLine = (line) => { if (line) take(JSON.parse(line)); };
    const isNewest = receive((takeAll) => takeAll(text.split('\n'), takeLine), cut);
    if (isNewest && waiting.size) expectReply();
    askAll();
  };

  // ---- What both ways ask and bring

  /** Reads what has arrived: listeners may log out meanwhile, and then the rest is not taken.
   * @returns whether the connection goes on */
  const receive = (read, onFault) => {
    const mine = link;
    try {
      read((told, takeOne) => told.forEach((each) => { if (link === mine) takeOne(each); }));
    } catch (error) { // what no server of this protocol says
      if (link === mine) onFault();
    }
    return link === mine;
  };

  const take = ({ id: answered, event, direct: message, drain, kicked, beat, ...reply }) => {
    const request = waiting.get(answered);
    const subscription = find(event || kicked || {});
    waiting.delete(answered);
    if (request) answer(request, reply[request.verb], reply.error);
    else client._onPush(reply);
    if (event && subscription) onEvent(subscription, event);
    if (kicked && subscription) {
      if (kFinal.test(kicked.reason)) subscription.about._end(kicked.reason);
      else setHeard(subscription, false);
    }
    if (message && message.position > direct) { // else it comes again after a cut
      direct = message.position;
      client._emit('direct', message);
    }
    if (drain) drainMs = drain.reconnect;
    if (beat) client._beat(kBeatMs); // browsers slow down the timers of a hidden page, but no messages
  };

  const numbered = (request) => {
    waiting.set(++id, request);
    return { id, [request.verb]: request.content };
  };

  const answer = ({ verb, onReply }, reply, error) => { onReply?.(reply, error && errorOfReply(verb, error)); };

  const setHeard = (subscription, isHeard, isRefused) => {
    subscription.isIdle = !isHeard;
    subscription.about._setHeard(isHeard, isRefused);
  };

  const onRefused = (subscription, error) => {
    if (error.isTemporary) {
      retry();
    } else if (error.name === kNotAllowed) {
      subscription.accept();
      setHeard(subscription, false, true);
    } else {
      subscription.reject(error);
      subscription.about._end('gone');
    }
  };

  const onSubscribed = (subscription, reply, error) => {
    if (!requests.has(subscription)) return;
    if (error) {
      onRefused(subscription, error);
      return;
    }
    const { content, about: room, accept } = subscription;
    if (reply.recovered) reply.events.forEach((event) => onEvent(subscription, event));
    else room._follower.onSnapshot(reply.room);
    content.cursor = reply.cursor;
    if (reply.missed) room._messages.take(reply.missed);
    setHeard(subscription, true);
    accept();
  };

  const onEvent = (subscription, event) => {
    if (!requests.has(subscription)) return; // a listener has left the room
    if (event.room_destroyed) subscription.about._end(event.room_destroyed.reason);
    else subscription.about._follower.onEvent(event);
    subscription.content.cursor = event.cursor || subscription.content.cursor;
  };

  // ---- Long polls

  const poll = (ifNewest) => {
    const subscriptions = [...requests].filter(({ about, isIdle }) => about && !isIdle);
    const asked = [];
    let length = 0;
    for (const request of requests) {
      if (!request.about && length < kPolledLength && takeTurn(request)) {
        asked.push(request);
        length += kPolledLength / kPolledRequests + JSON.stringify(request.content).length;
      }
    }
    // The first tells whether polls work.
    const waitMs = asked.length || state !== 'polling' ? 0 : kHoldMs;
    const { reply, abort } = platform.request({ url: `${url}/poll`, waitMs, body: {
      connect: { ...session.who, direct },
      wait: waitMs / 1000,
      cursors: subscriptions.map(({ content }) => content),
      requests: asked.map(numbered),
    } });
    // Nothing is lost with a poll that is ended early: the server keeps nothing between two.
    if (waitMs) endPoll = abort;
    reply.catch(() => ({})).then(ifNewest(({ status, data }) => {
      if (status === 404) {
        setState('none');
      } else if (receive((takeAll) => onPolled(data, takeAll), () => onPollFailed(data))) {
        tries = 0;
        connect();
      }
    }));
  };

  const onPolled = ({ replies, rooms, pushes, direct: restored }, takeAll) => {
    takeAll(replies, take);
    if (waiting.size) fail(kUnavailable, 'poll');
    if (isOut) failedSockets = 0; // as the network was gone
    isOut = false;
    setState('polling');
    takeAll(rooms, (room) => answer(find(room) || {}, room, room.error));
    if (restored < direct) direct = restored; // as in the reply to connect
    takeAll(pushes, take);
  };

  const onPollFailed = (data) => {
    setState(kConnecting);
    const { name } = data?.error ? errorOfReply('poll', data.error) : {};
    isOut = !name;
    goOn(name);
  };

  return {
    get state() { return state; },

    start() {
      isOut = false;
      setState(url ? kConnecting : 'none');
      reconnect(0);
    },

    stop() {
      disconnect();
      second.stop();
      setState(kClosed);
      requests.forEach(({ verb, reject }) => reject(new RtcRoomError('CLOSED', verb)));
      requests.clear();
      tries = failedSockets = direct = drainMs = frames = messages = 0;
      loginTime = undefined;
    },

    /** The program is shown again, or the network is back: a socket may be dead without a word. */
    wake() {
      tries = failedSockets = 0;
      if (isOpen) ping();
      else reconnect(0);
    },

    /** A request to the room API was answered, or not: after an outage nothing is waited for. */
    onNetwork(isThere) {
      const now = platform.now();
      if (isThere && isOut && !isOpen && !isOff() && now - startedAt >= kOutMs) {
        failedSockets ||= 1; // a poll tells sooner
        triedSocketAt = now;
        reconnect(0);
      }
      isOut ||= !isThere;
    },

    /** The network is gone: no connection says so soon. */
    lose() {
      if (isOff()) return;
      retry();
      isOut = true;
    },

    /** Calls the room's `_setHeard` and `_end`, and its follower's `onSnapshot` and `onEvent`, until `unsubscribe`. A
     * subscription that became idle goes on.
     * @returns a promise of the snapshot, or of the news that there is none for this user, or no channel */
    async follow(room) {
      const known = find(room);
      if (known && !known.isIdle) return undefined;
      const content = { kind: room.kind, roomID: room.roomID };
      const onReply = (reply, error) => onSubscribed(subscription, reply, error);
      const subscription = known || { verb: 'subscribe', content, about: room, onReply };
      return answerTo(Object.assign(subscription, { isIdle: false, askedOn: null }));
    },

    unsubscribe(room) {
      const subscription = find(room);
      if (!subscription) return;
      requests.delete(subscription);
      const left = new RtcRoomError('CLOSED', 'left');
      subscription.reject(left);
      // What waits for its turn would be refused; the rest was sent before.
      for (const { verb, content, askedOn, reject } of requests) {
        if (verb === 'send' && isSameRoom(content, room) && askedOn !== link) reject(left);
      }
      if (isOpen) ask({ verb: 'unsubscribe', content: subscription.content });
    },

    /** Survives cuts: a request without a reply is made again, and those that must not be executed twice have a key. */
    async call(verb, content) {
      if (isOff()) fail('NO_CHANNEL', verb);
      const isFull = [...requests].filter((other) => other.verb === verb).length >= kQueuedSeconds * messagesPerSecond;
      if (isFull) fail(kRateLimited, verb);
      /** @type {any} */
      const request = { verb, content, onReply(reply, error) {
        requests.delete(request); // before the next poll
        if (error) request.reject(error);
        else request.accept(reply);
      } };
      return answerTo(request);
    },
  };
}
