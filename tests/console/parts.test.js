// The parts of the page that need no browser.
import assert from 'node:assert';
import { describe, it } from 'node:test';
import { presence } from '../../daemon/admin/console/assets/channel_page.js';
import { niceTop, stack } from '../../daemon/admin/console/assets/chart.js';
import { failureWords } from '../../daemon/admin/console/assets/confirm_dialog.js';
import { retryDelay } from '../../daemon/admin/console/assets/event_stream.js';
import { byteCount, duration, fineNumber } from '../../daemon/admin/console/assets/format.js';
import { initials, plainText, visibleRuns } from '../../daemon/admin/console/assets/inert_text.js';
import { leaseState } from '../../daemon/admin/console/assets/lease_meter.js';
import { beatPeriod } from '../../daemon/admin/console/assets/phone.js';
import { finds, loadPage } from '../../daemon/admin/console/assets/room_board.js';
import { hashOf, parseRoute, searchable, tokenIn } from '../../daemon/admin/console/assets/routes.js';
import { SampleHistory } from '../../daemon/admin/console/assets/sample_history.js';
import { SseParser } from '../../daemon/admin/console/assets/sse_parser.js';
import { mergedEvents } from '../../daemon/admin/console/assets/timeline.js';
import { stepsDone } from '../../daemon/admin/console/assets/try_page.js';
import { eventWords, roomTitle } from '../../daemon/admin/console/assets/words.js';

describe('text', () => {
  it('escapes invisible characters', () => {
    assert.strictEqual(plainText('a\u202eb'), 'a[U+202E]b');
    assert.strictEqual(plainText('\u0000\u001b\u200b\ufeff\u2066'), '[U+0000][U+001B][U+200B][U+FEFF][U+2066]');
    assert.strictEqual(plainText('\u{e0041}\ud800'), '[U+E0041][U+D800]');
    assert.strictEqual(plainText('\u3164\u2800'), '[U+3164][U+2800]');
  });

  it('escapes characters that fonts render as blank', () => {
    const ranges = [[0x180b, 0x180f], [0x2065, 0x2065], [0xfe00, 0xfe0f], [0xfff0, 0xfff8], [0xe0000, 0xe0fff]];
    for (const [first, last] of ranges) {
      for (let code = first; code <= last; ++code) {
        assert.strictEqual(plainText(`Alice${String.fromCodePoint(code)}`), `Alice[U+${code.toString(16).toUpperCase()}]`);
      }
    }
  });

  it('escapes emoji modifiers outside an emoji', () => {
    assert.strictEqual(plainText('❤\ufe0f\ufe0f'), '❤\ufe0f[U+FE0F]');
    assert.strictEqual(plainText('1\ufe0f2'), '1[U+FE0F]2');
    assert.strictEqual(plainText('👩\u200d\ufe0f'), '👩[U+200D][U+FE0F]');
  });

  it('keeps visible characters', () => {
    for (const text of ['', 'Zoë', '张伟', 'שלום', 'नमस्ते', '👩‍💻', '👍🏽', '🇩🇪', '❤\ufe0f', '❤\ufe0f\u200d🔥', '⛹🏽\u200d♀\ufe0f', '1\ufe0f\u20e3', 'a b']) {
      assert.strictEqual(plainText(text), text);
      assert.ok(visibleRuns(text).length <= 1);
    }
  });

  it('derives initials from the name or else the ID', () => {
    assert.strictEqual(initials('Anna-Lena Vogt', 'u'), 'AV');
    assert.strictEqual(initials('张伟', 'u'), '张');
    assert.strictEqual(initials('\u200b', 'bob'), 'B');
    assert.strictEqual(initials('', '<>'), '?');
  });
});

