// Calls between users of today's IM SDKs, by the invitations of these SDKs, and between them and clients of other kinds,
// against the real server: the binary that RTCROOMD names.
import assert from 'node:assert';
import { afterEach, describe, it } from 'node:test';
import { kNoServer } from '../console/support/server.js';
import { until } from '../console/support/until.js';
import { Phone } from './support/phone.js';
import { readSdks, requestsOf, withSdkUsers } from './support/sdk_fixture.js';
import { unreadIn } from './support/sdk_user.js';
import { User } from './support/users.js';

/** The oldest and the newest; SDKS names others. Each calls the next one. */
const kSdks = readSdks(process.env.SDKS ?? 'tim-js-sdk @tencentcloud/chat');
const kCall = JSON.stringify({ call_type: 2, room_id: 7 });
/** What an invitation says of itself. */
const kInvite = 1;
const kCancel = 2;
const kAccept = 3;
const kReject = 4;
const kTimeOut = 5;

/** The message of an invitation as the SDKs write it. */
const invitation = (actionType, inviteID, inviter, invitee, timeout = 0) =>
  JSON.stringify({ businessID: 1, inviteID, inviter, actionType, inviteeList: [invitee], data: kCall, timeout, groupID: '' });

/** The inviteIDs of the events of a kind, as a user was told of them. */
const told = (user, event) => user.of(event).map(({ inviteID }) => inviteID);
const isTold = (user, event, inviteID) =>
  until(`${user.userID} is told ${event}`, () => told(user, event).includes(inviteID));

const kRingsTwice = 'the library for SDKs before 3 tells an invitation twice that comes while it reads those that were missed';

/** @returns {Promise<SdkUser>} one who has read which invitations were missed: see `kRingsTwice` */
async function withCalls(newUser) {
  const user = await (await newUser).login({ takesCalls: true });
  await until('it has told what it missed', () => user.of('MISSED_INVITATIONS_TOLD').length > 0);
  return user;
}

/** @returns {Promise<string>} the invitation */
async function ring(ann, bob, options) {
  const inviteID = await ann.call('signal', 'invite', { userID: bob.userID, data: kCall, timeout: 30, ...options });
  await isTold(bob, 'NEW_INVITATION_RECEIVED', inviteID);
  return inviteID;
}

for (const [at, caller] of kSdks.entries()) {
  const callee = kSdks[(at + 1) % kSdks.length];
  describe(`A call from ${caller.name} to ${callee.name}`, { skip: kNoServer }, () => {
    const { server, newUser } = withSdkUsers(caller);
    const newCaller = () => withCalls(newUser());
    const newCallee = (identity) => withCalls(newUser(identity, callee));

    it('is accepted, rejected, cancelled and ended by its time-out, each once', async () => {
      const [ann, bob] = [await newCaller(), await newCallee()];
      const accepted = await ring(ann, bob);
      const [{ inviter, inviteeList, data }] = bob.of('NEW_INVITATION_RECEIVED');
      assert.deepStrictEqual([inviter, inviteeList, data], [ann.userID, [bob.userID], kCall]);
      await bob.call('signal', 'accept', { inviteID: accepted, data: kCall });
      await isTold(ann, 'INVITEE_ACCEPTED', accepted);

      const rejected = await ring(ann, bob, { onlineUserOnly: true });
      await bob.call('signal', 'reject', { inviteID: rejected, data: kCall });
      await isTold(ann, 'INVITEE_REJECTED', rejected);

      const cancelled = await ring(ann, bob);
      await ann.call('signal', 'cancel', { inviteID: cancelled, data: kCall });
      await isTold(bob, 'INVITATION_CANCELLED', cancelled);

      const missed = await ring(ann, bob, { timeout: 1 });
      for (const user of [ann, bob]) await isTold(user, 'INVITATION_TIMEOUT', missed);

      assert.deepStrictEqual(told(bob, 'NEW_INVITATION_RECEIVED'), [accepted, rejected, cancelled, missed]);
      assert.deepStrictEqual(told(ann, 'INVITEE_ACCEPTED'), [accepted]);
      assert.deepStrictEqual(ann.of('INVITEE_ACCEPTED')[0].invitee, bob.userID);
      assert.deepStrictEqual(told(ann, 'INVITEE_REJECTED'), [rejected]);
      assert.deepStrictEqual(told(bob, 'INVITATION_CANCELLED'), [cancelled]);
      for (const user of [ann, bob]) assert.deepStrictEqual(told(user, 'INVITATION_TIMEOUT'), [missed]);
    });

    it('waits for a login within its time-out', async () => {
      const [ann, identity] = [await newCaller(), await server.newUser()];
      const inviteID = await ann.call('signal', 'invite', { userID: identity.userID, data: kCall, timeout: 30 });
      const invitedAt = Date.now();
      await until('it has waited', () => Date.now() > invitedAt + 2000);
      const bob = await newCallee(identity);
      await isTold(bob, 'NEW_INVITATION_RECEIVED', inviteID);
      const conversationID = `C2C${ann.userID}`;
      assert.strictEqual(await unreadIn(bob, conversationID), 1);
      const { messageList } = await bob.call('getMessageList', { conversationID });
      assert.deepStrictEqual(messageList.map(({ payload }) => JSON.parse(payload.data).inviteID), [inviteID]);
      await bob.call('signal', 'accept', { inviteID, data: kCall });
      await isTold(ann, 'INVITEE_ACCEPTED', inviteID);
      assert.deepStrictEqual(told(bob, 'NEW_INVITATION_RECEIVED'), [inviteID]);
    });

    it('does not ring at a login when it was cancelled', async () => {
      const [ann, identity] = [await newCaller(), await server.newUser()];
      const inviteID = await ann.call('signal', 'invite', { userID: identity.userID, data: kCall, timeout: 30 });
      await ann.call('signal', 'cancel', { inviteID, data: kCall });
      const bob = await newCallee(identity);
      const next = await ring(ann, bob);
      assert.deepStrictEqual(told(bob, 'NEW_INVITATION_RECEIVED'), [next]);
    });
  });
}

