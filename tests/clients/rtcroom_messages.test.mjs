// The messages of the library rtcroom around a cut and an entry: each once, in order, or a gap.
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

  beforeEach(() => { ({ platform, client, events, login, join } = makeScriptedUser()); });

  const message = (seq) => ({ seq, body: `${seq}` });
  const push = (seq) => platform.sockets.at(-1).receive(
    { event: { kind: 'multi', roomID: 'r', cursor: `c${seq}`, message: message(seq) } });
  const upTo = (last, first = 1) => Array.from({ length: last - first + 1 }, (_, index) => first + index);
  const told = () => events.filter(([name]) => ['message', 'gap'].includes(name))
    .map(([, { seq, from, to }]) => seq ?? `${from}-${to}`);

  /** Cuts the client off, and answers its cursor. */
  async function missing(missed) {
    platform.sockets.at(-1).close(1006);
    await platform.advance(kSecond);
    const socket = platform.sockets.at(-1);
    socket.open();
    const room = { roomInfo: '', roomCreator: 'bob', mixedPlayURL: '', custom: {}, audienceCount: 0, pushers: [] };
    const { id } = socket.sent.find(({ subscribe }) => subscribe);
    socket.sent.length = 0;
    socket.receive({ id, subscribe: { cursor: 'c', recovered: false, room, missed } });
    await platform.settle();
  }

  /** Answers the request for a page, as the server does. */
  async function answerHistory() {
    const socket = platform.sockets.at(-1);
    const { id, history: { before, limit } } = socket.sent.pop();
    socket.receive({ id, history: { messages: upTo(before - 1, Math.max(1, before - limit)).map(message) } });
    await platform.settle();
  }

  it('tells messages that arrive while a room is entered once it is', async () => {
    await login();
    const joining = client.joinRoom('multi', 'r', { stream: false });
    await platform.settle();
    await platform.answerAll();
    push(1);
    const room = await joining;
    push(2);
    room.on('message', (value) => events.push(['message', value]));
    await platform.advance(0);
    push(3);
    assert.deepStrictEqual(told(), [1, 2, 3]);
  });

  it('reads what was missed before it tells newer messages', async () => {
    await join();
    push(1);
    await missing({ from: 2, to: 130, messages: upTo(130, 101).map(message) });
    push(131);
    await answerHistory();
    push(132);
    assert.deepStrictEqual(told(), [1]);
    await answerHistory();
    push(133);
    assert.deepStrictEqual(told(), upTo(133));
  });

  it('tells the gap that is too long to be read', async () => {
    await join();
    await missing({ from: 1, to: 3000, messages: upTo(3000, 2951).map(message) });
    for (let page = 0; page < 10; ++page) await answerHistory();
    push(3001);
    assert.deepStrictEqual(told(), ['1-2450', ...upTo(3001, 2451)]);
  });

  it('asks again for a page that is refused for a while', async () => {
    await join();
    await missing({ from: 1, to: 2, messages: [message(2)] });
    const socket = platform.sockets.at(-1);
    socket.receive({ id: socket.sent.pop().id, error: { code: 10002, message: 'too many' } });
    await platform.advance(2 * kSecond);
    await answerHistory();
    assert.deepStrictEqual(told(), [1, 2]);
  });

  it('tells a gap where the numbers have begun anew', async () => {
    await join();
    push(7);
    await missing({ from: 1, to: 3 });
    push(4);
    assert.deepStrictEqual(told(), [7, '1-3', 4]);
  });
});
