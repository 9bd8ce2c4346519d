// Users of the library rtcroom in Node, and real servers for them: the binary that RTCROOMD names.
import assert from 'node:assert';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { after, afterEach, before } from 'node:test';
import { Client } from '../../../clients/js/src/index.js';
import { webPlatform } from '../../../clients/js/src/platform/web.js';
import { kOpenMs } from '../../../clients/js/src/times.js';
import { Server } from '../../console/support/server.js';
import { until } from '../../console/support/until.js';
import { WebSocket } from './packages.js';
import { kForClients } from './settings.js';

const kFast = 20; // pauses and heartbeats are that much shorter; timeouts are not
const isTimeout = (ms) => ms === kOpenMs || ms >= 10_000;

/** A user with its own clock and network. `show` is what WeChat calls when the program is shown again. */
export class User {
  events = [];
  #listeners = [];
  #sockets = new Set();
  stored = {};
  isCut = false;

  constructor(server, options = {}) {
    const web = webPlatform({ WebSocket, storage: null });
    const platform = {
      setTimer: (ms, listener) => web.setTimer(isTimeout(ms) ? ms : ms / kFast, listener),
      onShow: (listener) => {
        this.#listeners.push(listener);
        return () => {};
      },
      load: (key) => this.stored[key],
      save: (key, value) => { this.stored[key] = value; },
      request: (request) =>
        (this.isCut ? { reply: Promise.reject(new Error('cut')), abort() {} } : web.request(request)),
      openSocket: (url, protocol, listener) => {
        if (this.isCut) throw new Error('cut');
        const socket = web.openSocket(url, protocol, {
          ...listener,
          // A socket that is closing still receives until the server has answered.
          onMessage: (data) => { if (this.#sockets.has(socket)) listener.onMessage(data); },
        });
        this.#sockets.add(socket);
        return socket;
      },
      ...options.platform,
    };
    this.client = new Client({ server: server.host, WebSocket, ...options, platform });
    for (const event of ['direct', 'kicked', 'connection']) {
      this.client.on(event, (value) => this.events.push([event, value]));
    }
  }

  async login(credentials) { this.userID = await this.client.login(credentials); return this; }

  /** Adds the events of a room to `events`, and follows the orders to start the stream. */
  follow(room, { streams = false } = {}) {
    for (const event of ['pushers', 'message', 'gap', 'fields', 'audience', 'pushURL', 'evicted', 'closed']) {
      room.on(event, (value) => this.events.push([event, value]));
    }
    if (streams) room.on('pushURL', (url) => url && room.pusherState(1002));
    return room;
  }

  of(event) { return this.events.filter(([name]) => name === event).map(([, value]) => value); }

  /** The network is gone: nothing is sent, and no socket says so. */
  cut() {
    this.isCut = true;
    for (const socket of this.#sockets) socket.close();
    this.#sockets.clear();
  }

  show() {
    this.isCut = false;
    this.#listeners.forEach((listener) => listener());
  }
}

export const names = (pushers) => pushers.map(({ userName }) => userName);
export const texts = (user) => user.of('message').map(({ body }) => body);

export function withServer(settings, tests) {
  const server = new Server({ ...kForClients, ...settings });
  server.settings['grpc.listen'] = `unix:${path.join(server.folder, 'grpc.sock')}`;
  const operate = (...words) => {
    const ran = spawnSync(process.env.RTCROOMD, ['rooms', ...words, '--target', server.settings['grpc.listen']]);
    assert.strictEqual(ran.status, 0, `rooms ${words}: ${ran.stderr}`);
  };
  const users = [];
  const newUser = async (options) => {
    const user = await new User(server, options).login();
    users.push(user);
    return user;
  };
  before(() => server.start());
  after(() => server.end());
  afterEach(async () => {
    users.forEach((user) => { user.isCut = false; });
    await Promise.all(users.splice(0).map(({ client }) => client.logout()));
  });
  tests(server, newUser, operate);
}

/** Ann has a stream, Bob has none. */
export async function pair(newUser, options) {
  const [ann, bob] = [await newUser(options), await newUser(options)];
  ann.room = ann.follow(await ann.client.createRoom('multi', { roomInfo: 'talk', userName: 'Ann', userAvatar: 'a.png' }));
  await ann.room.streamStarted();
  bob.room = bob.follow(await bob.client.joinRoom('multi', ann.room.roomID, { userName: 'Bob', stream: false }));
  await until('each at the other\'s', () => [ann, bob].every(({ room }) => room.others.length === 1 && room.pushers.length === 2));
  return [ann, bob];
}
