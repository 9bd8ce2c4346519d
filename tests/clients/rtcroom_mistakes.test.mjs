// The mistakes that the guide for developers of clients warns of cannot be made through the library rtcroom.
import assert from 'node:assert';
import fs from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, it } from 'node:test';
import { makeScriptedUser } from './support/scripted_platform.js';

const kSecond = 1000;
const kGuide = fs.readFileSync(path.join(import.meta.dirname, '..', '..', 'docs', 'client-guide.md'), 'utf8');
const kMistakes = kGuide.split('\n## Common mistakes\n')[1].split('\n## ')[0].split('\n')
  .filter((line) => line.startsWith('| ')).map((line) => line.split(' | ')[0].slice(2))
  .filter((cell) => !/^(mistake|---)/.test(cell));

let user;
beforeEach(() => { user = makeScriptedUser(); });

const endpoints = () => user.platform.endpoints();

const kTests = {
  '`userAvatar: ""` in gen-1': async () => {
    await user.join();
    const [{ body }] = user.of('add_pusher');
    assert.deepStrictEqual([body.userName, body.userAvatar], ['', '']);
    const room = await user.client.rooms[0];
    await room.giveUpSeat();
    await room.takeSeat({ stream: false, userName: 'Ann' });
    assert.deepStrictEqual(Object.keys(user.of('add_pusher').at(-1).body).sort(),
      ['client', 'pushURL', 'roomID', 'roomInfo', 'userAvatar', 'userID', 'userName']);
  },

  'the token percent-encoded twice, or `*` replaced': async () => {
    await user.join();
    const [{ url, body }] = user.of('add_pusher');
    assert.strictEqual(url, 'https://h/weapp/multi_room/add_pusher?userID=ann&token=t1*1*MA==');
    assert.deepStrictEqual([body.userID, body.roomID], ['ann', 'r']);
  },

  'query on a gen-1 call': async () => {
    await user.join();
    const calls = user.platform.requests.filter(({ url }) => /_room\/(?!login)/.test(url));
    assert.ok(calls.length > 2);
    for (const { url } of calls) assert.match(url, /\?userID=ann&token=t1/);
  },

  'the HTTP status as success': async () => {
    await user.login();
    user.platform.replies.get_room_list = 'wait';
    const good = user.client.listRooms('multi');
    const bad = assert.rejects(user.client.listRooms('multi'), { name: 'ROOM_FULL', code: 5001 });
    await user.platform.settle();
    const [one, other] = user.of('get_room_list');
    one.answer({ code: 0, rooms: [] }, 500);
    other.answer({ code: 5001, message: '' });
    assert.deepStrictEqual(await good, []);
    await bad;
  },

  'a fresh user ID at each start as identity': async () => {
    await user.client.login();
    assert.match(user.of('get_login_info')[0].url, /\?code=code$/);
    const { stored } = user.platform;
    user = makeScriptedUser({ stored }); // the next start of the program
    assert.strictEqual(await user.client.login(), 'ann');
    assert.deepStrictEqual(endpoints(), ['login']);
  },

  '`wx.login` code used twice': async () => {
    let codes = 0;
    user.platform.loginCode = async () => `code${++codes}`;
    await user.client.login();
    await user.client.logout();
    const refusal = { code: 7, result: 'userSig过期' };
    user.platform.replies.login = () => (user.of('login').length === 2 ? refusal : { token: 't' });
    await user.client.login();
    const sent = user.of('get_login_info').map(({ url }) => new URL(url).searchParams.get('code'));
    assert.deepStrictEqual(sent, ['code1', 'code2']);
  },

  'add_pusher before the stream runs': async () => {
    const room = await user.join({});
    room.pusherState(1001);
    await user.platform.advance(30 * kSecond);
    assert.deepStrictEqual([user.of('add_pusher').length, user.of('pusher_heartbeat').length], [0, 0]);
    room.pusherState(1002);
    room.pusherState(1002);
    await user.platform.settle();
    assert.deepStrictEqual(user.of('add_pusher').map(({ body }) => body.pushURL), [room.pushURL]);
  },

  'a rejoin by gen-2 add_pusher without get_pushers first': async () => {
    const room = await user.join();
    user.platform.replies.pusher_heartbeat = { code: 5 };
    user.platform.requests.length = 0;
    user.platform.replies.get_pushers = { code: 3 };
    await user.platform.advance(3 * kSecond);
    assert.deepStrictEqual(endpoints(), ['pusher_heartbeat', 'get_pushers']);
    assert.deepStrictEqual([user.events.at(-1), room.isClosed], [['closed', { reason: 'gone' }], true]);
  },

  'heartbeats only while the page is shown, with a stream that continues': async () => {
    const room = await user.join({});
    await room.streamStarted();
    user.platform.requests.length = 0;
    user.platform.replies.pusher_heartbeat = { code: 5 }; // evicted meanwhile
    user.platform.sleep(60 * kSecond);
    user.platform.show();
    await user.platform.settle();
    assert.strictEqual(endpoints()[0], 'pusher_heartbeat');
    assert.deepStrictEqual(user.events.filter(([event]) => /pushURL|evicted/.test(event)),
      [['pushURL', ''], ['evicted', {}], ['pushURL', 'rtmp://h/live/ann_2']]);
  },

  '`JSON.parse` of `custom` forgotten': async () => {
    const room = await user.join({ kind: 'live', stream: false });
    user.platform.replies.set_custom_field = { custom: '{"likes":1}' };
    assert.strictEqual(await room.increment('likes'), 1);
    assert.deepStrictEqual(room.fields, { likes: 1 });
    const custom_changed = { field: 'likes', value: 2 };
    user.platform.sockets.at(-1).receive({ event: { kind: 'live', roomID: 'r', custom_changed } });
    assert.deepStrictEqual(room.fields, { likes: 2 });
    user.platform.replies.get_room_list = { rooms: [{ roomID: 'r', custom: '{"likes":2}', customInfo: '{"likes":2}' }] };
    assert.deepStrictEqual(await user.client.listRooms('live'), [{ roomID: 'r', fields: { likes: 2 } }]);
  },

  'counting viewers in the client': async () => {
    const room = await user.join({ kind: 'live', stream: false });
    const added = { event: { kind: 'live', roomID: 'r', audience_added: { userID: 'eve', userInfo: '' } } };
    user.platform.replies.get_audiences = { audienceCount: 1, audiences: [] };
    for (let i = 0; i < 3; ++i) user.platform.sockets.at(-1).receive(added); // one viewer, registered again
    await user.platform.advance(kSecond);
    assert.deepStrictEqual([room.audienceCount, user.of('get_audiences').length], [1, 1]);
    const audience = { audienceCount: 5000 };
    user.platform.sockets.at(-1).receive({ event: { kind: 'live', roomID: 'r', audience } });
    await user.platform.advance(kSecond);
    assert.deepStrictEqual([room.audienceCount, user.of('get_audiences').length], [5000, 1]);
  },

  'many requests in a loop': async () => {
    const room = await user.join();
    user.platform.replies.get_room_list = { code: 6 };
    const list = assert.rejects(user.client.listRooms('multi'), { name: 'UNAVAILABLE' });
    for (let i = 0; i < 10; ++i) {
      user.platform.show();
      for (let j = 0; j < 10; ++j) room.pusherState(3004); // without a stream there is nothing to start again
    }
    user.platform.requests.length = 0;
    await user.platform.advance(60 * kSecond);
    await list;
    assert.deepStrictEqual([user.of('get_room_list').length, user.of('get_pushers').length], [3, 0]);
    assert.ok(user.of('pusher_heartbeat').length < 10);
  },

  'a roomID with `/`, `?`, `#`, `&`, `%`, `+`, `"`, `\\`, blanks, or letters outside ASCII': async () => {
    await user.login();
    user.platform.requests.length = 0;
    const bad = [...'/?#&%+"\\ é'].map((letter) => `a${letter}b`).concat('', 'a'.repeat(49), '@TGS#1', undefined);
    for (const roomID of bad) {
      await assert.rejects(user.client.joinRoom('multi', roomID), { name: 'BAD_REQUEST' }, roomID);
    }
    assert.deepStrictEqual(endpoints(), []);
    for (const roomID of ['Az09_-:.@[]~', 42]) user.client.joinRoom('multi', roomID).catch(() => {});
    assert.deepStrictEqual(user.platform.requests.map(({ body }) => body.roomID), ['Az09_-:.@[]~', '42']);
  },
};

describe('The library rtcroom does not let a program make the mistake:', () => {
  for (const mistake of kMistakes) {
    it(mistake, async () => {
      assert.ok(kTests[mistake], 'this mistake of the guide has no test');
      await kTests[mistake]();
    });
  }

  it('(each of these tests is in the guide)', () => assert.deepStrictEqual(Object.keys(kTests), kMistakes));
});
