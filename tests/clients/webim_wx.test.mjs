// The drop-in for webim_wx.js, against a small server that speaks docs/channel-socket.md. The real
// server is tested by webim_wx_server.test.mjs.
import assert from 'node:assert';
import fs from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { until } from '../console/support/until.js';
import { FakeServer } from './support/fake_server.js';
import { parse } from './support/packages.js';
import { kSource, Phone } from './support/phone.js';

/** @type {FakeServer} */
let server;
/** @type {Phone[]} */
let phones = [];

beforeEach(async () => {
  server = await FakeServer.start();
  server.createRoom('multi', 'r'); // where nothing else is said
});
afterEach(async () => {
  await Promise.all(phones.map((phone) => phone.logout()));
  phones.forEach((phone) => assert.deepStrictEqual(phone.thrown, []));
  phones = [];
  await server.stop();
});

function makePhone(userID, options) {
  const phone = new Phone(server.host, userID, options);
  phones.push(phone);
  return phone;
}

/** A phone that is logged in and has joined; its notice after the join is taken away. */
async function joined(userID, roomID = 'r', options = {}) {
  const phone = makePhone(userID, options);
  await phone.login();
  await phone.join(roomID);
  await until('the notice after the join', () => phone.notices.length === 1);
  phone.notices.pop();
  return phone;
}

const seen = (verb, way) => server.requests.filter((request) => request.verb === verb && (!way || request.way === way));
const pollsOf = (phone) => phone.calls.filter((call) => call === 'poll').length;

/**
 * A phone has taken all that the server has sent so far, and all phones have had some of their seconds to do more: it
 * pings each second, and again only after the reply.
 */
async function caughtUp(phone) {
  const pings = () => seen('ping').filter(({ userID }) => userID === phone.userID).length;
  const before = pings();
  await until('pings', () => pings() >= before + 3);
}

