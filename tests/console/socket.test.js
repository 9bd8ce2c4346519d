// The simulated phones' socket of the message channel, without a server and a browser.
import assert from 'node:assert';
import { beforeEach, describe, it } from 'node:test';
import { ChannelSocket } from '../../daemon/admin/console/assets/channel_socket.js';
import { Phone } from '../../daemon/admin/console/assets/phone.js';
import { afterEvent, viewOf } from '../../daemon/admin/console/assets/room_view.js';

const kPlace = { kind: 'multi', roomID: 'r' };
const kIdentity = { userID: 'user_1', sdkAppID: 1400000001, userSig: 'eJw' };
const member = (/** @type {string} */ userID) => ({ userID, userName: userID.toUpperCase(), userAvatar: '', accelerateURL: '' });
const room = (/** @type {string[]} */ ...members) => ({ roomID: 'r', kind: 'multi', roomCreator: members[0], pushers: members.map(member) });

/** @type {FakeSocket[]} in the order in which they were opened */
let opened = [];
const newest = () => /** @type {FakeSocket} */ (opened.at(-1));
/** Lets everything run that needs no timer. */
const settle = () => new Promise((resolve) => { setImmediate(resolve); });

/** A WebSocket whose server is the test. */
class FakeSocket {
  readyState = 0;
  /** @type {any[]} */
  sent = [];
  /** @type {any} */ onopen; /** @type {any} */ onmessage; /** @type {any} */ onclose;

  /**
   * @param {string} url
   * @param {string} protocol
   */
  constructor(url, protocol) {
    this.url = url;
    this.protocol = protocol;
    opened.push(this);
  }

  /** @param {string} text */
  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close() {
    this.drop(1000);
  }

  accept() {
    this.readyState = 1;
    this.onopen();
  }

  /** @param {object[]} objects  in one message */
  receive(...objects) {
    this.onmessage({ data: objects.map((each) => JSON.stringify(each)).join('\n') });
  }

  /** @param {number} code */
  drop(code) {
    if (this.readyState === 3) return;
    this.readyState = 3;
    queueMicrotask(() => this.onclose({ code }));
  }

  /**
   * Answers the newest request.
   * @param {object} reply
   */
  answer(reply) {
    const { id, ...content } = this.sent.at(-1);
    this.receive({ id, [Object.keys(content)[0]]: reply });
  }

  /** @param {object} subscription */
  async logIn(subscription) {
    this.accept();
    this.answer({ userID: 'user_1', ping: 25, limits: {} });
    await settle();
    this.answer(subscription);
    await settle();
  }
}

const kSnapshot = { epoch: 'e', cursor: 'c1', recovered: false, room: room('user_1') };
const event = (/** @type {string} */ cursor, /** @type {object} */ what) => ({ event: { ...kPlace, cursor, time: 1, ...what } });

function makeSocket() {
  const socket = new ChannelSocket('ws://h/channel/ws', kIdentity, kPlace, /** @type {any} */ (FakeSocket));
  /** @type {any[]} */
  const heard = [];
  socket.addEventListener('subscribed', (each) => heard.push(['subscribed', /** @type {CustomEvent} */ (each).detail.recovered]));
  socket.addEventListener('event', (each) => heard.push(['event', /** @type {CustomEvent} */ (each).detail.cursor]));
  socket.addEventListener('down', () => heard.push(['down']));
  return { socket, heard };
}

beforeEach(() => { opened = []; });