for (const sdk of kSdks) {
  describe(`Calls between ${sdk.name} and other clients`, { skip: kNoServer }, () => {
    const { server, newUser } = withSdkUsers(sdk);
    const ends = [];
    afterEach(() => Promise.all(ends.splice(0).map((end) => end())));

    /** Clients that have no invitations of their own, and read and write the messages of them. */
    const kOthers = {
      async rtcroom() {
        const user = await new User(server).login();
        ends.push(() => user.client.logout());
        return {
          userID: user.userID,
          texts: () => user.of('direct').map(({ body }) => body),
          send: (to, text) => user.client.sendDirect(to, text, { cmd: 'call' }),
        };
      },
      async webim_wx() {
        const identity = await server.newUser();
        const phone = new Phone(server.host, identity.userID);
        await phone.login(identity);
        ends.push(() => phone.logout());
        return {
          userID: identity.userID,
          texts: () => phone.directs.map(({ text }) => text),
          send: (to, text) => phone.send([{ data: text }], to),
        };
      },
    };

    const skip = !sdk.name.includes('chat') && kRingsTwice;
    it('an invitation rings once that comes before the callee has asked what it missed', { skip }, async () => {
      const [ann, other] = [await newUser(), await kOthers.rtcroom()];
      await ann.create();
      await ann.call('takeCalls', ann.identity.sdkAppID);
      await ann.call('hold', 'openim.getmsg');
      await ann.call('login', { userID: ann.userID, userSig: ann.identity.userSig });
      await until('it would ask', async () => await ann.call('held') > 0);
      const write = (inviteID) => other.send(ann.userID, invitation(kInvite, inviteID, other.userID, ann.userID, 30));
      await write('first');
      await isTold(ann, 'NEW_INVITATION_RECEIVED', 'first');
      await ann.call('release');
      await until('it has asked', async () => (await requestsOf(server))['openim.getmsg'] > 0);
      await write('second');
      await isTold(ann, 'NEW_INVITATION_RECEIVED', 'second');
      assert.deepStrictEqual(told(ann, 'NEW_INVITATION_RECEIVED'), ['first', 'second']);
      assert.strictEqual(await unreadIn(ann, `C2C${other.userID}`), 2);
    });

    for (const [name, newOther] of Object.entries(kOthers)) {
      it(`an invitation reaches ${name}, and its answers the caller`, async () => {
        const [ann, other] = [await withCalls(newUser()), await newOther()];
        const received = () => other.texts().map((text) => JSON.parse(text));
        const isSent = (actionType, inviteID) => until(`${name} gets ${actionType}`,
          () => received().some((one) => one.actionType === actionType && one.inviteID === inviteID));
        const invite = async () => {
          const inviteID = await ann.call('signal', 'invite', { userID: other.userID, data: kCall, timeout: 30 });
          await isSent(kInvite, inviteID);
          return inviteID;
        };
        const answer = (actionType, inviteID) =>
          other.send(ann.userID, invitation(actionType, inviteID, ann.userID, other.userID));

        const accepted = await invite();
        const { inviter, inviteeList, data } = received().at(-1);
        assert.deepStrictEqual([inviter, inviteeList, data], [ann.userID, [other.userID], kCall]);
        await answer(kAccept, accepted);
        await isTold(ann, 'INVITEE_ACCEPTED', accepted);
        const rejected = await invite();
        await answer(kReject, rejected);
        await isTold(ann, 'INVITEE_REJECTED', rejected);
        const missed = await invite();
        await answer(kTimeOut, missed);
        await isTold(ann, 'INVITATION_TIMEOUT', missed);
        const cancelled = await invite();
        await ann.call('signal', 'cancel', { inviteID: cancelled, data: kCall });
        await isSent(kCancel, cancelled);
        assert.deepStrictEqual(received().map(({ actionType }) => actionType), [kInvite, kInvite, kInvite, kInvite, kCancel]);
        assert.deepStrictEqual([told(ann, 'INVITEE_ACCEPTED'), told(ann, 'INVITEE_REJECTED'), told(ann, 'INVITATION_TIMEOUT')],
          [[accepted], [rejected], [missed]]);
      });

      it(`an invitation of ${name} rings, and it gets the answers`, async () => {
        const [ann, other] = [await withCalls(newUser()), await newOther()];
        const ids = ['1', '2', '3'].map((number) => `${other.userID}-${number}`);
        const write = (actionType, inviteID) =>
          other.send(ann.userID, invitation(actionType, inviteID, other.userID, ann.userID, actionType === kInvite ? 30 : 0));
        for (const inviteID of ids) {
          await write(kInvite, inviteID);
          await isTold(ann, 'NEW_INVITATION_RECEIVED', inviteID);
        }
        await ann.call('signal', 'accept', { inviteID: ids[0], data: kCall });
        await ann.call('signal', 'reject', { inviteID: ids[1], data: kCall });
        await until('both answers', () => other.texts().length === 2);
        assert.deepStrictEqual(other.texts().map((text) => JSON.parse(text)).map(({ actionType, inviteID }) => [actionType, inviteID]),
          [[kAccept, ids[0]], [kReject, ids[1]]]);
        await write(kCancel, ids[2]);
        await isTold(ann, 'INVITATION_CANCELLED', ids[2]);
        assert.deepStrictEqual(told(ann, 'NEW_INVITATION_RECEIVED'), ids);
      });
    }
  });
}