describe('values', () => {
  it('are abbreviated', () => {
    assert.deepStrictEqual([0, 59_999, 60_000, 200_000, 7_500_000, 280_000_000].map(duration),
      ['0s', '59s', '1m', '3m 20s', '2h 5m', '3d 5h']);
    assert.deepStrictEqual([0, 0.04, 12.34, 1234.5].map(fineNumber), ['0', '0', '12.3', '1,235']);
    assert.deepStrictEqual([0, 999, 1000, 1_540_000, 2e9, 3e16].map(byteCount),
      ['0B', '999B', '1kB', '1.5MB', '2GB', '30,000TB']);
  });

  it('have axes that end at round numbers', () => {
    assert.deepStrictEqual([0, 0.2, 1, 7, 20, 81, 101].map(niceTop), [1, 0.2, 1, 8, 20, 100, 150]);
  });

  it('are stacked', () => {
    const at = (/** @type {number} */ value) => [[{ atMs: 0, value }]];
    assert.deepStrictEqual(stack([at(1), at(2), at(4)]).map((pieces) => pieces[0][0].value), [1, 3, 7]);
  });
});

describe('a page address', () => {
  it('round-trips', () => {
    for (const route of /** @type {import('../../daemon/admin/console/assets/routes.js').Route[]} */ ([
      { page: 'rooms', kind: '', q: '' }, { page: 'rooms', kind: 'live', q: 'a&b=c#d e' },
      { page: 'room', kind: 'multi', roomID: "a<b>'|@" }, { page: 'server' }, { page: 'nodes' }, { page: 'try' },
      { page: 'channel', q: '' }, { page: 'channel', q: 'user_&1' }])) {
      assert.deepStrictEqual(parseRoute(hashOf(route)), route);
    }
  });

  it('falls back to all rooms if invalid', () => {
    for (const hash of ['', '#', '#/', '#/nonsense', '#/room/multi/', '#/room/nokind/x', '#/room/multi/%', '#/rooms?kind=x']) {
      assert.deepStrictEqual(parseRoute(hash), { page: 'rooms', kind: '', q: '' });
    }
  });

  it('truncates a search to the server limit', () => {
    for (const text of ['', 'a'.repeat(200), '张'.repeat(66), '👍'.repeat(50)]) assert.strictEqual(searchable(text), text);
    assert.strictEqual(searchable('a'.repeat(201)), 'a'.repeat(200));
    assert.strictEqual(searchable('张'.repeat(67)), '张'.repeat(66));
    assert.strictEqual(searchable(`a${'👍'.repeat(50)}`), `a${'👍'.repeat(49)}`);
    const q = '张'.repeat(67);
    assert.deepStrictEqual(parseRoute(hashOf({ page: 'rooms', kind: '', q })), { page: 'rooms', kind: '', q: '张'.repeat(66) });
  });

  it('may contain the token', () => {
    assert.strictEqual(tokenIn('#token=a%2Bb'), 'a+b');
    for (const hash of ['', '#token=', '#token=%', '#/rooms']) assert.strictEqual(tokenIn(hash), null);
  });
});

describe('a login', () => {
  const login = (/** @type {number} */ polls, /** @type {number} */ idleMs, client = /** @type {'old'|'new'} */ ('old')) =>
    presence({ userID: 'a', client, loggedInAtMs: 0, polls, idleMs, room: null });

  it('is described by what it does', () => {
    assert.deepStrictEqual([login(2, 0), login(0, 4000), login(0, 65_000)], ['listening', 'here', 'silent for 1m 5s']);
    assert.strictEqual(login(0, 0, 'new'), 'listening');
  });
});

describe('the event stream', () => {
  const text = 'id: 1\r\nevent: room_created\r\ndata: {"a":1}\r\n\r\n: alive\n\nevent: gap\ndata: x\ndata: y\n\nid: 3\ndata:z\n\n';
  const messages = [
    { id: '1', type: 'room_created', data: '{"a":1}' },
    { id: '', type: 'gap', data: 'x\ny' },
    { id: '3', type: 'message', data: 'z' },
  ];

  it('is parsed equally for any chunking', () => {
    for (let cut = 0; cut <= text.length; ++cut) {
      const parser = new SseParser();
      assert.deepStrictEqual([...parser.push(text.slice(0, cut)), ...parser.push(text.slice(cut))], messages);
    }
  });

  it('is retried with exponential backoff and jitter', () => {
    assert.deepStrictEqual([0, 1, 2, 20].map((failures) => retryDelay(failures, 1)), [500, 1000, 2000, 15_000]);
    assert.strictEqual(retryDelay(0, 0), 250);
  });
});

