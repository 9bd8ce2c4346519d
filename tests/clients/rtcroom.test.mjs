// The library rtcroom under a clock and a server that the test plays: pauses, repetitions, and what they must not do.
import assert from 'node:assert';
import { beforeEach, describe, it } from 'node:test';
import { makeScriptedUser } from './support/scripted_platform.js';

const kSecond = 1000;

describe('rtcroom', () => {
  let platform;
  let client;
  let events;
  let login;
  let join;
  let of;
  let timesOf;

  const setUp = (options) => {
    ({ platform, client, events, login, join, of, timesOf } = makeScriptedUser(options));
  };
  beforeEach(() => setUp());

  describe('calls', () => {
    it('are repeated after 1, 2 and 4 s while the server fails', async () => {
      await login();
      for (const failure of [{ code: 6 }, 'fail']) {
        platform.requests.length = 0;
        const since = platform.nowMs;
        platform.replies.get_room_list = failure;
        const call = assert.rejects(client.listRooms('multi'), { name: failure === 'fail' ? 'NETWORK' : 'UNAVAILABLE' });
        await platform.advance(20 * kSecond);
        await call;
        assert.deepStrictEqual(timesOf('get_room_list', since), [0, 1000, 3000, 7000]);
      }
    });

    it('and the login are repeated alike, with a code of its own each time', async () => {
      for (const endpoint of ['get_login_info', 'login']) {
        setUp();
        let codes = 0;
        platform.loginCode = async () => `code${++codes}`;
        const before = platform.replies[endpoint];
        let failures = 3;
        platform.replies[endpoint] = (body) => {
          if (failures-- > 0) return { code: 6 };
          return typeof before === 'function' ? before(body) : before;
        };
        const login = client.login();
        await platform.advance(20 * kSecond);
        assert.strictEqual(await login, 'ann');
        assert.deepStrictEqual(timesOf(endpoint), [0, 1000, 3000, 7000]);
        assert.strictEqual(codes, 4);
      }
    });

    it('wait for a login that is renewed when the network is back', async () => {
      await login();
      let isRenewed = false;
      platform.replies.get_room_list = () => (isRenewed ? { rooms: [] } : { code: 7, message: '鉴权失败 错误码:3 错误信息:x' });
      platform.replies.login = 'fail';
      const rooms = client.listRooms('multi');
      await platform.advance(0);
      platform.replies.login = () => {
        isRenewed = true;
        return { token: 'new' };
      };
      await platform.advance(kSecond);
      assert.deepStrictEqual(await rooms, []);
    });

    it('of a login end with a logout', async () => {
      platform.replies.login = { code: 6 };
      const logging = assert.rejects(client.login(), { name: 'CLOSED' });
      await platform.settle();
      await client.logout();
      await platform.advance(60 * kSecond);
      await logging;
      assert.strictEqual(of('login').length, 1);
    });

    it('that would count twice are not repeated', async () => {
      const room = await join();
      platform.replies.set_custom_field = 'fail';
      await assert.rejects(room.increment('likes'), { name: 'NETWORK' });
      assert.strictEqual(of('set_custom_field').length, 1);
    });

    it('get a name for each code', async () => {
      await login();
      for (const [code, name, detail] of [[1, 'BAD_REQUEST', 'cnt: missing'], [3, 'NO_ROOM'], [7, 'NOT_ALLOWED'],
        [10, 'BAD_REQUEST'], [11, 'ROOM_EXISTS'], [5001, 'ROOM_FULL']]) {
        platform.replies.get_room_list = { code, detail };
        await assert.rejects(client.listRooms('multi'), { name, code });
      }
    });

    it('log in again once for all that meet an expired token', async () => {
      await login();
      platform.replies.get_room_list = () => (platform.logins === 1
        ? { code: 7, message: '鉴权失败 错误码:3 错误信息:x' } : { rooms: [] });
      await Promise.all([client.listRooms('multi'), client.listRooms('multi')]);
      assert.strictEqual(platform.logins, 2);
      assert.deepStrictEqual(events.filter(([event]) => event === 'kicked'), []);
    });

    it('never log in again for a user who is logged in elsewhere', async () => {
      const room = await join();
      platform.replies.get_room_list = { code: 7, message: '鉴权失败 错误码:1 错误信息:x' };
      await assert.rejects(client.listRooms('multi'), { name: 'OTHER_LOGIN' });
      await platform.advance(120 * kSecond);
      assert.strictEqual(platform.logins, 1);
      assert.deepStrictEqual(events.filter(([event]) => event === 'kicked' || event === 'closed'),
        [['closed', { reason: 'other_login' }], ['kicked', { reason: 'other_login' }]]);
      assert.strictEqual(room.isClosed, true);
    });
  });

  describe('a seat', () => {
    it('is kept by a heartbeat after 3 s and then every 7 s, whatever becomes of them', async () => {
      await join();
      const since = platform.nowMs;
      platform.replies.pusher_heartbeat = 'fail';
      await platform.advance(25 * kSecond);
      assert.deepStrictEqual(timesOf('pusher_heartbeat', since), [3000, 10000, 17000, 24000]);
    });

    describe('in a hidden page, whose timers are slow, is kept by heartbeats that the server asks for', () => {
      /** Every 5 s: a heartbeat is enough for two. */
      const askForBeats = async (ask) => {
        const since = platform.nowMs;
        for (let i = 0; i < 4; ++i) {
          platform.sleep(5 * kSecond);
          ask({ beat: {} });
          await platform.settle();
        }
        assert.deepStrictEqual(timesOf('pusher_heartbeat', since), [5000, 15000]);
      };

      it('over the socket', async () => {
        await join();
        await askForBeats((push) => platform.sockets.at(-1).receive(push));
      });

      it('by polls', async () => {
        setUp({ hasSockets: false });
        await client.login();
        await platform.advance(0);
        const joining = client.joinRoom('multi', 'r', { stream: false });
        await platform.settle();
        const room = { roomInfo: '', roomCreator: 'bob', mixedPlayURL: '', custom: {}, audienceCount: 0, pushers: [] };
        const answer = (...pushes) => of('poll').at(-1).answer({ replies: [], pushes,
          rooms: [{ kind: 'multi', roomID: 'r', cursor: 'c', recovered: false, room }] });
        answer();
        await joining;
        assert.strictEqual(of('poll').at(-1).body.connect.beats, true);
        await askForBeats(answer);
      });
    });

    it('needs no heartbeat after leaving', async () => {
      const room = await join({});
      await room.streamStarted();
      await room.leave();
      await platform.advance(30 * kSecond);
      assert.deepStrictEqual([of('pusher_heartbeat').length, of('delete_pusher').length], [0, 1]);
    });

    it('is taken again after an eviction, in a room that still exists, with another stream', async () => {
      const room = await join({});
      await room.streamStarted();
      platform.replies.pusher_heartbeat = { code: 5 };
      await platform.advance(3 * kSecond);
      assert.deepStrictEqual(events.filter(([event]) => event === 'pushURL' || event === 'evicted'),
        [['pushURL', ''], ['evicted', {}], ['pushURL', 'rtmp://h/live/ann_2']]);
      assert.strictEqual(room.hasSeat, false);
      await room.streamStarted();
      assert.strictEqual(of('add_pusher').at(-1).body.pushURL, 'rtmp://h/live/ann_2');
    });

    it('is not taken again in a room that is full', async () => {
      const room = await join();
      platform.replies.pusher_heartbeat = { code: 5 };
      platform.replies.add_pusher = { code: 5001 };
      await platform.advance(3 * kSecond);
      assert.deepStrictEqual(events.at(-1), ['closed', { reason: 'full' }]);
      assert.strictEqual(room.isClosed, true);
    });

    it('is tried again with growing pauses while the network is gone', async () => {
      const room = await join();
      platform.replies.pusher_heartbeat = { code: 5 };
      platform.replies.get_pushers = 'fail';
      await platform.advance(60 * kSecond);
      assert.strictEqual(room.isClosed, false);
      platform.replies.get_pushers = { roomInfo: '', custom: '{}', pushers: [] };
      platform.replies.pusher_heartbeat = {};
      await platform.advance(60 * kSecond);
      assert.strictEqual(room.hasSeat, true);
    });

    it('is lost for good when an operator kicks the user', async () => {
      const room = await join();
      const socket = platform.sockets.at(-1);
      const event = { kind: 'multi', roomID: 'r', cursor: 'c1', time: 1 };
      socket.receive({ event: { ...event, pusher_added: { userID: 'ann', userName: '', userAvatar: '', accelerateURL: '' } } });
      socket.receive({ event: { ...event, pusher_deleted: { userID: 'ann', reason: 'kicked' } } });
      assert.deepStrictEqual(events.at(-1), ['closed', { reason: 'kicked' }]);
      assert.strictEqual(room.isClosed, true);
      await platform.advance(30 * kSecond);
      assert.strictEqual(of('add_pusher').length, 1);
    });

    for (const reason of ['kicked', 'banned', 'dismissed', 'creator_left']) {
      it(`is lost for good when a heartbeat is told: ${reason}`, async () => {
        const room = await join();
        platform.replies.pusher_heartbeat = { code: 5, reason };
        await platform.advance(30 * kSecond);
        assert.strictEqual(of('pusher_heartbeat')[0].body.client, 'rtcroom/1');
        assert.deepStrictEqual(events.filter(([event]) => event === 'closed' || event === 'evicted'), [['closed', { reason }]]);
        assert.deepStrictEqual([of('add_pusher').length, room.isClosed], [1, true]);
      });
    }

    it('is not taken again by another stream of a user who was kicked', async () => {
      const room = await join({});
      await room.streamStarted();
      await room.streamBroken();
      platform.replies.pusher_heartbeat = { code: 5, reason: 'kicked' };
      await room.streamStarted();
      assert.deepStrictEqual([of('add_pusher').length, room.isClosed], [1, true]);
    });
  });

  describe('the channel', () => {
    const openings = () => platform.sockets.map(({ at }) => at);

    it('continues with its cursors, its login and its newest direct message', async () => {
      await join();
      const socket = platform.sockets.at(-1);
      socket.receive({ event: { kind: 'multi', roomID: 'r', cursor: 'c9', time: 1, message: { seq: 1, body: 'x' } } });
      socket.receive({ direct: { position: 5, body: 'd' } });
      socket.close(1006);
      await platform.advance(kSecond);
      const next = platform.sockets.at(-1);
      next.open();
      const [{ connect }, { subscribe }] = next.sent;
      assert.deepStrictEqual(connect, { userID: 'ann', token: 't1*1*MA==', beats: true, direct: 5, login: 7 });
      assert.deepStrictEqual(subscribe, { kind: 'multi', roomID: 'r', cursor: 'c9' });
      next.receive({ id: next.sent[0].id, connect: { login: 7 } });
      next.receive({ direct: { position: 5, body: 'd' } });
      assert.deepStrictEqual(events.filter(([event]) => event === 'direct').length, 1);
      assert.deepStrictEqual(events.filter(([event]) => event === 'connection').map(([, state]) => state),
        ['connecting', 'connected', 'connecting', 'connected']);
    });

    it('sends a message again after a cut, with the same key', async () => {
      const room = await join();
      const sending = room.sendText('x');
      await platform.settle();
      const [{ send: first }] = platform.sockets.at(-1).sent;
      platform.sockets.at(-1).close(1006);
      await platform.advance(kSecond);
      platform.sockets.at(-1).open();
      const { send: second } = platform.sockets.at(-1).sent.at(-1);
      assert.deepStrictEqual(second, first);
      await platform.answerAll();
      assert.deepStrictEqual(await sending, { seq: 1, time: 1 });
    });

    it('gives a message up after 20 s', async () => {
      const room = await join();
      platform.sockets.at(-1).close(1006);
      const sending = assert.rejects(room.sendText('x'), { name: 'NETWORK' });
      await platform.advance(20 * kSecond);
      await sending;
    });

    it('replaces a socket that is silent for 10 s after a request', async () => {
      await join();
      const count = platform.sockets.length;
      await platform.advance(25 * kSecond);
      assert.deepStrictEqual(Object.keys(platform.sockets.at(-1).sent.at(-1)), ['id', 'ping']);
      await platform.advance(10 * kSecond);
      assert.strictEqual(platform.sockets[count - 1].isClosed, true);
      await platform.advance(kSecond);
      assert.strictEqual(platform.sockets.length, count + 1);
    });

    const answerPoll = () => {
      of('poll').at(-1).answer({ replies: [], rooms: [], pushes: [] });
      return platform.settle();
    };

    it('polls within 5 s where sockets fail or are swallowed, and a room is joined by then', async () => {
      for (const fate of [(socket) => socket.close(1006), (socket) => socket.open(), () => {}]) {
        setUp();
        await client.login();
        await platform.advance(0);
        fate(platform.sockets[0]);
        const joining = client.joinRoom('multi', 'r', { stream: false });
        await platform.advance(5 * kSecond);
        const [{ waitMs, body: { cursors } }] = of('poll');
        assert.deepStrictEqual([waitMs, cursors], [0, [{ kind: 'multi', roomID: 'r' }]]);
        of('poll')[0].answer({ replies: [], pushes: [], rooms: [{ kind: 'multi', roomID: 'r', cursor: 'c',
          recovered: false, room: { roomInfo: '', roomCreator: 'bob', mixedPlayURL: '', custom: {}, pushers: [] } }] });
        await joining;
        assert.deepStrictEqual([client.connection, of('poll')[1].waitMs], ['polling', 45000]);
      }
    });

    it('tries a socket again after a minute, then two, and when shown', async () => {
      await client.login();
      await platform.advance(0);
      for (let i = 0; i < 2; ++i) {
        platform.sockets.at(-1).close(1006);
        await platform.advance(kSecond);
        const { length } = platform.sockets;
        while (platform.sockets.length === length) {
          await answerPoll();
          await platform.advance(5 * kSecond);
        }
      }
      const [first, second, third] = openings();
      assert.deepStrictEqual([second - first, third - second].map((ms) => Math.floor(ms / 60_000)), [1, 2]);
      platform.sockets.at(-1).close(1006);
      await platform.advance(kSecond);
      platform.show();
      await platform.advance(0);
      assert.strictEqual(platform.sockets.length, 4);
    });

    it('wakes with a call that succeeds after an outage, and returns to the socket after the first poll', async () => {
      const room = await join();
      platform.goOffline();
      assert.strictEqual(client.connection, 'connecting');
      for (let i = 0; i < 20; ++i) {
        platform.sockets.at(-1).close(1006);
        of('poll').at(-1)?.fail();
        await platform.advance(7 * kSecond);
      }
      of('poll').at(-1)?.fail();
      await platform.settle();
      const sockets = platform.sockets.length;
      const polls = of('poll').length;
      await room.leave();
      await platform.advance(0);
      assert.strictEqual(of('poll').length, polls + 1);
      await answerPoll();
      assert.strictEqual(platform.sockets.length, sockets + 1);
    });

    it('says so where the server has none, and does not ask again', async () => {
      setUp({ hasSockets: false });
      await client.login();
      await platform.advance(0);
      of('poll')[0].answer({ code: 1 }, 404);
      await platform.advance(120 * kSecond);
      assert.deepStrictEqual([client.connection, of('poll').length], ['none', 1]);
      await assert.rejects(client.sendDirect('bob', 'x'), { name: 'NO_CHANNEL' });
    });

    it('does not come back after another login', async () => {
      await join();
      platform.sockets.at(-1).close(4001);
      await platform.advance(120 * kSecond);
      assert.strictEqual(platform.sockets.length, 1);
      assert.deepStrictEqual(events.at(-1), ['kicked', { reason: 'other_login' }]);
    });

    it('logs in again when its token is refused', async () => {
      await join();
      platform.sockets.at(-1).close(4003);
      await platform.advance(2 * kSecond);
      assert.deepStrictEqual([platform.logins, platform.sockets.length], [2, 2]);
      platform.sockets.at(-1).open();
      assert.strictEqual(platform.sockets.at(-1).sent[0].connect.token, 't2*1*MA==');
    });

    it('waits as long as a server that restarts asks for', async () => {
      await join();
      const since = platform.nowMs;
      platform.sockets.at(-1).receive({ drain: { reconnect: 2500 } });
      platform.sockets.at(-1).close(1012);
      await platform.advance(5 * kSecond);
      assert.strictEqual(openings().at(-1) - since, 2500);
    });

    it('closes the room that the user is banned from, and no other', async () => {
      await join();
      platform.sockets.at(-1).receive({ kicked: { reason: 'banned', kind: 'multi', roomID: 'other' } });
      assert.strictEqual(client.rooms.length, 1);
      platform.sockets.at(-1).receive({ kicked: { reason: 'banned', kind: 'multi', roomID: 'r' } });
      assert.deepStrictEqual([events.at(-1), client.rooms], [['closed', { reason: 'banned' }], []]);
    });
  });
});
