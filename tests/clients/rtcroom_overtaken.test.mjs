// The library rtcroom where one thing overtakes another: a reply, a leave, a page that is loaded again.
import assert from 'node:assert';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { makeScriptedUser } from './support/scripted_platform.js';

const kSecond = 1000;
const pusher = (userID) => ({ userID, userName: userID, userAvatar: '', accelerateURL: '' });

describe('rtcroom', () => {
  let platform;
  let client;
  let events;
  let of;
  let login;
  let join;

  beforeEach(() => { ({ platform, client, events, of, login, join } = makeScriptedUser()); });

  const push = (event, kind = 'multi') => platform.sockets.at(-1).receive({ event: { kind, roomID: 'r', cursor: 'c', ...event } });

  it('keeps a member that the channel told before an older reply of the room API', async () => {
    await login();
    const joining = client.joinRoom('multi', 'r', { stream: false });
    await platform.settle();
    platform.replies.get_pushers = 'wait';
    await platform.answerAll();
    push({ pusher_added: pusher('carl') });
    of('get_pushers').at(-1).answer({ code: 0, roomInfo: 'new', roomCreator: 'bob', mixedPlayURL: '', custom: '{}', pushers: [pusher('bob')] });
    const room = await joining;
    assert.deepStrictEqual([room.pushers.map(({ userID }) => userID), room.roomInfo], [['carl', 'ann'], 'new']);
  });

  it('sends what was said before a leave before it', async () => {
    const room = await join();
    platform.sockets.at(-1).sent.length = 0;
    for (let index = 0; index < 10; ++index) room.sendText(`${index}`).catch(() => {});
    await platform.settle();
    room.leave();
    await platform.settle();
    const verbs = platform.sockets.at(-1).sent.map((request) => Object.keys(request)[1]);
    assert.deepStrictEqual(verbs, [...Array(10).fill('send'), 'unsubscribe']);
  });

  it('does not leave a room again after a cut', async () => {
    const room = await join();
    await room.leave();
    platform.sockets.at(-1).close(1006);
    await platform.advance(kSecond);
    platform.sockets.at(-1).open();
    assert.deepStrictEqual(platform.sockets.at(-1).sent.map((request) => Object.keys(request)[1]), ['connect']);
  });

  it('tells nothing more of a room that a listener has left', async () => {
    const room = await join({ kind: 'live', stream: false });
    const told = [];
    room.on('fields', () => { room.leave(); });
    for (const name of ['pushers', 'audience', 'message']) room.on(name, () => told.push(name));
    platform.sockets.at(-1).close(1006);
    await platform.advance(kSecond);
    const socket = platform.sockets.at(-1);
    socket.open();
    const { id } = socket.sent.find(({ subscribe }) => subscribe);
    const missed = { from: 1, to: 2, messages: [{ seq: 1 }, { seq: 2 }] };
    socket.receive({ id, subscribe: { cursor: 'c', recovered: false, missed, room: {
      roomInfo: '', roomCreator: 'bob', mixedPlayURL: '', custom: { likes: 1 }, audienceCount: 9, pushers: [pusher('zoe')] } } });
    await platform.advance(0);
    assert.deepStrictEqual(told, []);
  });

  it('takes an old heartbeat that finds no seat for nothing once the seat is taken again', async () => {
    platform.replies.add_pusher = () => ({ stay: `s${of('add_pusher').length}` });
    const room = await join();
    await platform.advance(3 * kSecond);
    platform.replies.pusher_heartbeat = 'wait';
    await platform.advance(14 * kSecond);
    const [older, newer] = of('pusher_heartbeat').slice(-2);
    newer.answer({ code: 5, message: '', reason: 'heartbeat_timeout' });
    await platform.advance(0);
    older.answer({ code: 5, message: '', reason: 'heartbeat_timeout' });
    await platform.advance(0);
    assert.deepStrictEqual([room.hasSeat, events.filter(([name]) => name === 'evicted').length, of('add_pusher').length], [true, 1, 2]);
  });

  it('waits longer each time while a subscription is refused for the moment by polls', async () => {
    ({ platform, client, timesOf: of } = makeScriptedUser({ hasSockets: false }));
    await client.login();
    await platform.advance(0);
    platform.requests.at(-1).answer({ replies: [], rooms: [], pushes: [] });
    await platform.settle();
    client.joinRoom('multi', 'r', { stream: false }).catch(() => {});
    for (let second = 0; second < 15; ++second) {
      await platform.settle();
      const poll = platform.requests.findLast(({ endpoint }) => endpoint === 'poll');
      if (poll.body.cursors.length) poll.answer({ replies: [], rooms: [{ kind: 'multi', roomID: 'r', error: { code: 10002, message: '' } }], pushes: [] });
      await platform.advance(kSecond);
    }
    assert.deepStrictEqual(of('poll').filter((at) => at > 0), [1, 3, 7, 15].map((at) => at * kSecond));
  });

  describe('in a page that is loaded again', () => {
    const kRooms = 'rtcroom rooms';
    const listeners = {};
    let stored;

    beforeEach(() => {
      stored = new Map();
      globalThis.sessionStorage = { getItem: (key) => stored.get(key) ?? null, setItem: (key, value) => stored.set(key, value) };
      globalThis.window = { addEventListener: (event, listener) => { listeners[event] = listener; }, removeEventListener() {} };
      ({ platform, client, events, of, login, join } = makeScriptedUser());
    });
    afterEach(() => {
      delete globalThis.sessionStorage;
      delete globalThis.window;
    });

    /** @param roomCreator  ann is the user @returns what the page sends when it is hidden in a room with another pusher */
    async function sentOnHide({ roomCreator, leaveOnClose, persisted = false }) {
      const sent = [];
      const sendBeacon = (url, body) => {
        assert.ok(!stored.has(kRooms)); // a browser may stop the listener where it saves
        sent.push([/(\w+)\?/.exec(url)[1], JSON.parse(body).stay]);
      };
      stored.clear();
      Object.defineProperty(globalThis, 'navigator', { configurable: true, value: { sendBeacon } });
      ({ platform, join } = makeScriptedUser({}, leaveOnClose === undefined ? {} : { leaveOnClose }));
      platform.replies.add_pusher = { stay: 's1' };
      platform.replies.get_pushers = { roomInfo: '', roomCreator, mixedPlayURL: '', custom: '{}', pushers: [] };
      const room = await join();
      push({ pusher_added: pusher('bob') });
      room.roomCreator = roomCreator;
      listeners.pagehide({ persisted });
      return sent;
    }

    it('leaves its seat unless the page is kept, the user has made the room, or the program says otherwise', async () => {
      const left = [['delete_pusher', 's1']];
      for (const [options, expected] of [
        [{ roomCreator: 'bob' }, left], [{ roomCreator: 'bob', persisted: true }, []], [{ roomCreator: 'ann' }, []],
        [{ roomCreator: 'bob', leaveOnClose: false }, []], [{ roomCreator: 'ann', leaveOnClose: 'always' }, left],
        [{ roomCreator: 'ann', leaveOnClose: 'always', persisted: true }, []],
      ]) assert.deepStrictEqual(await sentOnHide(options), expected, JSON.stringify(options));
    });

    it('goes to no room that was left before', async () => {
      const room = await join();
      listeners.pagehide({ persisted: true });
      await room.leave();
      listeners.pagehide({ persisted: false });
      assert.deepStrictEqual(await client.rejoin(), []);
    });

    it('returns as a viewer where it was about to be one', async () => {
      await login();
      client.watchRoom('r', { userName: 'A' }).catch(() => {});
      await platform.settle();
      listeners.pagehide({ persisted: true });
      const [{ isViewer, hasSeat }] = JSON.parse(stored.get(kRooms)).rooms;
      assert.deepStrictEqual([isViewer, hasSeat], [true, false]);
    });

    it('tells the messages that come while it returns', async () => {
      const before = { kind: 'live', roomID: 'r', isViewer: true, hasSeat: true, options: { userName: 'A', stream: false } };
      stored.set(kRooms, JSON.stringify({ userID: 'ann', rooms: [before] }));
      platform.replies.add_pusher = 'wait';
      await login();
      const rejoining = client.rejoin();
      for (let round = 0; round < 3; ++round) await platform.answerAll();
      await platform.advance(0);
      push({ message: { seq: 1 } }, 'live');
      of('add_pusher').at(-1).answer({ code: 0 });
      const [room] = await rejoining;
      const told = [];
      room.on('message', ({ seq }) => told.push(seq));
      await platform.advance(0);
      assert.deepStrictEqual(told, [1]);
    });
  });
});
