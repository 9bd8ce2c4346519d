// The library rtcroom where something goes wrong: servers that answer nonsense, devices that sleep, programs that leave
// in the middle of a call.
import assert from 'node:assert';
import { beforeEach, describe, it } from 'node:test';
import v8 from 'node:v8';
import vm from 'node:vm';
import { makeScriptedUser } from './support/scripted_platform.js';

const kSecond = 1000;
const kNonsense = [null, undefined, '', 'text', '<html>', 5, true, [], {}, { code: '0' }, { code: null }, { code: 0 },
  { code: 0, pushers: null }, { code: 0, pushers: [null], custom: '{', rooms: 5, token: 7, pushURL: {}, audiences: 1 },
  { code: 0, pushers: 'x', custom: [], rooms: {}, token: null, pushURL: 1, audiences: null }];

describe('rtcroom', () => {
  let platform;
  let client;
  let events;
  let login;
  let join;
  let of;

  const setUp = (options) => { ({ platform, client, events, login, join, of } = makeScriptedUser(options)); };
  beforeEach(() => setUp());

  const named = (event) => events.filter(([name]) => name === event).map(([, value]) => value);

  /** Lets the pauses between tries pass. */
  async function outcomeOf(promise) {
    let outcome;
    promise.then((value) => { outcome = { value }; }, (error) => { outcome = { error }; });
    await platform.advance(60 * kSecond);
    assert.ok(outcome, 'a call hangs');
    return outcome;
  }

  describe('in the face of a server that answers nonsense', () => {
    const isRtcRoomError = ({ name }) => ['UNAVAILABLE', 'NETWORK', 'CLOSED'].includes(name);

    it('fails calls with an RtcRoomError', async () => {
      for (const data of kNonsense) {
        setUp();
        const room = await join({ kind: 'live', stream: false });
        platform.rawReplies.set('any', data);
        const calls = [client.listRooms('multi'), client.joinRoom('multi', 'x'), client.watchRoom('y'), room.audience(),
          room.increment('likes')];
        for (const outcome of await Promise.all(calls.map(outcomeOf))) {
          // What is not read may be anything.
          const mayBeFine = data?.code === 0 && !outcome.error;
          assert.ok(mayBeFine || isRtcRoomError(outcome.error), `${JSON.stringify(data)}: ${outcome.error?.stack}`);
        }
        assert.ok(Array.isArray(room.pushers));
      }
    });

    it('does not log in', async () => {
      for (const endpoint of ['get_login_info', 'login']) {
        for (const data of kNonsense) {
          setUp();
          platform.rawReplies.set(endpoint, data);
          const { error } = await outcomeOf(client.login());
          // A ticket without a user is refused by the real login only.
          if (endpoint === 'get_login_info' && data?.code === 0) continue;
          assert.ok(isRtcRoomError(error), `${JSON.stringify(data)}: ${error?.stack}`);
          assert.strictEqual(client.userID, '');
          assert.deepStrictEqual(named('kicked'), []);
        }
      }
    });

    const event = (member) => JSON.stringify({ event: { kind: 'multi', roomID: 'r', ...member } });
    const kLines = ['', 'text', 'null', '5', '[]', '{}', '\n\n', '{"id":1}', '{"id":null}', '{"event":5}',
      '{"event":{}}', '{"event":null,"id":"x"}', '{"direct":{}}', '{"direct":1}', '{"kicked":{}}', '{"kicked":1}',
      '{"drain":{}}', '{"drain":1}', event({ pusher_added: 5 }), event({ pusher_deleted: true }), event({ custom_changed: {} }),
      event({ message: 1 }), undefined, null, 7, {}];

    it('goes on with another connection', async () => {
      for (const line of kLines) {
        setUp();
        const room = await join();
        const [socket] = platform.sockets;
        socket.receiveText(line);
        await platform.advance(2 * kSecond);
        if (socket.isClosed) await platform.connect();
        assert.deepStrictEqual([client.connection, room.isClosed], ['connected', false], String(line));
      }
    });

    it('takes no reply to a request for another', async () => {
      const verbs = { connect: null, subscribe: {}, send: null };
      for (const answer of [(id) => ({ id }), (id) => ({ id, error: {} }), (id) => ({ id, error: null, subscribe: {} }),
        (id) => ({ id, ...verbs }), (id) => ({ id, subscribe: { recovered: true } }), (id) => ({ id, error: 'x' })]) {
        setUp();
        await client.login();
        await platform.advance(0);
        const joining = outcomeOf(client.joinRoom('multi', 'r', { stream: false }));
        await platform.settle();
        const socket = platform.sockets.at(-1);
        socket.open();
        for (const { id } of socket.sent.splice(0)) socket.receive(answer(id));
        const { error } = await joining;
        assert.ok(error ? isRtcRoomError(error) : true, error?.stack);
      }
    });

    it('polls again after a pause', async () => {
      for (const data of [...kNonsense, { replies: 5 }, { replies: [] }, { replies: [], rooms: [] },
        { replies: [null], rooms: [], pushes: [] }, { replies: [], rooms: [{}], pushes: [null] }, { error: null },
        { error: 5 }, { error: { code: 'x' } }]) {
        setUp({ hasSockets: false });
        await client.login();
        await platform.advance(0);
        client.sendDirect('bob', 'x').catch(() => {});
        for (let i = 0; i < 20; ++i) {
          of('poll').at(-1).answer(data);
          await platform.settle();
        }
        const count = of('poll').length;
        assert.ok(count < 6, `${count} polls without a pause after ${JSON.stringify(data)}`);
        await platform.advance(30 * kSecond);
        assert.ok(of('poll').length > count, JSON.stringify(data));
      }
    });

    it('waits longer each time while a subscription is refused for the moment', async () => {
      await join();
      platform.sockets.at(-1).close(1006);
      const pauses = [];
      for (let i = 0; i < 7; ++i) {
        const { length } = platform.sockets;
        const since = platform.nowMs;
        while (platform.sockets.length === length) await platform.advance(kSecond);
        pauses.push(platform.nowMs - since);
        const socket = platform.sockets.at(-1);
        socket.open();
        const [connect, subscribe] = socket.sent;
        socket.receive({ id: connect.id, connect: { login: 7 } });
        socket.receive({ id: subscribe.id, error: { code: 10002, message: '' } });
      }
      assert.deepStrictEqual(pauses, [1, 2, 4, 8, 16, 30, 30].map((seconds) => seconds * kSecond));
    });
  });

  describe('on a device that sleeps', () => {
    it('sends one heartbeat at once when it wakes up, and goes on as before', async () => {
      await join();
      await platform.advance(4 * kSecond);
      platform.requests.length = 0;
      platform.sleep(300 * kSecond);
      const awake = platform.nowMs;
      await platform.advance(0);
      await platform.advance(8 * kSecond);
      const beats = of('pusher_heartbeat').map(({ at }) => at - awake);
      assert.deepStrictEqual(beats, [0, 7000]);
    });

    it('notices within 10 s of waking up that the socket is dead', async () => {
      await join();
      const dead = platform.sockets.at(-1);
      platform.sleep(300 * kSecond);
      platform.show();
      await platform.advance(10 * kSecond);
      assert.strictEqual(dead.isClosed, true);
      await platform.advance(kSecond);
      await platform.connect();
      assert.strictEqual(client.connection, 'connected');
    });

    it('starts the pauses anew when it is shown again', async () => {
      await join();
      for (let i = 0; i < 8; ++i) {
        platform.sockets.at(-1).close(1006);
        await platform.advance(30 * kSecond);
      }
      const count = platform.sockets.length;
      platform.show();
      await platform.advance(0);
      assert.strictEqual(platform.sockets.length, count + 1);
    });
  });

  describe('when the program changes its mind', () => {
    it('a room is joined once by two calls at once', async () => {
      await login();
      const calls = Promise.allSettled([1, 2].map(() => client.joinRoom('multi', 'r', { stream: false })));
      await platform.settle();
      await platform.answerAll();
      const [one, other] = await calls;
      assert.deepStrictEqual([one.status, other.reason?.name, client.rooms.length], ['fulfilled', 'BAD_REQUEST', 1]);
    });

    it('all logins of the same user are one', async () => {
      const own = { userID: 7, userSig: 's', sdkAppID: 1 };
      assert.deepStrictEqual(await Promise.all([client.login(own), client.login(own)]), ['7', '7']);
      await platform.advance(0);
      assert.deepStrictEqual([await client.login({ ...own, userID: '7' }), platform.logins, platform.sockets.length], ['7', 1, 1]);
      await assert.rejects(client.login({ ...own, userID: 8 }), { name: 'BAD_REQUEST' });
    });

    it('a login that is ended at once is not asked for, and a later one is aborted', async () => {
      const first = assert.rejects(client.login(), { name: 'CLOSED' });
      client.logout();
      assert.strictEqual(await client.login(), 'ann');
      assert.deepStrictEqual(platform.endpoints(), ['get_login_info', 'login']);
      await client.logout();
      platform.replies.login = 'wait';
      const second = assert.rejects(client.login(), { name: 'CLOSED' });
      await platform.settle();
      await client.logout();
      await Promise.all([first, second]);
      assert.strictEqual(of('login').at(-1).isAborted, true);
    });

    it('a function that gives the credentials is asked again in the middle of a call', async () => {
      let tickets = 0;
      await client.login(async () => ({ userID: 7, userSig: `s${++tickets}`, sdkAppID: 1 }));
      platform.replies.login = () => (of('login').at(-1).url.includes('userSig=s1') ? { code: 7, result: 'userSig过期' } : { token: 't2' });
      platform.replies.get_room_list = () => (of('get_room_list').at(-1).url.endsWith('t2')
        ? { rooms: [] } : { code: 7, message: '鉴权失败 错误码:3 错误信息:x' });
      assert.deepStrictEqual([await client.listRooms('multi'), tickets, named('kicked')], [[], 2, []]);
    });

    it('a client that is closed leaves nothing behind, and does not log in again', async () => {
      await join();
      await client.close();
      assert.deepStrictEqual([platform.listeners, platform.timers, platform.sockets.at(-1).isClosed], [0, 0, true]);
      await assert.rejects(client.login(), { name: 'CLOSED' });
    });

    it('a logout during the login ends it', async () => {
      const logging = assert.rejects(client.login(), { name: 'CLOSED' });
      await client.logout();
      await logging;
      await platform.advance(60 * kSecond);
      assert.deepStrictEqual([client.userID, platform.sockets.length], ['', 0]);
      assert.strictEqual(await client.login(), 'ann');
    });

    it('a logout during a renewal of the login ends it', async () => {
      await login();
      platform.replies.get_room_list = { code: 7, message: '鉴权失败 错误码:3 错误信息:x' };
      platform.replies.login = 'wait';
      const list = assert.rejects(client.listRooms('multi'));
      await platform.settle();
      await client.logout();
      of('login').at(-1).answer({ code: 0, token: 'late' });
      await list;
      assert.strictEqual(client.userID, '');
      platform.replies.login = { token: 'new' };
      assert.strictEqual(await client.login(), 'ann');
    });

    it('a logout while a room is joined fails the joining, and nothing of it stays', async () => {
      for (const endpoint of ['get_pushers', 'subscribe', 'add_pusher']) {
        setUp();
        await login();
        const before = platform.replies[endpoint];
        platform.replies[endpoint] = 'wait';
        const isOver = ({ name }) => /CLOSED|NOT_AUTHORISED/.test(name);
        const joining = assert.rejects(client.joinRoom('multi', 'r', { stream: false }), isOver);
        await platform.settle();
        if (endpoint === 'add_pusher') await platform.answerAll();
        platform.replies[endpoint] = before;
        const leaving = client.logout();
        for (const request of of(endpoint)) request.answer({ code: 0, ...before });
        await leaving;
        await joining;
        platform.requests.length = 0;
        await platform.advance(120 * kSecond);
        assert.deepStrictEqual([client.rooms, platform.endpoints(), platform.timers], [[], [], 0], endpoint);
      }
    });

    it('a logout waits for rooms that are being left', async () => {
      const room = await join({ stream: false });
      platform.replies.delete_pusher = 'wait';
      const left = room.leave();
      const over = client.logout();
      await platform.settle();
      assert.deepStrictEqual([of('delete_pusher').length, of('logout').length], [1, 0]);
      of('delete_pusher')[0].answer({ code: 0 });
      await Promise.all([left, over]);
      assert.strictEqual(of('logout').length, 1);
    });

    it('a room is entered again once it is left, and others at once', async () => {
      const room = await join({ stream: false });
      platform.replies.delete_pusher = 'wait';
      const left = room.leave();
      await platform.settle();
      const [deletion] = of('delete_pusher');
      platform.requests.length = 0;
      for (const roomID of ['r', 'other']) client.joinRoom('multi', roomID, { stream: false }).catch(() => {});
      await platform.settle();
      assert.deepStrictEqual(of('get_pushers').map(({ body }) => body.roomID), ['other']);
      deletion.answer({ code: 0 });
      await left;
      await platform.settle();
      assert.strictEqual(of('get_pushers').at(-1).body.roomID, 'r');
    });

    it('a seat is taken again once it is given up, and each is given up by its name', async () => {
      let stays = 0;
      platform.replies.add_pusher = () => ({ stay: `s${++stays}` });
      const room = await join({ stream: false });
      platform.replies.delete_pusher = 'wait';
      const given = room.giveUpSeat();
      const taken = room.takeSeat({ stream: false });
      await platform.settle();
      assert.deepStrictEqual([of('delete_pusher')[0].body.stay, of('add_pusher').length], ['s1', 1]);
      of('delete_pusher')[0].answer({ code: 0 });
      await Promise.all([given, taken]);
      assert.strictEqual(room.hasSeat, true);
      platform.replies.delete_pusher = {};
      await room.leave();
      assert.strictEqual(of('delete_pusher')[1].body.stay, 's2');
    });

    it('a viewer leaves by the name of its stay, and after the call that began it', async () => {
      await login();
      platform.replies.add_audience = 'wait';
      const watching = assert.rejects(client.watchRoom('r'), { name: 'CLOSED' });
      await platform.settle();
      await platform.answerAll();
      const left = client.rooms[0].leave();
      await platform.settle();
      assert.deepStrictEqual(of('delete_audience'), []);
      of('add_audience')[0].answer({ code: 0, stay: 's1' });
      await Promise.all([left, watching]);
      assert.deepStrictEqual([of('delete_audience')[0].body.stay, of('delete_pusher').length], ['s1', 0]);
    });

    it('a room that is left while it is joined is not taken', async () => {
      await login();
      platform.replies.get_push_url = 'wait';
      const joining = assert.rejects(client.joinRoom('multi', 'r'), { name: 'CLOSED' });
      await platform.settle();
      await platform.answerAll();
      await client.rooms[0].leave();
      of('get_push_url')[0].answer({ code: 0, pushURL: 'rtmp://late' });
      await joining;
      assert.deepStrictEqual([client.rooms, of('add_pusher')], [[], []]);
    });

    it('joining a room fails after 20 s without the channel', async () => {
      await client.login();
      await platform.advance(0);
      const { error } = await outcomeOf(client.joinRoom('multi', 'r', { stream: false }));
      assert.deepStrictEqual([error.name, client.rooms], ['NETWORK', []]);
    });

    it('a room that ends while it is joined fails the joining', async () => {
      await login();
      const joining = assert.rejects(client.joinRoom('multi', 'r', { stream: false }), { name: 'CLOSED' });
      await platform.settle();
      const room_destroyed = { reason: 'destroyed' };
      platform.sockets.at(-1).receive({ event: { kind: 'multi', roomID: 'r', room_destroyed } });
      await joining;
    });

    it('a listener that leaves the room hears no more of it', async () => {
      const room = await join();
      room.on('message', () => room.leave());
      const message = (body) => ({ kind: 'multi', roomID: 'r', cursor: body, message: { seq: 1, body } });
      platform.sockets.at(-1).close(1006);
      await platform.advance(kSecond);
      const socket = platform.sockets.at(-1);
      socket.open();
      const { id } = socket.sent.at(-1);
      socket.receive({ id, subscribe: { cursor: 'c', recovered: true, events: ['1', '2'].map(message) } });
      assert.deepStrictEqual(named('message').map(({ body }) => body), ['1']);
    });

    it('user IDs may be numbers', async () => {
      await login();
      client.sendDirect(7, 'x');
      client.history(7);
      await platform.settle();
      const [{ send }, { history }] = platform.sockets.at(-1).sent;
      assert.deepStrictEqual([send.to, history.peer], ['7', '7']);
      await platform.answerAll();
    });

    it('messages wait for no channel that the server does not have', async () => {
      setUp({ hasSockets: false });
      await client.login();
      await platform.advance(0);
      const sending = assert.rejects(client.sendDirect('bob', 'x'), { name: 'NO_CHANNEL' });
      of('poll').at(-1).answer({ code: 1 }, 404);
      await sending;
    });

    it('its listeners have an event and a function, and one of them may hear it once', async () => {
      const room = await join();
      assert.throws(() => room.on('mesage', () => {}), { name: 'BAD_REQUEST', message: 'no event mesage' });
      assert.throws(() => client.once('direct'), { name: 'BAD_REQUEST', message: 'direct: no listener' });
      const heard = [];
      const hear = ({ body }) => heard.push(body);
      room.once('message', hear);
      room.on('message', hear); // another one, which stays
      for (const seq of [1, 2]) {
        platform.sockets.at(-1).receive({ event: { kind: 'multi', roomID: 'r', cursor: 'c', message: { seq, body: `${seq}` } } });
      }
      assert.deepStrictEqual(heard, ['1', '1', '2']);
    });

    it('what shows a room or a client as JSON finds its properties alone', async () => {
      const room = await join({ kind: 'live', stream: false });
      const shown = { kind: 'live', roomID: 'r', roomInfo: '', roomCreator: 'bob', pushURL: '', mixedPlayURL: '',
        audienceCount: 0, fields: {}, isClosed: false,
        pushers: [{ userID: 'ann', userName: '', userAvatar: '', accelerateURL: '' }] }; // oneself, without the channel's word
      assert.deepStrictEqual(JSON.parse(JSON.stringify(client)), { rooms: [shown] });
      const proxy = new Proxy(room, {}); // as stores make them
      await proxy.leave();
      assert.deepStrictEqual(client.rooms, []);
    });

    it('its faulty listeners stop nothing', async () => {
      const room = await join();
      room.on('closed', () => { throw new Error('faulty'); });
      client.on('kicked', () => { throw new Error('faulty'); });
      client.on('connection', () => { throw new Error('faulty'); });
      const heard = [];
      room.on('closed', ({ reason }) => heard.push(reason));
      platform.sockets.at(-1).close(4001);
      assert.deepStrictEqual([heard, named('kicked'), room.isClosed, client.connection],
        [['other_login'], [{ reason: 'other_login' }], true, 'closed']);
      for (let i = 0; i < 3; ++i) await assert.rejects(platform.advance(0), /faulty/);
    });
  });

  describe('while the network fails', () => {
    it('takes the seat for a running stream as soon as it can', async () => {
      const room = await join({});
      platform.replies.add_pusher = 'fail';
      room.pusherState(1002);
      await platform.advance(60 * kSecond);
      assert.strictEqual(room.hasSeat, false);
      delete platform.replies.add_pusher;
      await platform.advance(60 * kSecond);
      assert.strictEqual(room.hasSeat, true);
    });

    it('gets another URL for a broken stream as soon as it can', async () => {
      const room = await join({});
      await room.streamStarted();
      const get = platform.replies.get_push_url;
      platform.replies.get_push_url = 'fail';
      room.pusherState(-1307);
      await platform.advance(60 * kSecond);
      platform.replies.get_push_url = get;
      await platform.advance(60 * kSecond);
      assert.deepStrictEqual([room.hasSeat, room.pushURL], [true, 'rtmp://h/live/ann_2']);
    });

    it('gets other URLs after growing pauses while the media server refuses every stream', async () => {
      const room = await join({});
      room.on('pushURL', (url) => { if (url) room.pusherState(3002); });
      const since = platform.nowMs;
      platform.requests.length = 0;
      for (let i = 0; i < 100; ++i) room.pusherState(3004);
      await platform.advance(20 * kSecond);
      assert.deepStrictEqual(of('get_push_url').map(({ at }) => at - since), [0, 1000, 3000, 7000, 15000]);
    });

    it('gets another URL at once for a stream that broke after it was steady', async () => {
      const room = await join({});
      for (let i = 0; i < 5; ++i) {
        await room.streamStarted();
        await platform.advance(11 * kSecond);
        platform.requests.length = 0;
        room.pusherState(3004);
        await platform.settle();
        assert.strictEqual(of('get_push_url').length, 1);
      }
    });

    it('keeps the URL of a stream that runs again before another one was asked for', async () => {
      const room = await join({});
      await room.streamStarted();
      await room.streamBroken();
      const { pushURL } = room;
      const again = room.streamBroken();
      await room.streamStarted();
      await platform.advance(60 * kSecond);
      await again;
      assert.strictEqual(room.pushURL, pushURL);
    });

    it('does not take the seat by a late report of the stream that was evicted', async () => {
      const room = await join({});
      await room.streamStarted();
      platform.replies.pusher_heartbeat = { code: 5 };
      platform.replies.get_push_url = 'wait';
      await platform.advance(3 * kSecond);
      room.pusherState(1002);
      await platform.settle();
      assert.deepStrictEqual([room.hasSeat, of('add_pusher').length], [false, 1]);
    });

    it('a destroyed room is destroyed when the reply is lost', async () => {
      const room = await join();
      platform.replies.destroy_room = () => {
        const room_destroyed = { reason: 'destroyed' };
        platform.sockets.at(-1).receive({ event: { kind: 'multi', roomID: 'r', room_destroyed } });
        return { code: 3, message: '' };
      };
      await room.destroy();
      assert.deepStrictEqual(named('closed'), []);
    });
  });

  it('takes direct messages of a server that was restored from a backup', async () => {
    await login();
    platform.sockets.at(-1).receive({ direct: { position: 9, body: 'old' } });
    platform.sockets.at(-1).close(1012);
    await platform.advance(kSecond);
    platform.sockets.at(-1).open();
    const [{ id }] = platform.sockets.at(-1).sent;
    platform.sockets.at(-1).receive({ id, connect: { login: 7, direct: 3 } });
    platform.sockets.at(-1).receive({ direct: { position: 4, body: 'new' } });
    assert.deepStrictEqual(named('direct').map(({ body }) => body), ['old', 'new']);
  });

  it('closes a room that the user is banned from where there is no channel', async () => {
    await join();
    platform.replies.pusher_heartbeat = { code: 5 };
    platform.replies.add_pusher = { code: 7, message: '鉴权失败' };
    await platform.advance(3 * kSecond);
    assert.deepStrictEqual(named('closed'), [{ reason: 'banned' }]);
  });

  it('needs no more memory in a long meeting', async () => {
    v8.setFlagsFromString('--expose_gc');
    const collect = vm.runInNewContext('gc');
    const room = await join();
    const meet = async (rounds) => {
      for (let i = 0; i < rounds; ++i) {
        const socket = platform.sockets.at(-1);
        const sending = room.sendText('x');
        for (let j = 0; j < 20; ++j) {
          const message = { seq: j, body: 'x'.repeat(100) };
          socket.receive({ event: { kind: 'multi', roomID: 'r', cursor: `c${j}`, message } });
        }
        await platform.settle();
        await platform.answerAll();
        await sending;
        platform.show();
        await platform.advance(8 * kSecond);
        await platform.answerAll();
        if (i % 10 === 0) {
          socket.close(1006);
          await platform.advance(kSecond);
          await platform.connect();
        }
        // What the test records.
        for (const list of [events, platform.requests]) list.length = 0;
        platform.sockets.splice(0, platform.sockets.length - 1);
      }
      collect();
      return process.memoryUsage().heapUsed;
    };
    const before = await meet(500);
    const after = await meet(1000);
    assert.ok(after - before < 1_000_000, `${after - before} bytes after 1,000 rounds`);
    assert.ok(platform.timers < 6, `${platform.timers} timers`);
  });
});
