// The drop-in for webim_wx.js, against the real server: the binary that RTCROOMD names.
import assert from 'node:assert';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { kNoServer, Server } from '../console/support/server.js';
import { until } from '../console/support/until.js';
import { Phone } from './support/phone.js';
import { kForClients } from './support/settings.js';

const kSecond = 300; // of the client, in milliseconds; its timeouts are as long as ever

describe('With the real server', { skip: kNoServer }, () => {
  const server = new Server({ ...kForClients, 'limits.per_user_rate': '20/s' });
  let phones = [];
  let rooms = 0;
  let room; // of kind multi, with the first user in it

  before(() => server.start());
  after(() => server.end());
  beforeEach(() => { room = `room_${++rooms}`; });
  afterEach(async () => {
    await Promise.all(phones.map((phone) => phone.logout()));
    phones.forEach((phone) => assert.deepStrictEqual(phone.thrown, []));
    phones = [];
  });

  const pusher = (userID) =>
    ({ roomID: room, userID, userName: userID, userAvatar: 'a', pushURL: `rtmp://h/live/${userID}` });

  async function makePhone(second) {
    const user = await server.newUser();
    const phone = new Phone(server.host, user.userID, { second });
    phone.user = user;
    phones.push(phone);
    return phone;
  }

  /** Two phones in one room. */
  async function pair({ polling = false, second = kSecond } = {}) {
    const [ann, bob] = [await makePhone(second), await makePhone(second)];
    await server.mustCall('multi_room/create_room', { ...pusher(ann.userID), roomName: 'r' });
    for (const phone of [ann, bob]) {
      if (polling) phone.wx.connectSocket = () => undefined;
      await phone.login(phone.user);
      await phone.join(room);
      await until('the notice after the join', () => phone.notices.includes(255));
    }
    for (const phone of [ann, bob]) phone.notices.length = 0;
    return [ann, bob];
  }

  for (const polling of [false, true]) {
    it(`two phones talk, and see each other come and go ${polling ? 'by polls' : 'by sockets'}`, async () => {
      const [ann, bob] = await pair({ polling });
      await ann.say('hello <你好> }} x', 'A "nick" }}');
      await bob.say('hi');
      for (const phone of [ann, bob]) {
        await until('both texts', () => phone.messages.length === 2);
        assert.deepStrictEqual(phone.texts, ['hello &lt;你好&gt; }} x', 'hi']);
        assert.deepStrictEqual(phone.messages.map(({ from, nick }) => [from, nick]),
          [[ann.userID, 'A "nick" }}'], [bob.userID, bob.userID]]);
      }
      await server.mustCall('multi_room/add_pusher', pusher(bob.userID));
      for (const phone of [ann, bob]) await until('a notice', () => phone.notices.includes(255));
      await ann.send([{ data: '{"cmd":"linkmic","data":{"type":"request"}}' }], bob.userID);
      await until('the direct message', () => bob.directs.length === 1);
      assert.deepStrictEqual(bob.directs, [{ from: ann.userID, text: '{"cmd":"linkmic","data":{"type":"request"}}' }]);
      for (const userID of [bob.userID, ann.userID]) {
        await server.mustCall('multi_room/delete_pusher', { roomID: room, userID });
      }
      for (const phone of [ann, bob]) await until('the end', () => phone.notices.includes(5));
      await assert.rejects(ann.say('x'), { ErrorCode: 10007 });
      await assert.rejects(bob.join('absent'), { ErrorCode: 10010 });
    });
  }

  for (const polling of [false, true]) {
    it(`500 texts at once arrive in order or fail at once ${polling ? 'by polls' : 'by sockets'}`, async () => {
      const [ann, bob] = await pair({ polling, second: 1000 });
      const outcomes = await Promise.all(Array.from({ length: 500 }, (_, index) =>
        ann.say(`${index}`).then(() => `${index}`, ({ ErrorCode }) => ErrorCode)));
      const taken = outcomes.filter((outcome) => typeof outcome === 'string');
      assert.ok(taken.length > 90);
      assert.ok(outcomes.slice(taken.length).every((code) => code === 10002));
      await until('the last text', () => bob.texts.at(-1) === taken.at(-1));
      assert.deepStrictEqual(bob.texts, taken);
      assert.strictEqual(ann.calls.filter((call) => call === 'socket').length, polling ? 0 : 1);
    });
  }

  it('a phone gets what it missed in the background', async () => {
    const [ann, bob] = await pair();
    bob.hide();
    bob.freeze();
    for (const text of ['1', '2', '3']) await ann.say(text);
    await ann.send([{ text: 'direct' }], bob.userID);
    bob.show();
    await until('all', () => bob.messages.length === 3 && bob.directs.length === 1);
    assert.deepStrictEqual(bob.texts, ['1', '2', '3']);
    bob.freeze();
    await until('a text after another cut', async () => {
      await ann.say('4').catch(() => {});
      return bob.texts.includes('4');
    });
    assert.strictEqual(bob.directs.length, 1);
  });

  it('phones continue after a restart of the server', async () => {
    const [ann, bob] = await pair();
    await ann.say('before');
    await server.stop();
    await server.start();
    await ann.say('after');
    await until('both', () => bob.messages.length === 2 && ann.messages.length === 2);
    assert.deepStrictEqual(bob.texts, ['before', 'after']);
    assert.deepStrictEqual([ann.kicked, bob.kicked], [0, 0]);
  });
});
