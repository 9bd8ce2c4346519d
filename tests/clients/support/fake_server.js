// A small server that speaks docs/channel-socket.md, with switches for what a real one seldom does.
import http from 'node:http';
import { json } from 'node:stream/consumers';
import { WebSocketServer } from './packages.js';

const kMaxRecovered = 500;
const kMaxMissed = 2;

export class FakeServer {
  #http = http.createServer((request, response) => this.#onPoll(request, response));
  #sockets = new WebSocketServer({ noServer: true });
  #connections = new Set();
  #logins = 0;
  #waiting = new Set(); // polls: functions that answer them
  #rooms = new Map();
  #directs = new Map(); // user -> messages
  #sent = new Map(); // user and key -> reply
  #position = 0;
  /** Requests as {userID, way: 'socket' | 'poll', verb, body}. */
  requests = [];
  refusesSockets = false;
  refusesPolls = false;
  refusal = null; // the reply to every poll
  refusedPolls = 0;
  closeOfSends = 0; // with that code each `send` closes its socket, unless it is 0
  holdMs = 300;
  afterReply = () => {}; // called with the verb

  static async start() {
    const server = new FakeServer();
    server.#http.on('upgrade', (request, socket, head) => server.#onUpgrade(request, socket, head));
    await new Promise((resolve) => { server.#http.listen(0, '127.0.0.1', resolve); });
    return server;
  }

  get host() { return `http://127.0.0.1:${this.#http.address().port}`; }

  async stop() {
    this.cut();
    this.#http.closeAllConnections();
    await new Promise((resolve) => { this.#http.close(resolve); });
  }

  // ---- What happens on the server

  createRoom(kind, roomID, pushers = []) {
    this.#rooms.set(`${kind}/${roomID}`,
      { kind, roomID, epoch: `e${Math.random()}`, events: [], kept: 0, seq: 0, pushers, banned: new Set() });
  }

  room(kind, roomID) { return this.#rooms.get(`${kind}/${roomID}`); }

  /** @param change  such as {pusher_added: {…}} */
  change(kind, roomID, change) {
    const room = this.room(kind, roomID);
    const event = { roomID, kind, time: Date.now(), ...change };
    room.events.push(event);
    event.cursor = `${room.epoch}:${room.events.length}`;
    for (const connection of this.#connections) {
      if (connection.rooms.has(room)) connection.push({ event });
    }
    if (change.room_destroyed) this.#rooms.delete(`${kind}/${roomID}`);
    this.#wake();
  }

  message(kind, roomID, message) {
    const seq = ++this.room(kind, roomID).seq;
    this.change(kind, roomID, { message: { seq, ...message } });
    return { seq, time: Date.now() };
  }

  direct(to, message) {
    const list = this.#directs.get(to) ?? [];
    this.#directs.set(to, list);
    list.push({ position: ++this.#position, time: Date.now(), ...message });
    this.#push(to, { direct: list.at(-1) });
    this.#wake();
  }

  get heldPolls() { return [...this.#waiting].filter(({ isHeld }) => isHeld).length; }

  unsettled(userID) { return (this.#directs.get(userID) ?? []).length; }

  /** Events so far can no longer be recovered by who has not got all. */
  forget(kind, roomID) { const room = this.room(kind, roomID); room.kept = room.events.length; }

  #push(userID, object) {
    for (const connection of this.#connections) {
      if (connection.userID === userID) connection.push(object);
    }
  }

  kick(userID, reason, room = {}) {
    this.#push(userID, { kicked: { reason, ...room } });
    for (const connection of this.#connections) {
      if (connection.userID !== userID || room.roomID) continue;
      connection.ws.close(reason === 'other_login' ? 4001 : 4003);
    }
  }

  drain(reconnect) {
    for (const connection of this.#connections) {
      connection.push({ drain: { reconnect } });
      connection.ws.close(1012);
    }
  }

  /** Sends text as it is. */
  raw(text) { for (const connection of this.#connections) connection.ws.send(text); }

  cut() { for (const connection of this.#connections) connection.ws.terminate(); }

  get connections() { return [...this.#connections].filter((connection) => connection.userID).length; }

  // ---- The protocol

  #onUpgrade(request, socket, head) {
    if (this.refusesSockets || request.url !== '/channel/ws') return socket.destroy();
    return this.#sockets.handleUpgrade(request, socket, head, (ws) => {
      if (ws.protocol !== 'rtcroomd.v1') return ws.close(1002);
      const connection = { ws, userID: null, rooms: new Set(),
        push: (object) => ws.readyState === ws.OPEN && ws.send(JSON.stringify(object)) };
      this.#connections.add(connection);
      ws.on('close', () => this.#connections.delete(connection));
      ws.on('message', (data) => this.#onRequest(connection, JSON.parse(data)));
    });
  }

  #onRequest(connection, request) {
    const [verb, body] = Object.entries(request).find(([name]) => name !== 'id');
    if (verb === 'connect') {
      if (body.userSig === 'expired') {
        connection.push({ id: request.id, error: { code: 70001, message: 'expired' } });
        return connection.ws.close(4003);
      }
      const others = [...this.#connections].filter(({ userID }) => userID === body.userID);
      const login = body.login ?? ++this.#logins;
      if (others.some((other) => other.login > login)) {
        connection.push({ id: request.id, error: { code: 91101, message: 'kicked by another login' } });
        return connection.ws.close(4001);
      }
      connection.login = login;
      for (const other of others) {
        other.push({ kicked: { reason: 'other_login' } });
        other.ws.close(4001);
      }
      connection.userID = body.userID;
    } else if (!connection.userID) {
      return connection.ws.close(1008);
    }
    if (verb === 'send' && this.closeOfSends) return connection.ws.close(this.closeOfSends);
    const reply = this.#answer(connection.userID, 'socket', verb, body, connection.rooms);
    if (reply.connect) reply.connect.login = connection.login;
    connection.push({ id: request.id, ...reply });
    this.afterReply(verb);
    if (verb === 'connect') this.#unsettledOf(connection.userID).forEach((direct) => connection.push({ direct }));
    return undefined;
  }

  #unsettledOf(userID) { return this.#directs.get(userID) ?? []; }

  #answer(userID, way, verb, body, rooms) {
    this.requests.push({ userID, way, verb, body });
    const room = this.room(body.kind, body.roomID);
    if (body.direct) {
      this.#directs.set(userID, this.#unsettledOf(userID).filter(({ position }) => position > body.direct));
    }
    switch (verb) {
      case 'connect': return { connect: { userID, ping: 1, limits: { rooms: 16 } } };
      case 'ping': return { ping: {} };
      case 'unsubscribe': rooms.delete(room); return { unsubscribe: {} };
      case 'subscribe': {
        const reply = this.#subscription(userID, body);
        if (reply.error) return reply;
        rooms.add(room);
        return { subscribe: reply };
      }
      case 'history': {
        const older = room.events.flatMap(({ message }) => message ?? []).filter(({ seq }) => seq < body.before);
        return { history: { messages: older.slice(-body.limit) } };
      }
      case 'send': return this.#send(userID, body, rooms, room);
      default: return { error: { code: 60002, message: 'unknown verb' } };
    }
  }

  #subscription(userID, { kind, roomID, cursor }) {
    const room = this.room(kind, roomID);
    if (!room) return { error: { code: 10010, message: 'group not exist' } };
    if (room.banned.has(userID)) return { error: { code: 10007, message: 'banned' } };
    const reply = { epoch: room.epoch, cursor: `${room.epoch}:${room.events.length}` };
    const [epoch, position] = (cursor ?? ':').split(':');
    const events = room.events.slice(Number(position));
    if (epoch !== room.epoch || position < room.kept || events.length > kMaxRecovered) {
      const missed = epoch === room.epoch && { missed: this.#missed(room, position) };
      return { ...reply, recovered: false, room: { roomID, kind, pushers: room.pushers }, ...missed };
    }
    return { ...reply, recovered: true, events };
  }

  #missed(room, position) {
    const messages = room.events.slice(position).flatMap(({ message }) => message ?? []);
    return { from: room.seq - messages.length + 1, to: room.seq, messages: messages.slice(-kMaxMissed) };
  }

  #send(userID, body, rooms, room) {
    const sent = this.#sent.get(`${userID} ${body.key}`);
    if (sent) return sent;
    const { type, nick, avatar, cmd } = body;
    const message = { from: userID, nick, avatar, type, body: body.body, cmd };
    if (body.to) {
      this.direct(body.to, message);
      return { send: { time: Date.now() } };
    }
    if (Buffer.byteLength(nick) > 128 || Buffer.byteLength(avatar) > 1024) {
      return { error: { code: 10004, message: 'too long' } };
    }
    if (!rooms.has(room)) return { error: { code: 10007, message: 'not subscribed' } };
    const reply = { send: this.message(body.kind, body.roomID, message) };
    this.#sent.set(`${userID} ${body.key}`, reply);
    return reply;
  }

  #wake() { for (const answer of this.#waiting) answer(); }

  async #onPoll(request, response) {
    if (this.refusesPolls || this.refusal) ++this.refusedPolls;
    if (this.refusesPolls || request.url !== '/channel/poll') return response.destroy();
    const body = await json(request);
    if (this.refusal) return response.end(JSON.stringify(this.refusal));
    const { connect, wait, cursors, requests } = body;
    const { userID } = connect;
    if (connect.userSig === 'expired') {
      return response.end(JSON.stringify({ error: { code: 70001, message: 'expired' } }));
    }
    this.#answer(userID, 'poll', 'connect', connect, new Set());
    const rooms = new Set(cursors.map(({ kind, roomID }) => this.room(kind, roomID)));
    const replies = requests.map((item) => {
      const [verb, body] = Object.entries(item).find(([name]) => name !== 'id');
      return { id: item.id, ...this.#answer(userID, 'poll', verb, body, rooms) };
    });
    const answer = (isLast) => {
      const subscriptions = cursors.map((body) => {
        const { kind, roomID } = body;
        return { kind, roomID, ...this.#subscription(userID, body) };
      });
      const pushes = this.#unsettledOf(userID).map((direct) => ({ direct }));
      const hasNews = replies.length || pushes.length ||
        subscriptions.some((room) => !room.recovered || room.events.length);
      if (!hasNews && !isLast) return;
      this.#waiting.delete(answer);
      clearTimeout(timer);
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify({ replies, rooms: subscriptions, pushes }));
    };
    const timer = setTimeout(() => answer(true), wait ? this.holdMs : 0);
    answer.isHeld = wait > 0;
    this.#waiting.add(answer);
    response.on('close', () => { clearTimeout(timer); this.#waiting.delete(answer); });
    return answer(false);
  }
}
