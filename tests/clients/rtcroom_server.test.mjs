// The library rtcroom in Node, against the real server: the binary that RTCROOMD names.
import assert from 'node:assert';
import { execFileSync, spawnSync } from 'node:child_process';
import path from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { Client } from '../../clients/js/src/index.js';
import { webPlatform } from '../../clients/js/src/platform/web.js';
import { kOpenMs } from '../../clients/js/src/times.js';
import { kNoServer, Server } from '../console/support/server.js';
import { until } from '../console/support/until.js';
import { WebSocket } from './support/packages.js';
import { kForClients } from './support/settings.js';

const kFast = 20; // pauses and heartbeats are that much shorter; timeouts are not
const isTimeout = (ms) => ms === kOpenMs || ms >= 10_000;

/** A user with its own clock and network. `show` is what WeChat calls when the program is shown again. */
class User {
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
        const socket = web.openSocket(url, protocol, listener);
        this.#sockets.add({ socket, listener });
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
    for (const { socket } of this.#sockets) socket.close();
    this.#sockets.clear();
  }

  show() {
    this.isCut = false;
    this.#listeners.forEach((listener) => listener());
  }
}

const names = (pushers) => pushers.map(({ userName }) => userName);
const texts = (user) => user.of('message').map(({ body }) => body);