describe('the sample history', () => {
  const reply = (/** @type {number} */ requests, startedAtMs = 1) =>
    /** @type {any} */ ({ startedAtMs, pushers: requests, totals: { requests } });
  const requests = (/** @type {any} */ each) => each.totals.requests;

  it('computes rates from totals', () => {
    const history = new SampleHistory();
    [0, 10, 40].forEach((total, at) => history.add(reply(total), at * 2000));
    assert.deepStrictEqual(history.rates(requests), [[{ atMs: 2000, value: 5 }, { atMs: 4000, value: 15 }]]);
  });

  it('has a gap after an outage or a restart', () => {
    const history = new SampleHistory();
    history.add(reply(100), 0);
    history.add(reply(110), 2000);
    history.add(reply(500), 60_000);
    history.add(reply(1, 2), 62_000);
    history.add(reply(5, 2), 64_000);
    assert.deepStrictEqual(history.levels(requests).map((piece) => piece.length), [2, 1, 2]);
    assert.deepStrictEqual(history.rates(requests), [[{ atMs: 2000, value: 5 }], [{ atMs: 64_000, value: 2 }]]);
  });

  it('covers ten minutes', () => {
    const history = new SampleHistory();
    for (let at = 0; at < 1000; ++at) history.add(reply(at), at * 2000);
    assert.strictEqual(history.levels(requests).flat().length, 301);
  });
});

describe('a page of rooms', () => {
  const room = (/** @type {string} */ roomID) => ({ kind: 'multi', roomID, roomInfo: 'Talk', creator: 'alice', pushers: [{ userID: 'bob', userName: 'Bob' }] });

  it('requests more while replies are short', async () => {
    /** @type {any[]} */
    const asked = [];
    const replies = [{ rooms: [], next: 'a' }, { rooms: [room('x')], next: 'b' }, { rooms: [room('y')], next: null }];
    const api = /** @type {any} */ ({ get: async (/** @type {string} */ _, /** @type {any} */ query) => {
      asked.push(query.after);
      return replies[asked.length - 1];
    } });
    const page = await loadPage(api, { kind: '', q: 'z', after: '' }, new AbortController().signal);
    assert.deepStrictEqual(asked, ['', 'a', 'b']);
    assert.deepStrictEqual(page, { rooms: [room('x'), room('y')], next: '', requests: 3 });
  });

  it('stops requesting when it is closed', async () => {
    const leaving = new AbortController();
    let asked = 0;
    const api = /** @type {any} */ ({ get: async (/** @type {string} */ _, /** @type {any} */ __, /** @type {AbortSignal} */ signal) => {
      if (++asked === 3) leaving.abort();
      signal?.throwIfAborted();
      return { rooms: [], next: 'a' };
    } });
    await assert.rejects(loadPage(api, { kind: '', q: 'z', after: '' }, leaving.signal), { name: 'AbortError' });
    assert.strictEqual(asked, 3);
  });

  it('is filtered like on the server', () => {
    for (const q of ['', 'oo', 'Talk', 'tALK', 'alice', 'bob', 'BOB']) assert.ok(finds(/** @type {any} */ (room('room')), q), q);
    for (const q of ['carol', 'multi']) assert.ok(!finds(/** @type {any} */ (room('room')), q), q);
  });
});

describe('the title of a room', () => {
  it('is found in an object', () => {
    const title = (/** @type {string} */ roomInfo) => roomTitle({ roomID: 'r', roomInfo });
    assert.deepStrictEqual(['', 'Tea', '{"title":"Tea"}', '{"name":"Tea"}', '{"a":1}', 'null', '7', '{'].map(title),
      ['r', 'Tea', 'Tea', 'Tea', '{"a":1}', 'null', '7', '{']);
  });
});

