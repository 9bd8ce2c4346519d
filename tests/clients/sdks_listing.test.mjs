// An application for today's IM SDKs as an article prints it, with the one option that this server asks for, against the
// real server: the binary that RTCROOMD names.
import assert from 'node:assert';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { describe, it } from 'node:test';
import { kNoServer, person } from '../console/support/server.js';
import { until } from '../console/support/until.js';
import { readSdks, withSdkUsers } from './support/sdk_fixture.js';
import { unreadIn } from './support/sdk_user.js';

const kListing = fs.readFileSync(path.join(import.meta.dirname, 'support', 'tim_core.ts'), 'utf8');
const ts = createRequire(path.join(import.meta.dirname, '../../clients/js/package.json'))('typescript');

/** The oldest and the newest of the name that the listing imports; SDKS names others. */
const kSdks = readSdks(process.env.SDKS ?? 'tim-js-sdk tim-js-sdk-2.27');

/** The listing with the option, and without its types. */
function programFor(proxyServer) {
  const program = kListing.replace('SDKAppID,//', `SDKAppID, proxyServer: '${proxyServer}',//`);
  assert.notStrictEqual(program, kListing);
  const compilerOptions = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, esModuleInterop: true };
  return ts.transpileModule(program, { compilerOptions }).outputText;
}

/** What the application has received. */
const received = (user) => user.of('messageReceived').flat();
const texts = (list) => list.filter(({ type }) => type === 'TIMTextElem').map(({ payload }) => payload.text);

for (const sdk of kSdks) {
  describe(`The printed application with ${sdk.name}`, { skip: kNoServer }, () => {
    const { server, newUser, newRoom } = withSdkUsers(sdk);

    /** A page that is loaded, and remembers what it has stored before. */
    async function open(identity, remembered = {}) {
      const user = await newUser(identity);
      await user.call('run', programFor(user.proxyServer), remembered, { SDKAppID: user.identity.sdkAppID });
      return user;
    }

    const isReady = (user) => until(`${user.userID} is ready`, () => user.of('onReady').length > 0);

    async function enter(identity) {
      const user = await open(identity);
      await user.call('ask', 'timLogin', { userID: user.userID, userSig: user.identity.userSig });
      await isReady(user);
      return user;
    }

    const say = (user, to, text) => user.call('ask', 'sendMessage', to, { text });

    it('logs in, and its texts arrive once, in order, and are read', async () => {
      const [ann, bob] = [await enter(), await enter()];
      for (const text of ['1', '2', '3']) await say(ann, bob.userID, text);
      await until('all texts', () => received(bob).length >= 3);
      await say(bob, ann.userID, 'answer');
      await until('the answer', () => received(ann).length > 0);
      assert.deepStrictEqual([texts(received(ann)), texts(received(bob))], [['answer'], ['1', '2', '3']]);
      await until('Ann is told that they are read', () => ann.of('MESSAGE_READ_BY_PEER').length > 0);
      await until('none is unread', async () => await unreadIn(bob, `C2C${ann.userID}`) === 0);
    });

    it('lists its conversations, and reads their history', async (test) => {
      const [ann, bob] = [await enter(), await enter()];
      for (const text of ['1', '2']) await say(ann, bob.userID, text);
      await until('both texts', () => received(bob).length === 2);
      const { conversationList } = await bob.call('getConversationList');
      assert.deepStrictEqual(conversationList.map(({ userProfile }) => userProfile?.userID), [ann.userID]);
      const conversationID = `C2C${conversationList[0].userProfile.userID}`;
      assert.deepStrictEqual(texts((await bob.call('getMessageList', { conversationID })).messageList), ['1', '2']);
      if (!await bob.call('has', 'getMessageListHopping')) return test.diagnostic('it does not hop');
      const { time } = received(bob).at(-1);
      const hop = await bob.call('getMessageListHopping', { conversationID, time, count: 15, direction: 0 });
      assert.deepStrictEqual(texts(hop.messageList), ['1', '2']);
    });

    it('receives the texts, the tips and the notices of a group', async (test) => {
      const [ann, bob, roomID] = [await enter(), await enter(), await newRoom()];
      await bob.join(roomID);
      await ann.join(roomID);
      await ann.say('GROUP', roomID, 'to all');
      await server.mustCall('multi_room/add_pusher', { roomID, ...person('cat') });
      const isTip = ({ type, payload }) => type === 'TIMGroupTipElem' && payload.userIDList.includes(ann.userID);
      const isNotice = ({ type, payload }) => type === 'TIMGroupSystemNoticeElem' && payload.operationType === 255;
      const counts = () => [received(bob).filter(isTip).length, texts(received(bob)).length, received(bob).filter(isNotice).length];
      await until('all three', () => counts().every(Boolean));
      assert.deepStrictEqual(counts(), [1, 1, 1]);
      const conversationID = `GROUP${roomID}`;
      await until('none is unread', async () => await unreadIn(bob, conversationID) === 0);
      if (!await bob.call('has', 'getMessageListHopping')) return test.diagnostic('it does not hop');
      const { messageList } = await bob.call('getMessageListHopping', { conversationID, sequence: 1, count: 15, direction: 0 });
      assert.deepStrictEqual(texts(messageList), ['to all']);
    });

    it('logs in by itself when its page is loaded again', async () => {
      const [ann, bob] = [await enter(), await enter()];
      const remembered = await bob.call('remembered');
      bob.kill();
      const again = await open(bob.identity, remembered);
      await isReady(again);
      await say(ann, bob.userID, 'welcome back');
      await until('the text', () => received(again).length > 0);
      assert.deepStrictEqual(texts(received(again)), ['welcome back']);
    });

    it('logs out, and finds what came meanwhile when its page is loaded again', async () => {
      const [ann, bob] = [await enter(), await enter()];
      await bob.call('ask', 'timLoginout');
      await until('it is logged out', () => bob.of('SDK_NOT_READY').length > 0);
      await say(ann, bob.userID, 'while away');
      const again = await open(bob.identity, await bob.call('remembered'));
      await isReady(again);
      await until('one is unread', async () => await unreadIn(again, `C2C${ann.userID}`) === 1);
      assert.deepStrictEqual(received(bob), []);
      await again.call('destroy');
    });

    it('is told that another page has ended its login', async () => {
      const ann = await enter();
      await enter(ann.identity);
      await until('it is told', () => ann.of('KICKED_OUT').length > 0);
      const { KICKED_OUT_MULT_ACCOUNT: type } = await ann.call('types');
      assert.deepStrictEqual(ann.of('KICKED_OUT').map((event) => event.type), [type]);
    });
  });
}