describe('the socket of the channel', () => {
  it('logs in and follows the room', async () => {
    const { socket, heard } = makeSocket();
    socket.start();
    newest().accept();
    assert.deepStrictEqual([newest().url, newest().protocol], ['ws://h/channel/ws', 'rtcroomd.v1']);
    assert.deepStrictEqual(newest().sent, [{ id: 1, connect: { ...kIdentity, beats: true } }]);
    newest().answer({ userID: 'user_1', ping: 25, limits: {} });
    await settle();
    assert.deepStrictEqual(newest().sent[1], { id: 2, subscribe: kPlace });
    assert.strictEqual(socket.isLive, false);
    // In one message, as the server may send them.
    newest().receive({ id: 2, subscribe: kSnapshot }, event('c2', { pusher_added: member('b') }), event('c3', {}));
    assert.strictEqual(socket.isLive, true);
    assert.deepStrictEqual(heard, [['subscribed', false], ['event', 'c2'], ['event', 'c3']]);
    socket.stop();
  });

  it('continues at its cursor after an interruption', async (test) => {
    test.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
    const { socket, heard } = makeSocket();
    socket.start();
    await newest().logIn(kSnapshot);
    newest().receive(event('c2', {}));
    newest().drop(1006);
    await settle();
    assert.strictEqual(socket.isLive, false);
    test.mock.timers.tick(500);
    assert.strictEqual(opened.length, 2);
    await newest().logIn({ epoch: 'e', cursor: 'c5', recovered: true, events: [] });
    assert.deepStrictEqual(newest().sent[1].subscribe, { ...kPlace, cursor: 'c2' });
    assert.deepStrictEqual(heard.slice(2), [['down'], ['subscribed', true]]);
    socket.stop();
  });

  it('connects no more when another login took its place or its ticket was refused', async (test) => {
    test.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
    for (const code of [4001, 4003]) {
      opened = [];
      const { socket } = makeSocket();
      socket.start();
      await newest().logIn(kSnapshot);
      newest().drop(code);
      await settle();
      test.mock.timers.tick(600_000);
      assert.strictEqual(opened.length, 1);
    }
  });

  it('connects again when the server has asked it to, and not before', async (test) => {
    test.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
    const { socket } = makeSocket();
    socket.start();
    await newest().logIn(kSnapshot);
    newest().receive({ drain: { reconnect: 3000 } });
    newest().drop(1012);
    await settle();
    test.mock.timers.tick(2999);
    assert.strictEqual(opened.length, 1);
    test.mock.timers.tick(1);
    assert.strictEqual(opened.length, 2);
    socket.stop();
  });

  it('is alive for the server, and ends when the server is not', async (test) => {
    test.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
    const { socket } = makeSocket();
    socket.start();
    await newest().logIn(kSnapshot);
    test.mock.timers.tick(25_000);
    assert.deepStrictEqual(newest().sent.at(-1), { id: 3, ping: {} });
    test.mock.timers.tick(10_000);
    await settle();
    assert.strictEqual(newest().readyState, 3);
    assert.strictEqual(socket.isLive, false);
    socket.stop();
  });

  it('loses a room from which its user is banned, and stays connected', async () => {
    const { socket, heard } = makeSocket();
    socket.start();
    await newest().logIn(kSnapshot);
    newest().receive({ kicked: { reason: 'banned', ...kPlace } });
    assert.deepStrictEqual([socket.isLive, newest().readyState], [false, 1]);
    assert.deepStrictEqual(heard.at(-1), ['down']);
    socket.stop();
    assert.strictEqual(heard.length, 2, 'once');
  });

  it('sends texts, each with a key of its own', async () => {
    const { socket } = makeSocket();
    socket.start();
    await newest().logIn(kSnapshot);
    const said = socket.say('hello', 'Alice');
    const { send } = newest().sent.at(-1);
    assert.deepStrictEqual({ ...send, key: '' }, { ...kPlace, type: 'text', body: 'hello', nick: 'Alice', key: '' });
    assert.match(send.key, /^[\w-]{36}$/);
    newest().answer({ seq: 7, time: 1 });
    assert.deepStrictEqual(await said, { seq: 7, time: 1 });
    const refused = socket.say('again', 'Alice');
    newest().receive({ id: newest().sent.at(-1).id, error: { code: 10002, message: 'too many requests' } });
    await assert.rejects(refused, /too many requests/);
    socket.stop();
    await assert.rejects(socket.say('late', 'Alice'));
  });

  it('is one at a time', async () => {
    const { socket } = makeSocket();
    socket.start();
    await newest().logIn(kSnapshot);
    socket.start();
    socket.stop();
    socket.start();
    await settle();
    assert.deepStrictEqual(opened.map((each) => each.readyState), [3, 0]);
    socket.stop();
  });
});

describe('the view of a room', () => {
  const names = (/** @type {any} */ view) => view.members.map((/** @type {any} */ each) => each.userID);

  it('follows the members', () => {
    let view = viewOf(room('a', 'b'));
    view = afterEvent(view, { pusher_added: member('c') });
    view = afterEvent(view, { pusher_updated: member('a') });
    assert.deepStrictEqual(names(view), ['a', 'b', 'c']);
    view = afterEvent(view, { pusher_deleted: { userID: 'a', reason: 'left', newCreator: 'b' } });
    assert.deepStrictEqual([names(view), view.creator], [['b', 'c'], 'b']);
    view = afterEvent(view, { custom_changed: { field: 'x', value: 1 } });
    assert.deepStrictEqual(names(view), ['b', 'c']);
    assert.deepStrictEqual(names(afterEvent(view, { room_destroyed: { reason: 'dismissed' } })), []);
  });

  it('has each text once, in the order of their numbers', () => {
    let view = viewOf(room('a'));
    for (const seq of [2, 1, 2, 3]) {
      view = afterEvent(view, { message: { seq, from: 'a', nick: 'A', type: 'text', body: `t${seq}` } });
    }
    view = afterEvent(view, { message: { seq: 4, from: 'a', nick: 'A', type: 'custom', body: '{}' } });
    assert.deepStrictEqual(view.texts.map((text) => text.text), ['t1', 't2', 't3']);
    const missed = { messages: [{ seq: 5, from: 'a', nick: 'A', type: 'text', body: 't5' }] };
    assert.deepStrictEqual(viewOf(room('a'), view.texts, missed).texts.map((text) => text.text), ['t1', 't2', 't3', 't5']);
    assert.deepStrictEqual(viewOf(room('a'), view.texts, {}).texts, []); // the numbers have begun anew
  });
});