function withServer(settings, tests) {
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
async function pair(newUser, options) {
  const [ann, bob] = [await newUser(options), await newUser(options)];
  ann.room = ann.follow(await ann.client.createRoom('multi', { roomInfo: 'talk', userName: 'Ann', userAvatar: 'a.png' }));
  await ann.room.streamStarted();
  bob.room = bob.follow(await bob.client.joinRoom('multi', ann.room.roomID, { userName: 'Bob', stream: false }));
  await until('each at the other\'s', () => [ann, bob].every(({ room }) => room.others.length === 1 && room.pushers.length === 2));
  return [ann, bob];
}

describe('rtcroom with the real server', { skip: kNoServer }, () => {
  withServer({}, (server, newUser) => {
    for (const way of ['sockets', 'polls']) {
      const options = way === 'polls' ? { platform: { hasSockets: false } } : {};

      it(`two users hold a call and talk by ${way}`, async () => {
        const [ann, bob] = await pair(newUser, options);
        assert.strictEqual(ann.client.connection, way === 'sockets' ? 'connected' : 'polling');
        assert.match(ann.room.pushURL, /^rtmp:/);
        assert.strictEqual(bob.room.pushURL, '');
        assert.deepStrictEqual([names(bob.room.pushers), bob.room.roomInfo, bob.room.roomCreator],
          [['Ann', 'Bob'], 'talk', ann.userID]);
        assert.match(bob.room.others[0].accelerateURL, /^rtmp:/);
        const { seq } = await ann.room.sendText('hello <你好> }} "x"');
        await bob.room.sendCustom('{"to":"left"}', 'turn');
        for (const user of [ann, bob]) {
          await until('both messages', () => user.of('message').length === 2);
          const [text, turn] = user.of('message');
          assert.deepStrictEqual([text.seq, text.from, text.nick, text.avatar, text.type, text.body],
            [seq, ann.userID, 'Ann', 'a.png', 'text', 'hello <你好> }} "x"']);
          assert.deepStrictEqual([turn.type, turn.cmd, turn.body], ['custom', 'turn', '{"to":"left"}']);
        }
        assert.deepStrictEqual((await bob.room.history({ limit: 1 })).messages.map(({ cmd }) => cmd), ['turn']);
        assert.ok((await bob.room.presence()).users.includes(ann.userID));
        await bob.room.leave();
        await until('Bob gone at Ann\'s', () => ann.room.others.length === 0);
        assert.deepStrictEqual(ann.of('pushers').map(({ added, removed }) => [names(added), names(removed)]),
          [[['Ann'], []], [['Bob'], []], [[], ['Bob']]]);
        assert.deepStrictEqual(bob.of('closed'), []);
        assert.deepStrictEqual(bob.client.rooms, []);
      });

      it(`a direct message arrives once by ${way}`, async () => {
        const [ann, bob] = [await newUser(options), await newUser(options)];
        await ann.client.sendDirect(bob.userID, '1');
        await until('the first', () => bob.of('direct').length === 1);
        await ann.client.sendDirect(bob.userID, '{}', { cmd: 'ask' });
        await until('the second', () => bob.of('direct').length === 2);
        assert.deepStrictEqual(bob.of('direct').map(({ from, type, body, cmd }) => [from, type, body, cmd]),
          [[ann.userID, 'text', '1', undefined], [ann.userID, 'custom', '{}', 'ask']]);
        const { messages } = await bob.client.history(ann.userID);
        assert.deepStrictEqual(messages.map(({ body }) => body), ['1', '{}']);
      });
    }

    it('500 texts at once arrive in order or fail at once, by sockets and by polls', async () => {
      const { setTimer } = webPlatform(); // in the server's time
      await Promise.all([true, false].map(async (hasSockets) => {
        const [ann, bob] = await pair(newUser, { platform: { hasSockets, setTimer } });
        const outcomes = await Promise.all(Array.from({ length: 500 }, (_, index) =>
          ann.room.sendText(`${index}`).then(() => `${index}`, ({ name }) => name)));
        const taken = outcomes.slice(0, 100);
        assert.deepStrictEqual(outcomes, Array.from({ length: 500 }, (_, index) => (index < 100 ? `${index}` : 'RATE_LIMITED')));
        await until('the last text', () => texts(bob).at(-1) === '99');
        assert.deepStrictEqual(texts(bob), taken);
      }));
    });

    it('a live room has viewers, likes and guests', async () => {
      const [host, viewer] = [await newUser(), await newUser()];
      host.room = host.follow(await host.client.createRoom('live', { userName: 'Host' }));
      await host.room.streamStarted();
      viewer.room = viewer.follow(await viewer.client.watchRoom(host.room.roomID, { userName: 'Vera', userInfo: 'hi' }));
      assert.deepStrictEqual(names(viewer.room.pushers), ['Host']);
      assert.match(viewer.room.mixedPlayURL, /^https:/);
      await until('the viewer is counted', () => host.room.audienceCount === 1);
      assert.deepStrictEqual(await host.room.audience(), [{ userID: viewer.userID, userInfo: 'hi' }]);
      assert.strictEqual(await viewer.room.increment('likes'), 1);
      assert.strictEqual(await viewer.room.increment('likes'), 2);
      assert.strictEqual(await viewer.room.decrement('likes'), 1);
      await host.room.setField('topic', 'tea');
      for (const user of [host, viewer]) {
        await until('the fields', () => user.room.fields.topic === 'tea' && user.room.fields.likes === 1);
      }
      await assert.rejects(viewer.room.setField('topic', 'x'), { name: 'NOT_ALLOWED' });
      assert.deepStrictEqual((await viewer.client.listRooms('live')).map(({ roomID }) => roomID), [host.room.roomID]);
      await viewer.room.takeSeat({ stream: false, userName: 'Vera on stage' });
      await until('the guest', () => host.room.others.length === 1);
      assert.deepStrictEqual(names(host.room.others), ['Vera on stage']);
      await viewer.room.giveUpSeat();
      await until('the guest gone', () => host.room.others.length === 0);
      await viewer.room.leave();
      await until('the viewer gone', () => host.room.audienceCount === 0);
      viewer.room = viewer.follow(await viewer.client.watchRoom(host.room.roomID));
      await host.room.destroy();
      await until('the end', () => viewer.of('closed').length === 1);
      assert.deepStrictEqual(viewer.of('closed'), [{ reason: 'destroyed' }]);
      assert.deepStrictEqual(host.of('closed'), []);
    });

    it('viewers of a live room are told where another stream of the host is played', async () => {
      const [host, viewer] = [await newUser(), await newUser()];
      host.room = host.follow(await host.client.createRoom('live'), { streams: true });
      await host.room.streamStarted();
      viewer.room = viewer.follow(await viewer.client.watchRoom(host.room.roomID));
      const first = viewer.room.mixedPlayURL;
      let atUpdate;
      viewer.room.on('pushers', ({ updated }) => { if (updated.length) atUpdate = viewer.room.mixedPlayURL; });
      await host.room.streamBroken();
      await until('another URL', () => atUpdate);
      assert.notStrictEqual(atUpdate, first);
      const [{ mixedPlayURL }] = await viewer.client.listRooms('live');
      assert.strictEqual(atUpdate, mixedPlayURL);
    });

    it('a list of rooms is told as it changes', async () => {
      const [ann, bob] = [await newUser(), await newUser()];
      await until('the socket', () => bob.client.connection === 'connected');
      let told;
      const stop = bob.client.watchRooms('double', (rooms) => { told = rooms; });
      await until('the list', () => told);
      const room = await ann.client.createRoom('double', { roomInfo: 'tea', stream: false });
      const listed = () => told.find(({ roomID }) => roomID === room.roomID);
      await until('the room', () => listed());
      assert.deepStrictEqual([listed()], (await bob.client.listRooms('double')).filter(({ roomID }) => roomID === room.roomID));
      await bob.client.joinRoom('double', room.roomID, { stream: false });
      await until('the second member', () => listed().seats === 0);
      await room.destroy();
      await until('the end', () => !listed());
      stop();
    });

    it('names what is wrong', async () => {
      const [ann, bob, eve] = [await newUser(), await newUser(), await newUser()];
      const room = await ann.client.createRoom('double', { stream: false });
      const { roomID } = room;
      assert.deepStrictEqual(names(room.pushers), ['']);
      assert.deepStrictEqual((await bob.client.listRooms('double')).map(({ seats }) => seats), [1]);
      await assert.rejects(bob.client.createRoom('double', { roomID, stream: false }), { name: 'ROOM_EXISTS', code: 11 });
      await assert.rejects(bob.client.joinRoom('double', 'absent'), { name: 'NO_ROOM', code: 3 });
      await assert.rejects(bob.client.joinRoom('double', 'a/b'), { name: 'BAD_REQUEST' });
      await assert.rejects(bob.client.joinRoom('video', 'a'), { name: 'BAD_REQUEST' });
      await assert.rejects(bob.client.createRoom('double', { roomInfo: 'x'.repeat(1025) }), { name: 'BAD_REQUEST', code: 10 });
      const second = await bob.client.joinRoom('double', roomID, { stream: false });
      await assert.rejects(second.destroy(), { name: 'NOT_CREATOR' });
      await assert.rejects(bob.client.joinRoom('double', roomID), { name: 'BAD_REQUEST' });
      await assert.rejects(eve.client.joinRoom('double', roomID, { stream: false }), { name: 'ROOM_FULL', code: 5001 });
      assert.deepStrictEqual(eve.client.rooms, []);
      await assert.rejects(room.sendText('x'.repeat(8001)), { name: 'TOO_LONG' });
      await room.leave();
      await assert.rejects(room.sendText('x'), { name: 'CLOSED' });
      assert.throws(() => new Client({ server: 'rooms.example.com' }), { name: 'BAD_REQUEST' });
      await assert.rejects(new Client({ server: server.host }).listRooms('live'), { name: 'NOT_AUTHORISED' });
      await assert.rejects(new User(server).login({ userID: 'ann', userSig: 'eJwrong', sdkAppID: 1 }), { name: 'NOT_AUTHORISED' });
    });

    it('a user that was cut off gets what it missed', async () => {
      const [ann, bob] = await pair(newUser);
      bob.cut();
      for (const text of ['1', '2', '3']) await ann.room.sendText(text);
      await ann.client.sendDirect(bob.userID, 'direct');
      bob.show();
      await until('all', () => bob.of('message').length === 3 && bob.of('direct').length === 1);
      assert.deepStrictEqual(texts(bob), ['1', '2', '3']);
      await bob.room.sendText('4');
      await until('the answer', () => texts(ann).includes('4') && texts(bob).includes('4'));
      assert.deepStrictEqual([texts(bob), bob.of('direct').length], [['1', '2', '3', '4'], 1]);
    });

    it('a leave that arrives late ends neither the show of a host nor the place of a viewer', async () => {
      const late = [];
      const web = webPlatform({ WebSocket, storage: null });
      const request = (sent) => {
        if (!/delete_(pusher|audience)/.test(sent.url)) return web.request(sent);
        late.push(sent);
        return { reply: Promise.reject(new Error('lost')), abort() {} };
      };
      const [host, viewer] = [await newUser({ platform: { request } }), await newUser({ platform: { request } })];
      const room = await host.client.createRoom('live', { stream: false });
      const watched = await viewer.client.watchRoom(room.roomID);
      for (const left of [room, watched]) await assert.rejects(left.leave(), { name: 'NETWORK' });
      const again = await host.client.joinRoom('live', room.roomID, { stream: false });
      await viewer.client.watchRoom(room.roomID);
      assert.deepStrictEqual([...new Set(late.map(({ url }) => /delete_\w+/.exec(url)[0]))], ['delete_pusher', 'delete_audience']);
      for (const { url, body } of late) await web.request({ url, body }).reply;
      const [{ pushers, audienceCount }] = await viewer.client.listRooms('live');
      assert.deepStrictEqual([pushers.length, audienceCount, again.isClosed], [1, 1, false]);
      await again.destroy();
    });

    for (const way of ['sockets', 'polls']) {
      it(`a user that was cut off from a busy room loses no text by ${way}`, async () => {
        const options = way === 'polls' ? { platform: { hasSockets: false } } : {};
        const [host, viewer] = [await newUser(), await newUser(options)];
        host.room = await host.client.createRoom('live', { stream: false });
        viewer.room = viewer.follow(await viewer.client.watchRoom(host.room.roomID));
        await host.room.sendText('before');
        await until('the first text', () => texts(viewer).length === 1);
        viewer.cut();
        if (way === 'polls') await until('the cut', () => viewer.client.connection === 'connecting');
        const long = (index) => `${index}`.padEnd(7900, '.'); // more than comes along with the cursor
        for (let index = 0; index < 30; ++index) {
          await Promise.all(Array.from({ length: 20 }, () => host.room.increment('likes')));
          await host.room.sendText(long(index));
        }
        viewer.show();
        await until('all', () => texts(viewer).length >= 31 && viewer.room.fields.likes === 600);
        await host.room.sendText('after');
        await until('the next text', () => texts(viewer).includes('after'));
        assert.deepStrictEqual(texts(viewer), ['before', ...Array.from({ length: 30 }, (_, index) => long(index)), 'after']);
        assert.deepStrictEqual(viewer.of('gap'), []);
      });
    }

    it('goes on after a restart of the server', async () => {
      const [ann, bob] = await pair(newUser);
      await ann.room.sendText('before');
      await until('the first text', () => texts(bob).length === 1);
      await server.stop();
      await server.start();
      await ann.room.sendText('after');
      await until('both', () => texts(bob).length === 2);
      assert.deepStrictEqual([texts(bob), names(bob.room.pushers), bob.of('closed')],
        [['before', 'after'], ['Ann', 'Bob'], []]);
    });
  });
});

describe('rtcroom where few messages are kept', { skip: kNoServer }, () => {
  withServer({ 'channel.max_group_log': 3 }, (server, newUser) => {
    it('a user is told which are missing', async () => {
      const [ann, bob] = await pair(newUser);
      bob.cut();
      for (const text of '12345') await ann.room.sendText(text);
      bob.show();
      await until('the others', () => texts(bob).length === 3);
      assert.deepStrictEqual([bob.of('gap'), texts(bob)], [[{ from: 1, to: 2 }], ['3', '4', '5']]);
    });

    it('a user is told of a server that was restored from a backup', async () => {
      const [ann, bob] = await pair(newUser);
      await ann.room.sendText('1');
      await until('the first text', () => texts(bob).length === 1);
      const backup = path.join(server.folder, 'backup');
      const run = (...words) => execFileSync(process.env.RTCROOMD,
        [...words, backup, '--config', path.join(server.folder, 'rtcroomd.toml')], { stdio: 'ignore' });
      run('backup', '--url', `http://${server.settings['admin.listen']}`);
      await server.stop();
      run('restore', '--force');
      await server.start();
      await until('the gap', () => bob.of('gap').length === 1);
      await ann.room.sendText('2');
      await until('the next text', () => texts(bob).length === 2);
      assert.deepStrictEqual([bob.of('gap'), texts(bob)], [[{ from: 1, to: 1 }], ['1', '2']]);
    });
  });
});

describe('rtcroom where heartbeats matter', { skip: kNoServer }, () => {
  withServer({ 'room.heartbeat_timeout': '20s', 'room.sweep_period': '200ms' }, (server, newUser, operate) => {
    const kWays = { 'a socket': {}, polls: { platform: { hasSockets: false } }, 'no channel': { channel: false } };
    for (const [way, options] of Object.entries(kWays)) {
      for (const [reason, words] of [['kicked', []], ['banned', ['--ban', '10m']]]) {
        it(`a user who was ${reason} in the background stays out, with ${way}`, async () => {
          const [ann, bob] = await pair(newUser, options);
          ann.room.on('pushURL', (url) => url && ann.room.pusherState(1002));
          ann.cut();
          operate('kick', 'multi', ann.room.roomID, ann.userID, ...words);
          ann.show();
          await until('it is over', () => ann.of('closed').length === 1);
          assert.ok(['kicked', reason].includes(ann.of('closed')[0].reason)); // the channel tells of the kick
          assert.deepStrictEqual([ann.of('evicted'), ann.room.hasSeat], [[], false]);
          const [{ pushers }] = await bob.client.listRooms('multi');
          assert.deepStrictEqual(names(pushers), ['Bob']);
        });
      }
    }

    it('a seat is kept by heartbeats', async () => {
      const [ann, bob] = await pair(newUser);
      await bob.room.leave();
      const isEvicted = () => ann.of('evicted').length > 0;
      // A user without heartbeats measures the time.
      const eve = await newUser({ channel: false, platform: { setTimer: () => () => {} } });
      const silent = await eve.client.joinRoom('multi', ann.room.roomID, { stream: false });
      await until('the silent one is there', () => ann.room.others.some(({ userID }) => userID === eve.userID));
      await until('the silent one is gone', () => !ann.room.others.length);
      assert.deepStrictEqual([isEvicted(), ann.room.hasSeat], [false, true]);
      await silent.leave();
    });

    it('an evicted user returns with a fresh stream', async () => {
      const [ann, bob] = await pair(newUser);
      ann.follow(ann.room, { streams: true });
      const before = ann.room.pushURL;
      ann.cut();
      await until('Ann is evicted', () => bob.room.others.length === 0);
      ann.show();
      await until('Ann is back', () => bob.room.others.length === 1 && ann.room.hasSeat);
      assert.ok(ann.of('evicted').length);
      assert.notStrictEqual(ann.room.pushURL, before);
      assert.deepStrictEqual([names(bob.room.pushers), ann.room.hasSeat], [['Bob', 'Ann'], true]);
    });
  });
});

describe('rtcroom where only members hear a room', { skip: kNoServer }, () => {
  const settings = { 'channel.join': 'members', 'room.heartbeat_timeout': '20s', 'room.sweep_period': '200ms' };
  withServer(settings, (server, newUser, operate) => {
    for (const [way, hasSockets] of [['a socket', true], ['polls', false]]) {
      it(`members hear it until they are kicked, with ${way}`, async () => {
        const [ann, bob] = await pair(newUser, { platform: { hasSockets } });
        await bob.room.sendText('hello');
        await until('the text', () => [ann, bob].every((user) => texts(user).length === 1));
        operate('kick', 'multi', ann.room.roomID, bob.userID);
        await until('the end for Bob', () => bob.of('closed').length === 1);
        await ann.room.sendText('without Bob');
        await until('the next text', () => texts(ann).length === 2);
        assert.deepStrictEqual([bob.of('closed'), bob.of('evicted'), texts(bob)], [[{ reason: 'kicked' }], [], ['hello']]);
      });

      it(`a member that was evicted returns and hears it, with ${way}`, async () => {
        let isSilent = false;
        const web = webPlatform({ WebSocket, storage: null });
        const request = (sent) => web.request(isSilent && /heartbeat/.test(sent.url)
          ? { ...sent, url: `${server.host}/nowhere` } : sent);
        const [ann, bob] = [await newUser(), await newUser({ platform: { hasSockets, request } })];
        ann.room = ann.follow(await ann.client.createRoom('multi', { stream: false }));
        bob.room = bob.follow(await bob.client.joinRoom('multi', ann.room.roomID, { stream: false }));
        await until('Bob', () => ann.room.others.length === 1);
        isSilent = true;
        await until('Bob is evicted', () => ann.room.others.length === 0);
        await ann.room.sendText('without Bob');
        assert.deepStrictEqual(bob.of('message'), []);
        isSilent = false;
        await until('Bob is back', () => ann.room.others.length === 1);
        await ann.room.sendText('with Bob');
        await until('the text', () => texts(bob).includes('with Bob'));
        assert.deepStrictEqual([bob.of('evicted').length, bob.of('closed')], [1, []]);
      });
    }
  });
});

describe('rtcroom without a message channel', { skip: kNoServer }, () => {
  withServer({ 'channel.enabled': false, 'im.sdk_app_id': 1400000000, 'im.secret_key': 'key' }, (server, newUser) => {
    for (const [how, options] of [['the server has none', {}], ['it is switched off', { channel: false }]]) {
      it(`follows the pushers where ${how}`, async () => {
        const [ann, bob] = await pair(newUser, options);
        assert.deepStrictEqual(names(bob.room.others), ['Ann']);
        assert.strictEqual(bob.client.connection, 'none');
        await assert.rejects(bob.room.sendText('x'), { name: 'NO_CHANNEL' });
        await ann.room.destroy();
        await until('the end', () => bob.of('closed').length === 1);
        assert.match(bob.of('closed')[0].reason, /^(destroyed|gone)$/); // by a heartbeat, or by looking
      });
    }
  });
});