describe('the history of a room', () => {
  const event = (/** @type {number} */ sequence) => /** @type {any} */ ({ number: 1, sequence });
  const numbers = (/** @type {any[]} */ events) => events.map((each) => each.sequence);

  it('merges events that arrive while it loads', () => {
    assert.deepStrictEqual(numbers(mergedEvents([event(2), event(1)], [event(4), event(3), event(2)])), [4, 3, 2, 1]);
    assert.deepStrictEqual(numbers(mergedEvents([event(3), event(2)], [event(2)])), [3, 2]);
    assert.deepStrictEqual(numbers(mergedEvents([], [event(1)])), [1]);
  });

  it('ignores late events of a lagging stream', () => {
    assert.deepStrictEqual(numbers(mergedEvents([event(9), event(8)], [event(10), event(3), event(2)])), [10, 9, 8]);
  });
});

describe('a failed action', () => {
  const words = (/** @type {number} */ status) => failureWords(Object.assign(new Error('no'), { status }));

  it('is reported as without effect if it was refused', () => {
    for (const status of [400, 404, 409]) assert.strictEqual(words(status), 'no. Nothing was changed.');
  });

  it('is reported as possibly applied otherwise', () => {
    for (const status of [0, 200, 500, 503]) assert.strictEqual(words(status), 'no. It may have been done even so: look before you try again.');
    assert.match(failureWords(new Error('odd')), /may have been done/);
  });
});

describe('event texts', () => {
  const words = (/** @type {object} */ event) =>
    eventWords(/** @type {any} */ (event)).sentence.map((part) => (typeof part === 'string' ? part : `<${part.name}>`)).join('');

  it('contain the reasons of departures and room ends', () => {
    assert.strictEqual(words({ type: 'pusher_deleted', userID: 'bob', reason: 'heartbeat_timeout' }),
      '<bob> was evicted: no heartbeat came in time');
    assert.strictEqual(words({ type: 'pusher_deleted', userID: 'bob', reason: 'kicked', newCreator: 'eve' }),
      '<bob> was kicked by an operator; <eve> is the creator now');
    assert.strictEqual(words({ type: 'room_destroyed', reason: 'dismissed' }), 'An operator dismissed the room');
  });

  it('name the user that has changed a field, where it is known', () => {
    const change = { type: 'custom_changed', field: 'likes', value: 7 };
    assert.strictEqual(words({ ...change, userID: 'bob' }), '<bob> set <likes> to <7>');
    assert.strictEqual(words(change), '<likes> is now <7>');
  });

  it('show unknown reasons', () => {
    assert.strictEqual(words({ type: 'pusher_deleted', userID: 'bob', reason: 'bored' }), '<bob> left (bored)');
    assert.strictEqual(words({ type: 'room_destroyed' }), 'The room ended (no reason given)');
    assert.strictEqual(words({ type: 'something_new' }), 'something_new');
  });
});

describe('simulated phones', () => {
  it('send heartbeats like phones, faster for a short timeout', () => {
    assert.strictEqual(beatPeriod(20_000, 7000), 7000);
    assert.ok(beatPeriod(3000, 7000) < 1500);
  });

  it('derive the completed steps from their state', () => {
    const phone = (/** @type {string} */ userID, /** @type {string} */ state, /** @type {string[]} */ members) =>
      /** @type {any} */ ({ userID, state, belief: { members: members.map((member) => ({ userID: member })) } });
    const steps = (/** @type {string} */ alice, /** @type {string[]} */ seen, /** @type {string} */ bob) =>
      stepsDone(phone('alice', alice, seen), phone('bob', bob, []));
    assert.strictEqual(steps('out', [], 'out'), 0);
    assert.strictEqual(steps('in', ['alice'], 'out'), 1);
    assert.strictEqual(steps('in', ['alice', 'bob'], 'in'), 2);
    assert.strictEqual(steps('in', ['alice', 'bob'], 'silent'), 3);
    assert.strictEqual(steps('in', ['alice'], 'silent'), 4);
    assert.strictEqual(steps('in', ['alice'], 'evicted'), 4);
    assert.strictEqual(steps('evicted', ['alice'], 'silent'), 0);
  });

  it('have a lease state by remaining time', () => {
    assert.deepStrictEqual([1, 0.5, 0.49, 0.25, 0.24, 0].map(leaseState), ['fresh', 'fresh', 'late', 'late', 'critical', 'over']);
  });
});
