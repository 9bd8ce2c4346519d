// More of today's IM SDKs, unmodified, against the real server: what the suite leaves to `tests/run long sdks`. RTCROOMD
// names the binary, SDKS the SDKs.
import assert from 'node:assert';
import { describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { kNoServer } from '../console/support/server.js';
import { until } from '../console/support/until.js';
import { identityFor, readSdks, requestsOf, withSdkUsers } from './support/sdk_fixture.js';
import { history, textsIn, unreadIn } from './support/sdk_user.js';

const numbers = (count) => Array.from({ length: count }, (_, at) => `text ${at}`);

async function codeOf(promise) {
  try {
    await promise;
    return 0;
  } catch (error) {
    return error.code ?? error.message;
  }
}

/** Says it again where it came too fast. */
async function sayLater(user, ...words) {
  for (;;) {
    try {
      return await user.say(...words);
    } catch (error) {
      if (error.code !== 10002) throw error;
      await setTimeout(100);
    }
  }
}

for (const sdk of readSdks(process.env.SDKS ?? 'tim-js-sdk @tencentcloud/chat')) {
  describe(`More of the SDK ${sdk.name}`, { skip: kNoServer }, () => {
    const { server, newUser, newLogin, newPair, newRoom } = withSdkUsers(sdk, { 'channel.account_rate': '0/s' });

    it('is refused with a ticket of the past or of another key, and logs in once', async () => {
      const past = await identityFor(server, 'past', 1);
      const ann = await newLogin();
      assert.strictEqual((await ann.call('login', ann.identity)).repeatLogin, true);
      const signedAt = Date.now();
      await until('the ticket is over', () => Date.now() > signedAt + 2000);
      const late = await (await newUser(past)).create();
      assert.strictEqual(await codeOf(late.call('login', past)), 70001);
      const forged = { ...ann.identity, userSig: `${ann.identity.userSig.slice(0, -9)}AAAAAAAA_` };
      const eve = await (await newUser(forged)).create();
      assert.ok(await codeOf(eve.call('login', forged)) > 70000);
    });

    it('asks for receipts', async (test) => {
      const [ann, bob] = await newPair();
      if (!await ann.call('has', 'sendMessageReadReceipt')) return test.skip('no such call');
      await ann.say('C2C', bob.userID, 'read me', { needReadReceipt: true });
      await until('the text', () => bob.texts().length === 1);
      const code = await codeOf(bob.call('acknowledge', 'sendMessageReadReceipt'));
      if (code === 2114) return test.skip('for groups only');
      await until('the receipt', () => ann.of('MESSAGE_READ_RECEIPT_RECEIVED').length > 0);
      const [receipt] = ann.of('MESSAGE_READ_RECEIPT_RECEIVED').flat();
      assert.deepStrictEqual([receipt.userID, receipt.isPeerRead], [bob.userID, true]);
    });

    it('reads histories page by page, and what was read stays so', async () => {
      const [ann, identity] = [await newLogin(), await server.newUser()];
      const roomID = await newRoom();
      await ann.join(roomID);
      for (const text of numbers(47)) {
        await sayLater(ann, 'C2C', identity.userID, text);
        await sayLater(ann, 'GROUP', roomID, text);
      }
      const first = await newLogin(identity);
      await first.join(roomID);
      const conversationID = `C2C${ann.userID}`;
      await until('47 unread', async () => await unreadIn(first, conversationID) === 47);
      await first.call('setMessageRead', { conversationID });
      await until('all read', () => ann.of('MESSAGE_READ_BY_PEER').length > 0);
      first.kill();
      const second = await newLogin(identity);
      await until('it is listed, and none is unread', async () => await unreadIn(second, conversationID) === 0);
      assert.deepStrictEqual(await history(second, conversationID), numbers(47));
      assert.deepStrictEqual(await history(second, `GROUP${roomID}`), numbers(47));
    });

    it('moves through histories by time and by number', async (test) => {
      const [ann, bob] = await newPair();
      if (!await ann.call('has', 'getMessageListHopping')) return test.skip('no such call');
      if (sdk.name.endsWith('2.19.1')) return test.skip('the call throws by itself');
      const roomID = await newRoom();
      await ann.join(roomID);
      await bob.join(roomID);
      const sent = [];
      for (const text of numbers(30)) {
        await sayLater(ann, 'C2C', bob.userID, text);
        sent.push(await sayLater(ann, 'GROUP', roomID, text));
      }
      const hop = async (options) => textsIn((await bob.call('getMessageListHopping', { count: 10, ...options })).messageList);
      const conversationID = `GROUP${roomID}`;
      const { sequence } = sent[19].message;
      assert.strictEqual((await hop({ conversationID, sequence, direction: 0 })).at(-1), 'text 19');
      assert.strictEqual((await hop({ conversationID, sequence, direction: 1 }))[0], 'text 19');
      const { time } = sent[0].message;
      const earliest = await hop({ conversationID: `C2C${ann.userID}`, time: time - 5, direction: 1 });
      assert.deepStrictEqual(earliest, numbers(earliest.length));
      const latest = await hop({ conversationID: `C2C${ann.userID}`, time: time + 600, direction: 0 });
      assert.deepStrictEqual(latest, numbers(30).slice(-latest.length));
      assert.ok(earliest.length >= 10 && latest.length >= 10);
    });

    it('is told of the end of its login while it was cut off, and of that of its userSig', async () => {
      const identity = await server.newUser();
      const first = await newLogin(identity);
      await first.call('cut');
      await newLogin(identity);
      await first.call('mend');
      await until('the first is out', () => first.of('KICKED_OUT').length > 0);
      assert.strictEqual(first.of('KICKED_OUT')[0].type, 'multipleAccount');
      const short = await newLogin(await identityFor(server, 'short', 15));
      await until('the userSig is over', () => short.of('KICKED_OUT').length > 0);
      assert.strictEqual(short.of('KICKED_OUT')[0].type, 'userSigExpired');
    });

    it('logs out, logs in again, and is destroyed', async () => {
      const [ann, bob] = await newPair();
      await bob.call('logout');
      await ann.say('C2C', bob.userID, 'while away');
      bob.events.length = 0;
      await bob.call('login', bob.identity);
      await until('ready again', () => bob.of('SDK_READY').length > 0);
      await until('one is unread', async () => await unreadIn(bob, `C2C${ann.userID}`) === 1);
      await ann.say('C2C', bob.userID, 'again');
      await until('the second', () => bob.texts().includes('again'));
      assert.deepStrictEqual(bob.texts(), ['again']);
      await codeOf(bob.call('destroy'));
      assert.strictEqual(await codeOf(ann.say('C2C', bob.userID, 'to nobody')), 0);
    });

    it('counts what is unread in a room, and reads it', async () => {
      const [ann, bob] = await newPair();
      const roomID = await newRoom();
      await ann.join(roomID);
      await bob.join(roomID);
      for (const text of numbers(3)) await ann.say('GROUP', roomID, text);
      const conversationID = `GROUP${roomID}`;
      await until('three', async () => await unreadIn(bob, conversationID) >= 3);
      await bob.call('setMessageRead', { conversationID });
      await until('none', async () => await unreadIn(bob, conversationID) === 0);
    });

    it('sends 70 texts at once: each arrives once or is refused', async () => {
      const [ann, bob] = await newPair();
      const codes = await Promise.all(numbers(70).map((text) => codeOf(ann.say('C2C', bob.userID, text))));
      const taken = numbers(70).filter((_, at) => codes[at] === 0);
      assert.deepStrictEqual([...new Set(codes)].filter((code) => ![0, 10002].includes(code)), []);
      assert.ok(taken.length >= 40, `${taken.length}`);
      await ann.say('C2C', bob.userID, 'the last').catch(() => {});
      await until('all', () => bob.texts().length >= taken.length);
      const texts = bob.texts().filter((text) => text !== 'the last');
      assert.deepStrictEqual(texts.sort(), taken.sort());
    });

    it('loses nothing that a killed server has acknowledged, and shows nothing twice', async () => {
      const [ann, bob] = await newPair();
      const roomID = await newRoom();
      await ann.join(roomID);
      await bob.join(roomID);
      const acknowledged = [];
      let isOver = false;
      const sending = (async () => {
        for (let at = 0; !isOver; at += 1) {
          const text = `number ${at}`;
          if (await codeOf(ann.say('GROUP', roomID, text)) === 0) acknowledged.push(text);
        }
      })();
      await until('some are sent', () => acknowledged.length > 20);
      await server.kill();
      await server.start();
      const before = acknowledged.length;
      await until('more are sent', () => acknowledged.length > before + 5);
      isOver = true;
      await sending;
      await until('all have come', () => acknowledged.every((text) => bob.texts().includes(text)));
      assert.strictEqual(new Set(bob.texts()).size, bob.texts().length, `twice: ${bob.texts()}`);
    });

    it('asks once for what is refused', async () => {
      const ann = await newLogin();
      // What an SDK refuses by itself has a code below 10000; older ones refuse more.
      const [isThird, isNew] = [await ann.call('has', 'addSignalingListener'), await ann.call('has', 'getUserStatus')];
      const [own, other] = [await newRoom('live', [ann.userID]), await newRoom('live')];
      const meeting = await newRoom();
      await ann.join(meeting);
      const group = (groupID) => ({ groupID, type: 'AVChatRoom', name: 'n' });
      const sent = await ann.say('GROUP', meeting, 'x');
      const refused = [
        ['joinGroup', 10010, { groupID: 'absent', type: 'AVChatRoom' }],
        ['createGroup', 10025, group(own)],
        ['createGroup', 10021, group(other)],
        ['createGroup', 10016, group('none')],
        ['quitGroup', 2623, 'absent'],
        ['dismissGroup', 10007, own],
        ['revoke', 10031, sent],
        ['send', 10007, 'createTextMessage', { to: other, conversationType: 'GROUP', payload: { text: 'x' } }],
        ['send', 80001, 'createLocationMessage', { to: meeting, conversationType: 'GROUP', payload: { description: 'd', longitude: 1, latitude: 1 } }],
        ['send', 80002, 'createTextMessage', { to: meeting, conversationType: 'GROUP', payload: { text: 'x'.repeat(12_300) } }],
        ['updateGroupProfile', 60002, { groupID: meeting, name: 'other' }],
        ['setGroupMemberRole', 2681, { groupID: meeting, userID: 'x', role: 'Admin' }],
        ['setGroupAttributes', isNew ? 60002 : 2641, { groupID: meeting, groupAttributes: { a: 'b' } }],
        ['addToBlacklist', 60002, { userIDList: ['x'] }],
        ['addFriend', isThird ? 60002 : 2998, { to: 'x', source: 'AddSource_Type_Web', type: 'Both' }],
        ['getUserStatus', 3122, { userIDList: ['x'] }],
        ['setSelfStatus', 60002, { customStatus: 'x' }],
        ['translateText', 2117, { sourceTextList: ['x'], sourceLanguage: 'auto', targetLanguage: 'en' }],
      ];
      const sum = async () => Object.values(await requestsOf(server)).reduce((all, one) => all + one, 0);
      const before = await sum();
      const begun = Date.now();
      for (const [call, code, ...args] of refused) {
        if (!['send', 'revoke'].includes(call) && !await ann.call('has', call)) continue;
        assert.strictEqual(await codeOf(ann.call(call, ...args)), code, call);
      }
      await until('some seconds are over', () => Date.now() > begun + 20_000);
      const counts = await requestsOf(server);
      const asked = await sum() - before;
      // Each, what the SDK asks around it, and a greeting every few seconds.
      assert.ok(asked <= 3 * refused.length + (Date.now() - begun) / 5000, `${asked}: ${JSON.stringify(counts)}`);
    });
  });

  describe(`Two logins with the SDK ${sdk.name}`, { skip: kNoServer }, () => {
    const { newLogin, newRoom, server } = withSdkUsers(sdk, { 'channel.max_instances': 2 });

    it('see the same, and a third ends the oldest', async () => {
      const [identity, roomID] = [await server.newUser(), await newRoom()];
      const first = await newLogin(identity);
      const second = await newLogin(identity);
      const bob = await newLogin();
      for (const user of [first, second, bob]) await codeOf(user.join(roomID));
      await first.say('C2C', bob.userID, 'from the first');
      await bob.say('C2C', identity.userID, 'to both');
      await bob.say('GROUP', roomID, 'to all');
      await until('both have all', () => first.texts().length === 2 && second.texts().length === 3);
      assert.deepStrictEqual(first.texts(), ['to both', 'to all']);
      assert.deepStrictEqual(second.texts(), ['from the first', 'to both', 'to all']);
      await newLogin(identity);
      await until('the oldest is out', () => first.of('KICKED_OUT').length > 0);
      assert.deepStrictEqual(second.of('KICKED_OUT'), []);
      await bob.say('C2C', identity.userID, 'still');
      await until('the second is still in', () => second.texts().includes('still'));
    });
  });
}
