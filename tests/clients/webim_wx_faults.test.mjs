// The drop-in for webim_wx.js where networks swallow, clocks are set and servers refuse: in the time of the test, at the
// drop-in's own pace.
import assert from 'node:assert';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { ScriptedPhone } from './support/scripted_phone.js';

const kSecond = 1000;
const kHour = 3600 * kSecond;

describe('webim_wx', () => {
  let phone;
  let sockets;
  let polls;

  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
    phone = new ScriptedPhone();
    ({ sockets, polls } = phone);
  });
  afterEach(() => {
    mock.timers.reset();
    mock.restoreAll();
    assert.deepStrictEqual(phone.thrown, []);
  });

  /** @returns what becomes of a promise: 'pending', 'done', or the code of the error in `state` */
  function follow(promise) {
    const outcome = { state: 'pending' };
    promise.then(() => { outcome.state = 'done'; }, ({ ErrorCode }) => { outcome.state = ErrorCode; });
    return outcome;
  }

  const verbs = () => sockets.at(-1).sent.map(({ id, ...request }) => Object.keys(request)[0]);

  for (const [what, happen] of [
    ['is swallowed', (socket) => socket.open()],
    ['never opens', () => {}],
    ['fails', (socket) => socket.fail({})],
  ]) {
    it(`polls within 5 s when a socket ${what}`, async () => {
      const entered = follow(phone.login().then(() => phone.join('r')));
      happen(sockets[0]);
      await phone.advance(4 * kSecond);
      assert.strictEqual(polls.length, 1);
      await phone.advance(kSecond, () => phone.answerPolls());
      assert.deepStrictEqual([entered.state, sockets.length], ['done', 1]);
    });
  }

  it('tries a socket once more when the server is busy', async () => {
    phone.login();
    sockets[0].end(1013);
    await phone.advance(6 * kSecond);
    assert.deepStrictEqual([sockets.length, polls.length], [2, 0]);
    sockets[1].end(1013);
    assert.strictEqual(polls.length, 1);
  });

  it('says that the network is lost, and connects at once when it is back', async () => {
    await phone.enter();
    phone.wx.changeNetwork(false);
    await phone.advance(kSecond);
    assert.deepStrictEqual([phone.connections, sockets[0].isClosed, sockets.length], [[0, 9999], true, 2]);
    sockets[1].fail({});
    phone.wx.changeNetwork(true);
    assert.deepStrictEqual([sockets.length, polls.at(-1).wait], [3, 0]);
    sockets[2].open();
    await phone.advance(kSecond, () => phone.answer());
    assert.deepStrictEqual(phone.connections, [0, 9999, 0]);
  });

  it('asks on another network whether its socket is alive', async () => {
    const socket = await phone.enter();
    phone.wx.changeNetwork(true);
    assert.deepStrictEqual(verbs(), ['ping']);
    await phone.advance(7 * kSecond);
    assert.deepStrictEqual([socket.isClosed, sockets.length], [true, 2]);
    phone.wx.changeNetwork(true); // does not wait for what is under way
    assert.deepStrictEqual([sockets[1].isClosed, sockets.length], [true, 3]);
  });

  it('returns to a socket with the first poll that is answered after an outage', async () => {
    const socket = await phone.enter();
    socket.end(1006);
    await phone.advance(kSecond);
    sockets[1].fail({});
    polls.shift().fail({});
    await phone.advance(2 * kSecond);
    assert.strictEqual(sockets.length, 2);
    phone.answerPolls();
    assert.strictEqual(sockets.length, 3);
  });

  for (const [way, shift] of [['back', -kHour], ['forward', kHour]]) {
    it(`goes on when the clock is set ${way}`, async () => {
      let offset = 0;
      const { now } = Date;
      mock.method(Date, 'now', () => now() + offset);
      const joined = follow(phone.login().then(() => phone.join('r')));
      offset = shift;
      sockets[0].open();
      await phone.advance(3 * kSecond);
      assert.strictEqual(joined.state, 'pending');
      await phone.advance(kSecond, () => phone.answer());
      assert.strictEqual(joined.state, 'done');
      offset += shift;
      await phone.advance(26 * kSecond);
      assert.deepStrictEqual(verbs(), ['ping']);
      phone.answer();
      const said = follow(phone.say('x'));
      await phone.advance(9 * kSecond);
      assert.deepStrictEqual([verbs(), sockets.length], [['send'], 1]);
      await phone.advance(10 * kSecond);
      assert.deepStrictEqual([said.state, sockets[0].isClosed, sockets.length], ['pending', true, 2]);
      await phone.advance(3 * kSecond);
      assert.strictEqual(said.state, -1);
    });
  }

  describe('after a cut', () => {
    const message = (seq) => ({ seq, from: 'bob', type: 'text', body: `${seq}` });
    let socket;

    /** Has connected again, and got that reply. */
    async function resume(reply) {
      sockets.at(-1).end(1006);
      await phone.advance(kSecond);
      socket = sockets.at(-1);
      socket.open();
      phone.answer();
      socket.receive({ id: socket.sent.shift().id, subscribe: { cursor: 'd', room: {}, ...reply } });
    }

    beforeEach(async () => {
      await phone.enter();
      await resume({ missed: { from: 1, to: 3, messages: [message(3)] } });
      socket.receive({ event: { kind: 'multi', roomID: 'r', cursor: 'e', message: message(4) } });
    });

    /** Takes the request for a page. */
    function asked() {
      const [{ id, history }, ...others] = socket.sent.splice(0);
      assert.deepStrictEqual([history.before, others, phone.texts], [3, [], []]);
      return id;
    }

    const refuse = () => socket.receive({ id: asked(), error: { code: 10002, message: 'too many requests' } });

    it('asks again for texts that the server is too busy to give, even after another cut', async () => {
      refuse();
      await phone.advance(2 * kSecond); // the longest pause
      refuse();
      await resume({ recovered: true, events: [] });
      await phone.advance(4 * kSecond);
      socket.receive({ id: asked(), history: { messages: [message(1), message(2)] } });
      assert.deepStrictEqual(phone.texts, [...'1234']);
    });

    it('asks again for texts where there was no reply', async () => {
      asked();
      await phone.advance(23 * kSecond);
      asked();
    });

    it('goes on without them when the server stays busy', async () => {
      for (let refusals = 1; refusals < 5; ++refusals) {
        refuse();
        await phone.advance(2 ** refusals * kSecond);
      }
      refuse();
      assert.deepStrictEqual(phone.texts, ['3', '4']);
    });
  });

  it('is not cut off for joins that come faster than the server takes requests', async () => {
    const socket = await phone.enter();
    const joins = [];
    await phone.advance(4 * kSecond, () => {
      joins.push(follow(phone.join(`room_${joins.length}`)));
      phone.answer();
    });
    await phone.advance(kSecond, () => phone.answer());
    assert.deepStrictEqual([joins.at(-1).state, socket.isClosed], ['done', undefined]);
  });

  describe('500 texts at once', () => {
    const kTexts = Array.from({ length: 500 }, (_, index) => `${index}`);
    const kExpected = kTexts.map((text, index) => (index < 100 ? 'done' : 10002));
    let outcomes;

    const say = () => { outcomes = kTexts.map((text) => follow(phone.say(text))); };
    const states = () => outcomes.map(({ state }) => state);
    const bodies = (requests) => requests.flatMap(({ send }) => send?.body ?? []);

    it('arrive in order or fail at once, on a socket', async () => {
      const socket = await phone.enter();
      const arrived = [];
      say();
      await phone.advance(100);
      assert.deepStrictEqual(states().slice(100), kExpected.slice(100));
      await phone.advance(12 * kSecond, () => {
        arrived.push(...bodies(socket.sent));
        phone.answer();
      });
      assert.deepStrictEqual([arrived, states(), sockets.length], [kTexts.slice(0, 100), kExpected, 1]);
    });

    it('arrive in order or fail at once, by polls', async () => {
      const joined = phone.login().then(() => phone.join('r'));
      sockets[0].fail({});
      await phone.advance(kSecond, () => phone.answerPolls());
      await joined;
      const arrived = [];
      say();
      await phone.advance(12 * kSecond, () => {
        arrived.push(...polls.flatMap(({ requests }) => bodies(requests)));
        phone.answerPolls();
      });
      assert.deepStrictEqual([arrived, states()], [kTexts.slice(0, 100), kExpected]);
    });

    it('are at most 30 without a reply, let pings pass, and end with the stay', async () => {
      const socket = await phone.enter();
      say();
      phone.wx.changeNetwork(true);
      socket.receive(phone.reply(socket.sent.pop()));
      await phone.advance(5 * kSecond);
      assert.deepStrictEqual(verbs(), Array(30).fill('send'));
      phone.quit();
      const joined = follow(phone.join('r')); // before the server knows that it has left
      await phone.advance(100);
      assert.deepStrictEqual([states()[29], states()[30]], ['pending', 10007]);
      phone.answer();
      assert.deepStrictEqual(verbs(), Array(4).fill('subscribe'));
      await phone.advance(kSecond, () => phone.answer());
      assert.strictEqual(joined.state, 'done');
    });
  });
});
