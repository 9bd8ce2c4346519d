// A simulated phone on the library, without a server and a browser.
import assert from 'node:assert';
import { describe, it } from 'node:test';
import { Client } from '../../clients/js/src/client.js';
import { Phone } from '../../daemon/admin/console/assets/phone.js';
import { PhonePlatform } from '../../daemon/admin/console/assets/phone_platform.js';
import { ScriptedPlatform } from '../clients/support/scripted_platform.js';

const kPlace = { kind: 'multi', roomID: 'r' };
const kAnn = { userID: 'ann', userName: 'Ann', userAvatar: '', accelerateURL: '' };
const kBob = { userID: 'bob', userName: 'Bob', userAvatar: '', accelerateURL: '' };
const event = (/** @type {string} */ cursor, /** @type {object} */ what) => ({ event: { ...kPlace, cursor, time: 1, ...what } });

function makePhone(periods = new Map(), channel = 'https://h') {
  const web = new ScriptedPlatform();
  /** @type {any[]} */
  const heard = [];
  const phone = new Phone('alice', 'Alice', (onExchange) => {
    const platform = new PhonePlatform(web, periods, (exchange) => {
      heard.push(exchange);
      onExchange({ ...exchange, problem: exchange.code === undefined ? 'silence' : '' });
    });
    return { client: new Client({ server: 'https://h', channel }, platform), platform };
  });
  /** Answers what the phone sends and asks until nothing more happens. */
  const enter = async (/** @type {Promise<void>} */ entering) => {
    await web.advance(0);
    if (web.sockets.length > 0) await web.connect();
    await entering;
    await web.advance(0);
  };
  const socket = () => web.sockets.at(-1);
  return { web, phone, heard, enter, socket };
}

describe('a phone', () => {
  it('takes the name that the server chooses, sees others come and go, and talks', async () => {
    const { web, phone, enter, socket } = makePhone();
    await enter(phone.join(kPlace));
    assert.deepStrictEqual([phone.state, phone.userID, phone.connection, phone.isNotified], ['in', 'ann', 'connected', true]);
    socket().receive(event('c1', { pusher_added: kBob }));
    socket().receive(event('c2', { message: { seq: 1, from: 'bob', nick: 'Bob', type: 'text', body: 'hello' } }));
    socket().receive(event('c3', { message: { seq: 2, from: 'bob', nick: 'Bob', type: 'custom', body: '{}' } }));
    assert.deepStrictEqual(phone.belief?.members.map(({ userID }) => userID), ['ann', 'bob']);
    assert.deepStrictEqual(phone.texts.map(({ text }) => text), ['hello']);
    phone.say('hi');
    assert.deepStrictEqual(socket().sent.at(-1).send.body, 'hi');
    socket().receive(event('c4', { pusher_deleted: { userID: 'bob', reason: 'left' } }));
    assert.deepStrictEqual(phone.belief?.members.map(({ userID }) => userID), ['ann']);
    await phone.leave();
    assert.deepStrictEqual([phone.state, phone.belief, phone.texts], ['out', null, []]);
    assert.strictEqual(web.endpoints().at(-1), 'delete_pusher');
  });

  it('sends nothing while it is silent, and goes on where it was cut off', async () => {
    const { web, phone, enter, socket } = makePhone();
    await enter(phone.join(kPlace));
    socket().receive(event('c1', { pusher_added: kAnn }));
    const before = socket();
    const sent = web.requests.length;
    phone.fallSilent();
    assert.ok(before.isClosed);
    before.close(1000);
    await web.advance(60_000);
    assert.deepStrictEqual([web.requests.length, web.sockets.length], [sent, 1]);
    phone.wakeUp();
    await web.advance(0);
    const [heartbeat, poll] = web.requests.slice(sent);
    assert.deepStrictEqual([heartbeat.endpoint, poll.body.cursors], ['pusher_heartbeat', [{ ...kPlace, cursor: 'c1' }]]);
    assert.strictEqual(phone.state, 'in');
  });

  it('stays out after an eviction, and shows why', async () => {
    const { web, phone, enter } = makePhone();
    await enter(phone.join(kPlace));
    web.replies.pusher_heartbeat = { code: 5, message: 'no', reason: 'heartbeat_timeout' };
    phone.fallSilent();
    phone.wakeUp();
    await web.advance(60_000);
    assert.strictEqual(phone.state, 'evicted');
    assert.match(phone.problem, /^pusher_heartbeat: code 5/);
    assert.deepStrictEqual(web.endpoints().filter((name) => name === 'add_pusher'), ['add_pusher']);
  });

  it('shows why its room has ended', async () => {
    const { phone, enter, socket } = makePhone();
    await enter(phone.join(kPlace));
    socket().receive(event('c1', { room_destroyed: { reason: 'dismissed' } }));
    assert.strictEqual(phone.state, 'evicted');
    assert.match(phone.problem, /dismissed/);
  });

  it('sends nothing after stop, even while joining', async () => {
    const { web, phone } = makePhone();
    web.replies.login = 'wait';
    const joining = phone.join(kPlace);
    await web.settle();
    phone.stop();
    web.requests.at(-1).answer({ code: 0, token: 't' });
    await joining;
    await web.advance(60_000);
    phone.join(kPlace);
    await web.advance(60_000);
    assert.deepStrictEqual(web.endpoints(), ['get_login_info', 'login']);
    assert.strictEqual(web.timers, 0);
  });

  it('has the periods that it is given', async () => {
    const { web, phone, enter } = makePhone(new Map([[3000, 1000], [7000, 1000], [10_000, 2000]]), '');
    web.replies.get_pushers = { ...web.replies.get_pushers, pushers: [kAnn] };
    await enter(phone.join(kPlace));
    assert.deepStrictEqual([phone.connection, phone.isNotified], ['none', false]);
    const sent = web.requests.length;
    await web.advance(4000);
    const asked = web.endpoints().slice(sent);
    assert.deepStrictEqual(asked.filter((name) => name === 'pusher_heartbeat').length, 4);
    assert.deepStrictEqual(asked.filter((name) => name === 'get_pushers').length, 2);
  });

  it('reports what it sends and receives', async () => {
    const { web, phone, heard, enter, socket } = makePhone();
    await enter(phone.join(kPlace));
    const [{ request, reply, code }] = heard.filter(({ name }) => name === 'ws subscribe');
    assert.deepStrictEqual([request.roomID, reply.cursor, code], ['r', 'c0', 0]);
    socket().receive(event('c1', { pusher_added: kBob }));
    const { tookMs, ...push } = heard.at(-1);
    assert.deepStrictEqual(push, { name: 'ws pusher_added', request: null, reply: event('c1', { pusher_added: kBob }).event, code: 0 });
    phone.say('hi');
    socket().receive({ id: socket().sent.at(-1).id, error: { code: 10002, message: 'too many' } });
    await web.settle();
    assert.deepStrictEqual([heard.at(-1).name, heard.at(-1).code], ['ws send', 10002]);
    assert.match(phone.problem, /too many/);
    web.replies.pusher_heartbeat = 'fail';
    await web.advance(3000);
    assert.deepStrictEqual([heard.at(-1).name, heard.at(-1).code, phone.problem], ['pusher_heartbeat', undefined, 'silence']);
  });
});
