// The library rtcroom where only members hear a room: it listens while it has a seat, or is a viewer.
import assert from 'node:assert';
import { beforeEach, describe, it } from 'node:test';
import { makeScriptedUser } from './support/scripted_platform.js';

const kSecond = 1000;
const kRoom = { kind: 'multi', roomID: 'r' };
const kRefusal = { error: { code: 10007, message: 'not allowed in this group' } };

describe('rtcroom in a room that only members hear', () => {
  let platform;
  let client;
  let of;
  let login;
  let events;
  let isMember;

  beforeEach(() => {
    ({ platform, client, of, login, events } = makeScriptedUser());
    isMember = false;
    Object.assign(platform.replies, {
      add_pusher: () => { isMember = true; return {}; },
      delete_pusher: () => { isMember = false; return {}; },
      add_audience: () => { isMember = true; return {}; },
      pusher_heartbeat: () => (isMember ? {} : { code: 5, reason: 'heartbeat_timeout' }),
    });
  });

  const socket = () => platform.sockets.at(-1);
  const named = (event) => events.filter(([name]) => name === event).map(([, value]) => value);

  /** Answers what the socket asks as the server does, until it asks no more. @returns the subscriptions asked for */
  async function answer() {
    const subscriptions = [];
    for (await platform.settle(); socket().sent.length; await platform.settle()) {
      for (const { id, subscribe } of socket().sent.splice(0)) {
        if (!subscribe) continue;
        subscriptions.push(subscribe);
        const pushers = isMember ? [{ userID: 'ann', userName: '', userAvatar: '', accelerateURL: '' }] : [];
        const room = { roomInfo: '', roomCreator: 'bob', mixedPlayURL: '', custom: {}, audienceCount: 0, pushers };
        socket().receive({ id, ...(isMember ? { subscribe: { cursor: 'c1', recovered: false, room } } : kRefusal) });
      }
    }
    return subscriptions;
  }

  async function enter(enterRoom) {
    await login();
    const entering = enterRoom(client);
    const subscriptions = await answer();
    const room = await entering;
    for (const event of ['closed', 'evicted']) room.on(event, (value) => events.push([event, value]));
    return { room, subscriptions };
  }
  const join = () => enter(() => client.joinRoom('multi', 'r', { stream: false }));

  it('listens once it has its seat', async () => {
    const { room, subscriptions } = await join();
    assert.deepStrictEqual([subscriptions, room.pushers.length, room.isClosed], [[kRoom, kRoom], 1, false]);
  });

  it('listens once its stream runs, and looks at the room until then', async () => {
    const { room, subscriptions } = await enter(() => client.joinRoom('multi', 'r'));
    const looks = of('get_pushers').length;
    await platform.advance(10 * kSecond);
    assert.deepStrictEqual([subscriptions.length, of('get_pushers').length], [1, looks + 1]);
    const started = room.streamStarted();
    assert.deepStrictEqual([await answer(), room.pushers.length], [[kRoom], 1]);
    await started;
    const before = of('get_pushers').length;
    await platform.advance(30 * kSecond);
    assert.strictEqual(of('get_pushers').length, before);
  });

  it('listens once it is a viewer', async () => {
    const { room, subscriptions } = await enter(() => client.watchRoom('r'));
    assert.deepStrictEqual([subscriptions.length, room.isClosed], [2, false]);
  });

  for (const reason of ['heartbeat_timeout', 'stream_interrupted']) {
    it(`tells of an eviction (${reason}), returns, and goes on where it was`, async () => {
      const { room } = await join();
      isMember = false;
      socket().receive({ kicked: { reason, ...kRoom } });
      const subscriptions = await answer();
      assert.deepStrictEqual([named('evicted').length, named('closed'), room.hasSeat], [1, [], true]);
      assert.deepStrictEqual(subscriptions, [{ ...kRoom, cursor: 'c1' }]);
    });
  }

  it('tells of an eviction that it missed', async () => {
    const { room } = await join();
    isMember = false;
    socket().close(1006);
    await platform.advance(2 * kSecond);
    socket().open();
    const subscriptions = await answer();
    assert.deepStrictEqual([named('evicted').length, named('closed'), room.hasSeat], [1, [], true]);
    assert.strictEqual(subscriptions.length, 2);
  });

  it('listens no more once it has given up its seat, until it takes one again', async () => {
    const { room } = await join();
    await room.giveUpSeat();
    socket().receive({ kicked: { reason: 'left', ...kRoom } });
    socket().close(1006);
    await platform.advance(2 * kSecond);
    socket().open();
    assert.deepStrictEqual([await answer(), room.isClosed], [[], false]);
    const taken = room.takeSeat({ stream: false });
    assert.deepStrictEqual(await answer(), [{ ...kRoom, cursor: 'c1' }]);
    await taken;
  });

  it('is closed by a kick and by a ban', async () => {
    for (const reason of ['kicked', 'banned']) {
      const { room } = await join();
      socket().receive({ kicked: { reason, ...kRoom } });
      assert.deepStrictEqual([room.isClosed, named('closed').at(-1), named('evicted')], [true, { reason }, []]);
      await client.logout();
    }
  });

  it('is closed for a member that may not listen: it is banned', async () => {
    const { room } = await join();
    platform.replies.pusher_heartbeat = {};
    isMember = false;
    socket().close(1006);
    await platform.advance(2 * kSecond);
    socket().open();
    await answer();
    assert.deepStrictEqual([room.isClosed, named('closed')], [true, [{ reason: 'banned' }]]);
  });
});
