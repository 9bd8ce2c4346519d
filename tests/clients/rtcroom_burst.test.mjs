// The library rtcroom where a program sends more at once than the server takes, which this plays.
import assert from 'node:assert';
import { beforeEach, describe, it } from 'node:test';
import { makeScriptedUser } from './support/scripted_platform.js';

const kStep = 100; // milliseconds
const kSecond = 1000;
const kBurst = 40; // of the server, for requests and for messages
const kTexts = Array.from({ length: 500 }, (_, index) => String(index));

describe('rtcroom, of 500 texts at once', () => {
  let platform;
  let client;
  let room;
  let buckets; // what the server still takes
  let arrived;
  let outcomes;

  async function setUp(options, limits) {
    const user = makeScriptedUser(options);
    ({ platform, client } = user);
    buckets = {};
    arrived = [];
    await client.login();
    await platform.advance(0);
    platform.sockets.at(-1)?.open();
    const joining = client.joinRoom('multi', 'r', { stream: false });
    await answer(kSecond, limits);
    room = await joining;
  }
  beforeEach(() => setUp());

  function takes(what, perSecond) {
    const { left, at } = buckets[what] ?? { left: kBurst, at: 0 };
    const now = Math.min(kBurst, left + (platform.nowMs - at) * perSecond / kSecond);
    buckets[what] = { left: now >= 1 ? now - 1 : now, at: platform.nowMs };
    return now >= 1;
  }

  function reply({ id, ...request }, limits) {
    const [[verb, body]] = Object.entries(request);
    if (verb === 'send' && !takes('messages', limits?.messagesPerSecond ?? 10)) return { id, error: { code: 10002, message: '' } };
    if (verb === 'send') arrived.push(body.body);
    const replies = { connect: { login: 7, limits }, subscribe: { cursor: 'c', room: { pushers: [] } }, send: { seq: 1 }, presence: { count: 1 } };
    return { id, [verb]: replies[verb] ?? {} };
  }

  /** Plays the server for some time. */
  async function answer(ms, limits) {
    for (let passed = 0; passed < ms; passed += kStep) {
      await platform.advance(kStep);
      const socket = platform.sockets.at(-1);
      for (const request of socket?.sent.splice(0) ?? []) {
        if (takes('requests', 20)) socket.receive(reply(request, limits));
        else socket.close(4008);
      }
      for (const { endpoint, body, answer: answerPoll } of platform.requests.splice(0)) {
        if (endpoint !== 'poll' || (body.wait && body.cursors.every(({ cursor }) => cursor))) continue;
        const rooms = body.cursors.map(({ kind, roomID }) => ({ kind, roomID, cursor: 'c', recovered: false, room: { pushers: [] } }));
        answerPoll({ replies: body.requests.map((request) => reply(request)), pushes: [], rooms });
      }
      await platform.settle();
    }
  }

  function say() {
    outcomes = [];
    kTexts.forEach((text, index) => room.sendText(text)
      .then(() => { outcomes[index] = 'sent'; }, ({ name }) => { outcomes[index] = name; }));
  }
  const expected = (count) => kTexts.map((_, index) => (index < count ? 'sent' : 'RATE_LIMITED'));

  for (const hasSockets of [true, false]) it(`sends as many as arrive in time, in order (${hasSockets ? 'socket' : 'polls'})`, async () => {
    await setUp({ hasSockets });
    say();
    await platform.settle();
    assert.deepStrictEqual(outcomes.slice(100), expected(100).slice(100));
    await answer(11 * kSecond);
    assert.deepStrictEqual([arrived, outcomes, platform.sockets.length], [kTexts.slice(0, 100), expected(100), Number(hasSockets)]);
  });

  it('sends as many as the server says', async () => {
    for (const [messagesPerSecond, count] of [[2, 20], [0, 180], [100, 180]]) {
      await setUp({}, { messagesPerSecond });
      say();
      await answer(11 * kSecond, { messagesPerSecond: messagesPerSecond || 1000 });
      assert.deepStrictEqual([arrived, outcomes], [kTexts.slice(0, count), expected(count)]);
    }
  });

  it('lets other calls pass, and leaves at most 30 without a reply', async () => {
    say();
    await platform.settle();
    assert.strictEqual(platform.sockets.at(-1).sent.length, 10);
    const asked = room.presence();
    await answer(kStep);
    assert.strictEqual((await asked).count, 1);
    await platform.advance(5 * kSecond);
    assert.strictEqual(platform.sockets.at(-1).sent.length, 30);
  });

  it('fails what waits when the room is left', async () => {
    say();
    await platform.settle();
    await room.leave();
    await platform.settle();
    assert.deepStrictEqual(outcomes.slice(10, 100), Array(90).fill('CLOSED'));
    await answer(kStep);
    assert.deepStrictEqual([arrived, outcomes[9]], [kTexts.slice(0, 10), 'sent']);
  });
});