describe('The file', () => {
  const source = fs.readFileSync(kSource, 'utf8');

  it('is ES5, strict, and needs no module', () => {
    const program = parse(source, { ecmaVersion: 5, sourceType: 'script' });
    assert.strictEqual(program.body[0].directive, 'use strict');
    assert.doesNotMatch(source, /\brequire\(/);
  });

  it('has one host', () => {
    assert.strictEqual(source.match(/https?:\/\//g).length, 1);
  });
});

describe('Rooms', () => {
  it('carries a text to all members, the sender included, with nick and text as they were', async () => {
    const [ann, bob] = [await joined('ann'), await joined('bob')];
    const reply = await ann.say('hello 你好 }} x');
    assert.strictEqual(reply.MsgSeq, 1);
    for (const phone of [ann, bob]) {
      await until('the text', () => phone.messages.length === 1);
      assert.deepStrictEqual(phone.messages[0],
        { from: 'ann', isSend: phone === ann, text: 'hello 你好 }} x', nick: 'ann', cmd: undefined });
    }
    assert.deepStrictEqual(seen('send')[0].body.body, 'hello 你好 }} x');
  });

  it('repairs what the libraries do not escape, and gives texts with entities as the SDK', async () => {
    const [ann, bob] = [await joined('ann'), await joined('bob')];
    await ann.say('a<b>"c"', 'A "quoted" \\ }} <br/> &nbsp;nick');
    await until('the text', () => bob.messages.length === 1);
    assert.strictEqual(bob.messages[0].nick, 'A "quoted" \\ }} <br/> &nbsp;nick');
    assert.strictEqual(bob.messages[0].text, 'a&lt;b&gt;&quot;c&quot;');
    assert.strictEqual(seen('send')[0].body.body, 'a<b>"c"');
    const [custom, text] = bob.raw[0].getElems();
    assert.strictEqual(custom.getType(), 'TIMCustomElem');
    assert.strictEqual(text.getType(), 'TIMTextElem');
  });

  it('carries commands, faces and bare texts', async () => {
    server.createRoom('live', 'show');
    const [ann, bob] = [await joined('ann', 'show'), await joined('bob', 'show')];
    const like = '{"cmd":"CustomCmdMsg","data":{"nickName":"A","headPic":"","cmd":"like"}}';
    await ann.send([{ data: like }, { text: '1' }]);
    await ann.send([{ text: 'a' }, { face: '[微笑]' }, { text: 'b' }]);
    await ann.send([{ data: '{"cmd":"board","data":{}}' }]);
    await until('three messages', () => bob.messages.length === 3);
    assert.deepStrictEqual(bob.messages.map(({ cmd, text }) => [cmd, text]),
      [['like', '1'], [undefined, 'a[微笑]b'], [undefined, '']]);
  });

  it('refuses a custom element whose Desc or Ext would be lost', async () => {
    server.createRoom('live', 'show');
    const ann = await joined('ann', 'show');
    const like = '{"cmd":"CustomCmdMsg","data":{"nickName":"A","headPic":"","cmd":"like"}}';
    for (const elems of [[{ data: '{}', ext: 'TXWhiteBoardExt' }], [{ data: '{}', desc: 'd' }],
      [{ data: like, ext: 'x' }, { text: '1' }], [{ data: '', ext: 'x' }, { text: '1' }]]) {
      await assert.rejects(ann.send(elems), { ErrorCode: 80001 });
      await assert.rejects(ann.send(elems, 'bob'), { ErrorCode: 80001 });
    }
    assert.strictEqual(seen('send').length, 0);
  });

  it('reads only the data of a custom element', async () => {
    const ann = makePhone('ann');
    await ann.login();
    server.direct('ann', { from: 'bob', type: 'custom', body: 'x', desc: 'd', ext: 'e' });
    await until('the message', () => ann.raw.length === 1);
    const content = ann.raw[0].getElems()[0].getContent();
    assert.deepStrictEqual([content.getData(), content.getDesc(), content.getExt()], ['x', '', '']);
  });

  it('refuses what old clients cannot show, and what is too long', async () => {
    const ann = await joined('ann');
    await assert.rejects(ann.send([]), { ErrorCode: 80001 });
    await assert.rejects(ann.send([{ data: '{"cmd":"x"}' }, { text: 'y' }]), { ErrorCode: 80001 });
    await assert.rejects(ann.say('你'.repeat(2667)), { ErrorCode: 80002 });
    await ann.say('你'.repeat(2666));
  });

  it('refuses texts with U+0000, which would end the connection', async () => {
    const ann = await joined('ann');
    await assert.rejects(ann.say('a\u0000'), { ErrorCode: 80001 });
    await assert.rejects(ann.send([{ text: 'a' }], 'b\u0000'), { ErrorCode: 80001 });
    await ann.say('\\u0000');
    assert.deepStrictEqual(seen('send').map(({ body }) => body.body), ['\\u0000']);
    await assert.rejects(ann.join('s\u0000'), { ErrorCode: 10010 });
    assert.strictEqual(seen('connect').length, 1);
  });

  it('cuts a nick that is too long, and leaves out such a picture', async () => {
    const ann = await joined('ann');
    const sender = { nickName: `x${'😀'.repeat(40)}`, headPic: 'p'.repeat(1025) };
    await ann.send([{ data: JSON.stringify({ cmd: 'CustomTextMsg', data: sender }) }, { text: 'hi' }]);
    await until('the text', () => ann.messages.length === 1);
    assert.deepStrictEqual([ann.messages[0].nick, seen('send')[0].body.avatar], [`x${'😀'.repeat(31)}`, '']);
  });

  it('carries the texts of the webrtc component', async () => {
    server.createRoom('webrtc', 'web');
    const [ann, bob] = [await joined('ann', 'web', { kind: 'webrtc' }), await joined('bob', 'web', { kind: 'webrtc' })];
    await ann.send([{ data: 'hello', desc: '{"nickName":"Ann"}', ext: 'TEXT' }]);
    server.message('webrtc', 'web', { from: 'web', nick: 'Web', type: 'text', body: 'from the web' });
    await until('two texts', () => bob.raw.length === 2);
    for (const [i, [data, nick]] of [['hello', 'Ann'], ['from the web', 'Web']].entries()) {
      const content = bob.raw[i].getElems()[0].getContent();
      const { nickName } = JSON.parse(content.getDesc());
      assert.deepStrictEqual([content.getData(), content.getExt(), nickName], [data, 'TEXT', nick]);
    }
  });

  it('finds the room among all kinds, that of the user first', async () => {
    server.createRoom('double', 'same');
    server.createRoom('live', 'same', [{ userID: 'ann' }]);
    const [ann, bob] = [await joined('ann', 'same'), await joined('bob', 'same')];
    await Promise.all([ann.say('live'), bob.say('double')]);
    assert.deepStrictEqual(seen('send').map(({ userID, body }) => `${userID} ${body.kind}`).sort(),
      ['ann live', 'bob double']);
    await until('the other room is left', () => seen('unsubscribe').length === 2);
    assert.deepStrictEqual(seen('unsubscribe').map(({ body }) => body.kind), ['double', 'live']);
  });

  it('gives what happens while a room is being joined', async () => {
    server.createRoom('double', 'two');
    let joins = 0;
    server.afterReply = (verb) => {
      // Other kinds have not been asked for yet.
      if (verb !== 'subscribe' || ++joins !== 1) return;
      server.message('double', 'two', { from: 'bob', type: 'text', body: 'early' });
    };
    const ann = await joined('ann', 'two');
    await until('the text', () => ann.messages.length === 1);
  });

  it('reports why a join failed', async () => {
    server.room('multi', 'r').banned.add('ann');
    const ann = makePhone('ann');
    await assert.rejects(ann.join('r'), { ErrorCode: 70003 });
    await ann.login();
    await assert.rejects(ann.join('absent'), { ErrorCode: 10010 });
    await assert.rejects(ann.join('r'), { ErrorCode: 10007 });
    await assert.rejects(ann.say('x'), { ErrorCode: 10007 });
  });

  it('takes IDs that are numbers', async () => {
    server.createRoom('multi', '7');
    const [ann, bob] = [await joined(0, 7), await joined(42, 7)];
    await ann.say('to all');
    await ann.send([{ text: 'to one' }], 42);
    await until('both', () => bob.messages.length === 1 && bob.directs.length === 1);
    assert.deepStrictEqual([bob.messages[0].from, bob.directs[0].from], ['0', '0']);
    assert.deepStrictEqual(seen('connect').map(({ body }) => body.userID), ['0', '42']);
    assert.deepStrictEqual(seen('send').map(({ body }) => [body.roomID, body.to, body.nick]),
      [['7', undefined, '0'], [undefined, '42', '0']]);
    const msg = new bob.webim.Msg(new bob.webim.Session('GROUP', 7), true, -1, 1, 1, 42);
    assert.deepStrictEqual([msg.getSession().id(), msg.getFromAccount(), msg.getFromAccountNick()], ['7', '42', '42']);
    assert.strictEqual((await bob.join(7)).JoinedStatus, 'JoinedSuccess'); // is in it
    await bob.quit();
    await assert.rejects(bob.say('x'), { ErrorCode: 10007 });
  });

  it('is in one room at a time, and joins again', async () => {
    server.createRoom('multi', 's');
    const ann = await joined('ann');
    await ann.join('s');
    server.message('multi', 'r', { from: 'bob', type: 'text', body: 'not here' });
    server.message('multi', 's', { from: 'bob', type: 'text', body: 'here' });
    assert.strictEqual((await ann.join('s')).JoinedStatus, 'JoinedSuccess');
    await until('the text', () => ann.messages.length === 1);
    await ann.quit();
    server.message('multi', 's', { from: 'bob', type: 'text', body: 'too late' });
    await ann.join('r');
    ann.webim.quitBigGroup({ GroupId: 's' }); // late, from the page before
    server.message('multi', 'r', { from: 'bob', type: 'text', body: 'again' });
    await until('the next text', () => ann.messages.length === 2);
    assert.deepStrictEqual(ann.texts, ['here', 'again']);
  });

  it('tells the webrtc component that the group exists', async () => {
    const ann = makePhone('ann');
    const error = await new Promise((resolve) => { ann.webim.createGroup({ GroupId: 'r' }, null, resolve); });
    assert.strictEqual(error.ErrorCode, 10025);
  });
});

describe('Notices', () => {
  const added = { pusher_added: { userID: 'bob', userName: 'Bob', userAvatar: '', accelerateURL: 'rtmp://h/bob' } };

  it('are given for changes of pushers, once for those that come together', async () => {
    const ann = await joined('ann');
    for (let i = 0; i < 5; ++i) server.change('multi', 'r', added);
    await caughtUp(ann);
    assert.ok([1, 2, 3, 4, 5].includes(ann.notices.length) && ann.notices.every((type) => type === 255));
    ann.notices.length = 0;
    server.change('multi', 'r', { audience_added: { userID: 'x', userInfo: '' } });
    server.change('multi', 'r', { custom_changed: { field: 'a', value: 1 } });
    const event = { roomID: 'r', kind: 'multi', ...added };
    server.raw([1, 2, 3].map((i) => JSON.stringify({ event: { ...event, cursor: `c${i}` } })).join('\n'));
    await caughtUp(ann);
    assert.deepStrictEqual(ann.notices, [255]);
  });

  it('report the end of the room, however it is learned', async () => {
    for (const [i, end] of [
      () => server.change('multi', 'r', { room_destroyed: { reason: 'destroyed' } }),
      (userID) => server.kick(userID, 'banned', { kind: 'multi', roomID: 'r' }),
      () => { server.cut(); server.change('multi', 'r', { room_destroyed: { reason: 'idle' } }); },
    ].entries()) {
      server.createRoom('multi', 'r'); // anew
      const phone = await joined(`u${i}`);
      end(`u${i}`);
      await until(`the end ${i}`, () => phone.notices.length);
      await caughtUp(phone);
      assert.deepStrictEqual(phone.notices, [5]);
      await assert.rejects(phone.say('x'), { ErrorCode: 10007 });
      await phone.logout();
    }
  });

  it('do not report to a user that it has left the room itself', async () => {
    const ann = await joined('ann');
    server.kick('ann', 'left', { kind: 'multi', roomID: 'r' });
    await caughtUp(ann);
    assert.deepStrictEqual(ann.notices, []);
    await assert.rejects(ann.say('x'), { ErrorCode: 10007 });
  });
});

describe('Direct messages', () => {
  const call = '{"cmd":"linkmic","data":{"type":"request","userID":"bob"}}';

  it('arrive once, and are confirmed', async () => {
    const [ann, bob] = [makePhone('ann'), makePhone('bob')];
    await bob.login();
    await bob.send([{ data: call }], 'ann'); // before ann logs in
    await ann.login();
    await bob.send([{ data: '' }, { text: 'WEB$$goToConnection' }], 'ann');
    await until('both', () => ann.directs.length === 2);
    assert.deepStrictEqual(ann.directs, [{ from: 'bob', text: call }, { from: 'bob', text: 'WEB$$goToConnection' }]);
    assert.strictEqual(ann.raw[0].getSession().type(), 'C2C');
    assert.strictEqual(ann.raw[0].getSubType(), ann.webim.C2C_MSG_SUB_TYPE.COMMON);
    assert.strictEqual(ann.webim.MsgStore.sessByTypeId('C2C', 'bob').id(), 'bob');
    await until('the confirmation', () => server.unsettled('ann') === 0);
    server.cut();
    server.direct('ann', { from: 'bob', type: 'text', body: 'after the cut' });
    await until('the next', () => ann.directs.length === 3);
    await caughtUp(ann);
    assert.strictEqual(ann.directs.length, 3);
  });

  it('are not given again when they come again', async () => {
    const ann = makePhone('ann');
    await ann.login();
    server.raw('{"direct":{"position":7,"from":"bob","type":"text","body":"1"}}');
    server.raw('{"direct":{"position":7,"from":"bob","type":"text","body":"1"}}');
    server.raw('{"direct":{"position":8,"from":"bob","type":"text","body":"2"}}');
    await until('both', () => ann.directs.length === 2);
    assert.deepStrictEqual(ann.directs.map(({ text }) => text), ['1', '2']);
  });
});

describe('The connection', () => {
  it('continues after a cut without losing or repeating anything', async () => {
    const [ann, bob] = [await joined('ann'), await joined('bob')];
    for (let i = 0; i < 10; ++i) {
      await ann.say(String(i));
      if (i % 3 === 0) server.cut();
    }
    await until('all texts', () => bob.messages.length === 10 && ann.messages.length === 10);
    for (const phone of [ann, bob]) assert.deepStrictEqual(phone.texts, [...'0123456789']);
    assert.deepStrictEqual([...bob.notices, bob.kicked], [0]);
  });

  it('sends an unanswered text again with its key', async () => {
    const ann = await joined('ann');
    server.cut();
    const sent = ann.say('once');
    server.cut();
    await sent;
    assert.deepStrictEqual([...new Set(seen('send').map(({ body }) => body.key))].length, 1);
    await until('the own copy', () => ann.messages.length === 1);
  });

  for (const code of [1007, 1009]) {
    it(`fails what is under way when the server cannot read it (${code})`, async () => {
        const ann = await joined('ann');
      server.closeOfSends = code;
      await assert.rejects(ann.say('unreadable'), { ErrorCode: 80001 });
      server.closeOfSends = 0;
      await ann.say('readable');
      await until('the text', () => ann.messages.length === 1);
      assert.deepStrictEqual(ann.texts, ['readable']);
    });
  }

  for (const way of ['sockets', 'polls']) {
    it(`asks for the members where events were lost, and reads all texts, by ${way}`, async () => {
      server.refusesSockets = way === 'polls';
      const ann = await joined('ann');
      const say = (body) => server.message('multi', 'r', { from: 'bob', type: 'text', body });
      say('0');
      await until('the first text', () => ann.messages.length === 1);
      server.refusesPolls = true;
      server.cut();
      if (way === 'polls') await until('the loss of the server', () => server.refusedPolls);
      [...'123456'].forEach(say);
      server.forget('multi', 'r');
      server.afterReply = (verb) => { if (verb === 'subscribe') say('7'); }; // while the others are read
      server.refusesPolls = false;
      await until('a notice', () => ann.notices.length);
      await until('the texts', () => ann.messages.length >= 7);
      server.afterReply = () => {};
      say('last');
      await until('the last text', () => ann.texts.includes('last'));
      assert.deepStrictEqual([...ann.notices, ...ann.texts], [255, ...'0123456', ...(way === 'sockets' ? ['7'] : []), 'last']);
    });
  }

  it('polls when a socket fails, and returns to them later', async () => {
    server.refusesSockets = true;
    const [ann, bob] = [await joined('ann'), await joined('bob')];
    assert.deepStrictEqual(ann.calls.slice(0, 2), ['socket', 'poll']);
    for (const text of ['1', '2', '3']) await ann.say(text);
    await bob.send([{ data: 'direct' }], 'ann');
    await until('texts', () => bob.messages.length === 3 && ann.messages.length === 3 && ann.directs.length === 1);
    await until('the confirmation', () => server.unsettled('ann') === 0);
    server.refusesSockets = false;
    await until('sockets', () => server.connections === 2);
    await ann.say('4');
    await until('the text', () => bob.messages.length === 4 && ann.messages.length === 4);
    assert.deepStrictEqual(bob.texts, ['1', '2', '3', '4']);
    assert.strictEqual(seen('send', 'socket').length, 1);
    const polls = pollsOf(bob);
    await caughtUp(bob);
    assert.strictEqual(pollsOf(bob), polls);
    assert.deepStrictEqual(ann.connections, [ann.webim.CONNECTION_STATUS.ON]);
  });

  it('gets the news of a room that it joins while a poll waits', async () => {
    const bob = makePhone('bob');
    await bob.login();
    server.refusesSockets = true;
    server.holdMs = 60_000;
    const ann = makePhone('ann');
    await ann.login();
    const isHeld = () => until('a poll waits', () => server.heldPolls === 1);
    await isHeld();
    await assert.rejects(ann.join('absent'), { ErrorCode: 10010 });
    await ann.join('r');
    await isHeld();
    server.message('multi', 'r', { from: 'bob', type: 'text', body: 'soon' });
    await until('the text', () => ann.messages.length === 1);
    await ann.say('own');
    await until('the own text', () => ann.messages.length === 2);
    await isHeld();
    const polls = pollsOf(ann);
    await caughtUp(bob);
    assert.ok(pollsOf(ann) <= polls + 1);
  });

  it('sends a text when polls work again', async () => {
    server.refusesSockets = true;
    const ann = await joined('ann');
    server.refusesPolls = true;
    const sent = ann.say('patient');
    await until('polls have failed', () => server.refusedPolls >= 2);
    server.refusesPolls = false;
    await sent;
    await ann.say('next');
    await until('the next text', () => ann.texts.at(-1) === 'next');
    assert.deepStrictEqual(ann.texts, ['patient', 'next']);
  });

  it('falls back in the middle, and returns when the program is shown', async () => {
    const [ann, bob] = [await joined('ann'), await joined('bob')];
    server.refusesSockets = true;
    server.cut();
    for (let i = 0; i < 5; ++i) await ann.say(String(i));
    await until('texts', () => bob.messages.length === 5);
    server.refusesSockets = false;
    const before = server.requests.length;
    bob.hide();
    bob.show();
    await until('a socket', () => server.connections === 1);
    await ann.say('5');
    await until('the text', () => bob.messages.length === 6);
    assert.deepStrictEqual(bob.texts, [...'012345']);
    assert.ok(server.requests.slice(before).some(({ userID, way, verb }) =>
      userID === 'bob' && way === 'socket' && verb === 'subscribe'));
  });

  it('notices in the foreground that its socket was cut in the background', async () => {
    const [ann, bob] = [await joined('ann'), await joined('bob', 'r', { isHasty: true })];
    bob.hide();
    bob.freeze();
    await ann.say('missed');
    bob.show();
    await until('the text', () => bob.messages.length === 1);
    assert.deepStrictEqual(bob.texts, ['missed']);
  });

  it('tells of a loss and of the return', async () => {
    const ann = await joined('ann');
    const { ON, OFF } = ann.webim.CONNECTION_STATUS;
    server.refusesSockets = server.refusesPolls = true;
    server.cut();
    await until('the loss', () => ann.connections.includes(OFF));
    server.refusesPolls = false;
    await until('the return', () => ann.connections.length === 3);
    assert.deepStrictEqual(ann.connections, [ON, OFF, ON]);
  });

  it('waits as a server in restart asks', async () => {
    const ann = await joined('ann');
    const startedAt = Date.now();
    server.drain(200);
    await until('the return', () => seen('connect').length === 2);
    assert.ok(Date.now() - startedAt >= 190);
    await ann.say('x');
  });

  it('ends with another login, told once', async () => {
    const ann = await joined('ann');
    const other = makePhone('ann');
    await other.login();
    await until('the end', () => ann.kicked);
    await caughtUp(other);
    assert.deepStrictEqual([ann.kicked, other.kicked, server.connections], [1, 0, 1]);
    await assert.rejects(ann.say('x'), { ErrorCode: 70003 });
    await ann.login();
    await until('the other one is ended', () => other.kicked === 1);
  });

  it('a phone that was cut does not end the login of another that came meanwhile', async () => {
    const ann = await joined('ann');
    server.cut();
    const other = makePhone('ann');
    await other.login();
    await until('the end', () => ann.kicked === 1);
    assert.strictEqual(other.kicked, 0);
  });

  it('waits while polls are refused', async () => {
    server.refusesSockets = true;
    const ann = await joined('ann');
    server.refusal = { error: { code: 10002, message: 'too many requests' } };
    const sent = ann.say('later');
    await until('polls were refused', () => server.refusedPolls >= 2);
    server.refusal = null;
    await sent;
    assert.strictEqual(ann.kicked, 0);
  });

  it('fails a login that is refused, or that reaches nothing', async () => {
    const ann = makePhone('ann');
    await assert.rejects(ann.login({ userSig: 'expired' }), { ErrorCode: 70001 });
    assert.strictEqual(ann.calls.length, 1);
    server.refusesSockets = true;
    await assert.rejects(ann.login({ userSig: 'expired' }), { ErrorCode: 70001 });
    server.refusesPolls = true;
    await assert.rejects(ann.login(), { ErrorCode: -1 });
    const { length } = ann.calls;
    server.refusesSockets = server.refusesPolls = false;
    const bob = makePhone('bob');
    await bob.login();
    await caughtUp(bob);
    assert.deepStrictEqual([ann.calls.length, ann.kicked], [length, 0]);
  });

  it('replaces its own login without ending it', async () => {
    const ann = makePhone('ann');
    await ann.login();
    await ann.login();
    await caughtUp(ann);
    assert.deepStrictEqual([ann.kicked, server.connections], [0, 1]);
  });
});

describe('Hostile contents', () => {
  const kHostile = [
    { type: 'custom', body: 'not json' },
    { type: 'custom', body: 'null' },
    { type: 'custom', body: '[1]}}' },
    { type: 'custom', body: '{"cmd":"CustomTextMsg"}}' },
    { type: 'custom', body: '{"cmd":"CustomTextMsg","data":null,"x":{"y":{}}}' },
    { type: 'custom', body: '{"cmd":{"toString":1},"data":{"a":{}}}' },
    { type: 'custom', body: '{"cmd":"x","data":{"a":"<br/>"}}' },
    { type: 'custom', body: '\ufeff{"data":{}}' },
    { type: 'custom' },
    { type: 'custom', body: { data: {} } },
    { type: 'custom', body: 'x', desc: {}, ext: [] },
    {},
  ];
  // What the libraries could not read of a new client is a command without a name to them.
  const kMended = kHostile.filter(({ type }) => type).length;
  const kShown = [
    { type: 'text', body: 7 },
    { type: 'text', body: '}} {"cmd":"CustomTextMsg"}} \u0000 \u2028 \ud800 <script>' },
    { type: 'text', body: 'x', nick: '"}} \\ <br/>&quot;', avatar: { a: 1 } },
    { type: 'text', body: 'x', nick: 'n\u2028\ud800\n\u0000' },
    { type: 'custom', cmd: '"}}<br/>', body: 'y' },
    { type: 'text', body: '__proto__', nick: '__proto__' },
  ];

  for (const kind of ['double', 'multi', 'live']) {
    it(`never make the libraries throw in a ${kind} room`, async () => {
      server.createRoom(kind, 'hostile');
      const ann = await joined('ann', 'hostile', { kind });
      for (const message of [...kHostile, ...kShown]) server.message(kind, 'hostile', { from: 'eve', ...message });
      for (const from of ['', null, 7, {}, '@TIM#SYSTEM', undefined]) {
        server.message(kind, 'hostile', { from, type: 'text', body: 'no sender' });
      }
      server.message(kind, 'hostile', { from: 'bob', type: 'text', body: 'last' });
      await until('the last text', () => ann.texts.at(-1) === 'last');
      assert.strictEqual(ann.messages.length, kMended + kShown.length + 1);
      assert.deepStrictEqual(ann.messages[0], { from: 'eve', isSend: false, nick: 'eve', cmd: '', text: 'not json' });
      assert.strictEqual(ann.messages[kMended + 2].nick, '"}} \\ <br/>&quot;');
    });
  }

  it('never make the libraries throw in direct messages to a live room', async () => {
    server.createRoom('live', 'show');
    const ann = await joined('ann', 'show', { kind: 'live' });
    for (const message of [...kHostile, { type: 'text', body: 'x' }, { type: 'custom', body: '{"cmd":"linkmic"}' }]) {
      server.direct('ann', { from: 'eve', ...message });
    }
    server.direct('ann', { from: 'bob', type: 'custom', body: '{"cmd":"linkmic","data":{}}' });
    await until('the last', () => ann.directs.some(({ from }) => from === 'bob'));
    // Only JSON, which the library reads and leaves alone.
    assert.deepStrictEqual(ann.directs.filter(({ from }) => from === 'eve').map(({ text }) => text),
      ['{"cmd":"CustomTextMsg","data":null,"x":{"y":{}}}']);
  });

  it('do not end the connection', async () => {
    const ann = await joined('ann');
    const room = '"roomID":"r","kind":"multi"';
    for (const text of ['', '\n\n', 'x', '{', 'null', '[]', '7', '{}', '{"event":null}', `{"event":{${room}}}`,
      `{"event":{${room},"message":[]}}`, '{"direct":{}}', '{"direct":7}', '{"kicked":{}}',
      '{"kicked":{"reason":"x"}}', '{"id":12345,"send":{}}', '{"id":null}', '{"id":{},"error":null}', '{"drain":1}',
      '{"id":99999,"error":7}']) {
      server.raw(text);
    }
    await ann.say('still here');
    await until('the text', () => ann.messages.length === 1);
    assert.strictEqual(seen('connect').length, 1);
  });

  it('a listener that throws gets the next message all the same', async () => {
    const ann = await joined('ann');
    server.message('multi', 'r', { from: 'bob', type: 'text', body: '1' });
    await until('the text', () => ann.messages.length === 1);
    ann.messages.push = () => { throw new Error('a fault of the page'); };
    server.message('multi', 'r', { from: 'bob', type: 'text', body: '2' });
    await until('the fault', () => ann.thrown.length === 1);
    delete ann.messages.push;
    ann.thrown.length = 0;
    server.message('multi', 'r', { from: 'bob', type: 'text', body: '3' });
    await until('the text', () => ann.messages.length === 2);
  });
});

