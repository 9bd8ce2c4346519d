// The lists of rooms that the library rtcroom keeps up to date.
import assert from 'node:assert';
import { beforeEach, describe, it } from 'node:test';
import { makeScriptedUser } from './support/scripted_platform.js';

const kSecond = 1000;
const kRefresh = 10 * kSecond;

describe('A list of rooms that is watched', () => {
  let platform;
  let client;
  let login;
  let of;
  let told;
  let stop;

  const listed = (roomID, seats = 1) => ({ roomID, seats, custom: '{"likes":2}', customInfo: '{"likes":2}' });
  const watch = (kind = 'multi') => client.watchRooms(kind, (rooms) => {
    told.push(rooms.map(({ roomID, seats }) => `${roomID}${seats}`).join(' '));
  });
  const push = (list) => platform.sockets.at(-1).receive({ list: { kind: 'multi', ended: [], changed: [], ...list } });
  const reads = () => of('get_room_list').length;
  const asked = () => platform.sockets.at(-1).sent.map(({ id, ...request }) => request);

  function setUp(options) {
    ({ platform, client, login, of } = makeScriptedUser(options));
    platform.replies.get_room_list = { rooms: [listed('a'), listed('b')] };
    told = [];
  }
  beforeEach(() => setUp());

  async function watching() {
    await login();
    stop = watch();
    await platform.answerAll();
  }

  it('is read once the server tells what changes, and then changes with each push', async () => {
    await login();
    watch();
    await platform.settle();
    assert.deepStrictEqual([asked(), reads()], [[{ watch: { kind: 'multi' } }], 0]);
    await platform.answerAll();
    assert.deepStrictEqual(of('get_room_list').map(({ body: { index, cnt } }) => [index, cnt]), [[0, 200]]);
    push({ changed: [listed('b', 0), listed('c')] });
    push({ ended: ['a', 'x'] });
    push({ ended: ['b'], changed: [listed('b', 3)] });
    push({ kind: 'live', changed: [listed('d')] });
    await platform.advance(2 * kRefresh);
    assert.deepStrictEqual([told, reads()], [['a1 b1', 'a1 b0 c1', 'b0 c1', 'c1 b3'], 1]);
  });

  it('has the fields of its rooms as objects', async () => {
    let fields;
    await login();
    client.watchRooms('multi', (rooms) => { fields = rooms.map((room) => room.fields); });
    await platform.answerAll();
    push({ changed: [{ ...listed('b'), custom: '{"likes":3}' }] });
    assert.deepStrictEqual(fields, [{ likes: 2 }, { likes: 3 }]);
  });

  it('changes by what was pushed while it was read', async () => {
    await login();
    platform.replies.get_room_list = 'wait';
    watch();
    await platform.answerAll();
    push({ ended: ['a'], changed: [listed('c')] });
    assert.deepStrictEqual(told, []);
    of('get_room_list')[0].answer({ code: 0, rooms: [listed('a'), listed('b')] });
    await platform.settle();
    assert.deepStrictEqual(told, ['a1 b1', 'b1 c1']);
  });

  it('is read again after a cut, and every 10 s while it lasts', async () => {
    await watching();
    platform.sockets.at(-1).close(1006);
    await platform.advance(kSecond);
    platform.replies.get_room_list = { rooms: [listed('c')] };
    assert.strictEqual(reads(), 1);
    await platform.connect();
    await platform.answerAll();
    assert.deepStrictEqual([told, reads()], [['a1 b1', 'c1'], 2]);
    platform.hasSockets = false;
    platform.sockets.at(-1).close(1006);
    await platform.advance(2 * kRefresh);
    assert.strictEqual(reads(), 4);
  });

  it('is read every 10 s where there is no channel, or an older one', async () => {
    setUp({ hasSockets: false });
    await client.login();
    watch();
    await platform.advance(0);
    of('poll')[0].answer({}, 404);
    await platform.advance(2 * kRefresh);
    assert.deepStrictEqual([client.connection, reads(), of('poll').length], ['none', 3, 1]);
    setUp();
    await login();
    watch();
    await platform.settle();
    platform.sockets[0].receive({ id: platform.sockets[0].sent[0].id, error: { code: 60002, message: 'bad request' } });
    await platform.advance(kRefresh);
    assert.strictEqual(reads(), 1);
    assert.deepStrictEqual(asked().at(-1), { watch: { kind: 'multi' } });
  });

  it('is read again within 10 s when the server has lost its changes', async () => {
    await watching();
    push({ lost: true });
    push({ lost: true });
    await platform.advance(kRefresh - 1);
    assert.strictEqual(reads(), 1);
    await platform.advance(1);
    await platform.answerAll();
    assert.strictEqual(reads(), 2);
  });

  it('has at most 200 rooms, and is then read for others in place of those that end', async () => {
    platform.replies.get_room_list = { rooms: Array.from({ length: 200 }, (_, index) => listed(`r${index}`)) };
    await watching();
    push({ changed: [listed('new')] });
    push({ ended: ['r0'] });
    assert.deepStrictEqual(told.map((rooms) => rooms.split(' ').length), [200, 200, 199]);
    await platform.advance(kRefresh);
    await platform.answerAll();
    assert.strictEqual(reads(), 2);
  });

  it('is told no more once it is stopped, and the server hears of the last one of its kind', async () => {
    await watching();
    const stopOther = watch();
    await platform.answerAll();
    stop();
    stop();
    assert.deepStrictEqual(asked(), []);
    push({ ended: ['a'] });
    stopOther();
    assert.deepStrictEqual(asked(), [{ unwatch: { kind: 'multi' } }]);
    push({ ended: ['b'] });
    assert.deepStrictEqual(told, ['a1 b1', 'a1 b1', 'b1']);
  });

  it('is told no more once its listener has stopped it', async () => {
    let calls = 0;
    const watchOnce = () => { const end = client.watchRooms('multi', () => { calls += 1; end(); }); };
    await login();
    platform.replies.get_room_list = 'wait';
    watchOnce();
    await platform.answerAll();
    push({ changed: [listed('c')], lost: true });
    of('get_room_list')[0].answer({ code: 0, rooms: [listed('a')] });
    await platform.advance(6 * kRefresh);
    assert.deepStrictEqual([calls, reads()], [1, 1]);

    setUp({ hasSockets: false });
    await client.login();
    watchOnce();
    await platform.advance(0);
    of('poll')[0].answer({}, 404);
    await platform.advance(6 * kRefresh);
    assert.deepStrictEqual([client.connection, calls, reads()], ['none', 2, 1]);
  });

  it('is read within a second where no connection is made', async () => {
    await client.login();
    watch();
    await platform.advance(kSecond);
    assert.deepStrictEqual([client.connection, told], ['connecting', ['a1 b1']]);
  });

  it('is watched again after a subscription that was refused for now', async () => {
    await watching();
    const joining = client.joinRoom('multi', 'r').catch(() => {});
    await platform.settle();
    const { id } = platform.sockets.at(-1).sent.find(({ subscribe }) => subscribe);
    platform.sockets.at(-1).receive({ id, error: { code: 10002, message: 'busy' } });
    assert.strictEqual(client.connection, 'connecting');
    await platform.advance(2 * kSecond);
    await platform.connect();
    await platform.settle();
    assert.ok(asked().some(({ watch: list }) => list));
    await client.close();
    await joining;
  });

  it('waits while nobody is logged in, and leaves nothing behind', async () => {
    watch();
    await platform.advance(kRefresh);
    assert.strictEqual(platform.requests.length, 0);
    await login();
    await platform.answerAll();
    assert.deepStrictEqual(told, ['a1 b1']);
    platform.replies.get_room_list = 'wait';
    push({ lost: true });
    await platform.advance(kRefresh);
    await platform.answerAll();
    await client.close();
    await platform.advance(60 * kSecond);
    assert.deepStrictEqual([told, platform.timers], [['a1 b1', 'a1 b1'], 0]);
  });

  it('counts nonsense as a cut', async () => {
    for (const list of [{ ended: null }, { changed: null }, { changed: [null] }, { changed: [{ custom: '{' }] }]) {
      for (const reply of [{ rooms: [] }, 'wait']) {
        setUp();
        platform.replies.get_room_list = reply;
        await watching();
        push(list);
        assert.strictEqual(client.connection, 'connecting');
      }
    }
  });

  it('survives a fault of its listener', async () => {
    await login();
    client.watchRooms('multi', () => { throw new Error('a fault'); });
    await platform.answerAll();
    await assert.rejects(platform.advance(0), { message: 'a fault' });
    push({ ended: ['a'] });
    assert.strictEqual(client.connection, 'connected');
  });

  it('refuses other kinds, and no listener', () => {
    assert.throws(() => client.watchRooms('webrtc', () => {}), { name: 'BAD_REQUEST', detail: /kind/ });
    assert.throws(() => client.watchRooms('multi'), { name: 'BAD_REQUEST' });
  });
});