describe('a phone with the channel', () => {
  /** @type {string[]} */
  let called = [];
  /** @type {any} */
  let pushers;

  function makePhone() {
    called = [];
    pushers = { code: 0, pushers: [member('user_1')], roomCreator: 'user_1' };
    return new Phone('alice', 'Alice', 1000, async (_, __, endpoint) => {
      called.push(endpoint);
      if (endpoint === 'get_im_login_info') return { code: 0, ...kIdentity };
      return endpoint === 'get_pushers' ? pushers : { code: 0 };
    }, (_, identity, place) => new ChannelSocket('ws://h', identity, place, /** @type {any} */ (FakeSocket)));
  }

  it('takes the name that the server chooses, and polls only without the socket', async (test) => {
    test.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
    const phone = makePhone();
    await phone.create(kPlace, 'room');
    assert.deepStrictEqual(called, ['get_im_login_info', 'create_room', 'get_pushers']);
    assert.strictEqual(phone.userID, 'user_1');
    await newest().logIn(kSnapshot);
    assert.strictEqual(phone.isNotified, true);
    called = [];
    for (let beats = 0; beats < 3; ++beats) {
      test.mock.timers.tick(1000);
      await settle();
    }
    assert.deepStrictEqual(called, ['pusher_heartbeat', 'pusher_heartbeat', 'pusher_heartbeat']);
    newest().drop(1006);
    await settle();
    called = [];
    test.mock.timers.tick(1000);
    await settle();
    assert.ok(called.includes('get_pushers'));
    phone.stop();
  });

  it('in a hidden page, whose timers are slow, sends the heartbeats that the server asks for', async (test) => {
    test.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
    const phone = makePhone();
    await phone.create(kPlace, 'room');
    await newest().logIn(kSnapshot);
    called = [];
    newest().receive({ beat: {} });
    assert.deepStrictEqual(called, []);
    phone.lastBeatMs -= 1001;
    newest().receive({ beat: {} });
    assert.deepStrictEqual(called, ['pusher_heartbeat']);
    phone.stop();
  });

  it('sees others come, talk and go', async (test) => {
    test.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
    const phone = makePhone();
    await phone.create(kPlace, 'room');
    await newest().logIn(kSnapshot);
    newest().receive(event('c2', { pusher_added: member('b') }));
    newest().receive(event('c3', { message: { seq: 1, from: 'b', nick: 'B', type: 'text', body: 'hello' } }));
    assert.deepStrictEqual(phone.belief?.members.map((each) => each.userID), ['user_1', 'b']);
    assert.deepStrictEqual(phone.texts.map((text) => text.text), ['hello']);
    const said = phone.say('hi');
    newest().answer({ seq: 2, time: 1 });
    await said;
    newest().receive(event('c4', { message: { seq: 2, from: 'user_1', nick: 'Alice', type: 'text', body: 'hi' } }));
    assert.deepStrictEqual(phone.texts.map((text) => text.text), ['hello', 'hi']);
    newest().receive(event('c5', { pusher_deleted: { userID: 'b', reason: 'heartbeat_timeout' } }));
    assert.strictEqual(phone.state, 'in');
    newest().receive(event('c6', { pusher_deleted: { userID: 'user_1', reason: 'kicked' } }));
    assert.strictEqual(phone.state, 'evicted');
    phone.stop();
  });

  it('has one socket at most, and none while it is silent or out', async (test) => {
    test.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
    const phone = makePhone();
    const open = () => opened.filter((each) => each.readyState < 3).length;
    await phone.create(kPlace, 'room');
    await newest().logIn(kSnapshot);
    phone.fallSilent();
    await settle();
    assert.strictEqual(open(), 0);
    await phone.wakeUp();
    assert.strictEqual(open(), 1);
    await newest().logIn({ epoch: 'e', cursor: 'c9', recovered: true, events: [] });
    assert.deepStrictEqual(newest().sent[1].subscribe, { ...kPlace, cursor: 'c1' });
    await phone.leave();
    await phone.join({ kind: 'live', roomID: 'other' });
    assert.strictEqual(open(), 1);
    await newest().logIn(kSnapshot);
    assert.deepStrictEqual(newest().sent[1].subscribe, { kind: 'live', roomID: 'other' });
    await phone.leave();
    await settle();
    assert.strictEqual(open(), 0);
    phone.stop();
  });

  it('polls when it gets no ticket', async (test) => {
    test.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
    const phone = new Phone('alice', 'Alice', 1000, async (_, __, endpoint) =>
      (endpoint === 'get_im_login_info' ? { code: 6, message: 'no' } : { code: 0, pushers: [member('alice')], roomCreator: 'alice' }),
    () => assert.fail('no socket'));
    await phone.create(kPlace, 'room');
    assert.strictEqual(phone.state, 'in');
    assert.deepStrictEqual(phone.belief?.members.map((each) => each.userID), ['alice']);
    phone.stop();
  });
});
