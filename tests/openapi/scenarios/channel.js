// The commands of the message channel, as the SDK sends them.
import assert from 'node:assert';

import { kSdkAppId, userSig } from '../user_sig.js';
import { newPusher, newRoom } from './gen1.js';

const kRoom = 'channel';
const kText = (text) => [{ MsgType: 'TIMTextElem', MsgContent: { Text: text } }];
const kCommand = {
  MsgType: 'TIMCustomElem',
  MsgContent: { Data: '{"cmd":"CustomTextMsg","data":{"nickName":"A","headPic":""}}', Desc: '', Ext: '' },
};

async function logIn(client, account) {
  const query = { sdkappid: kSdkAppId, identifier: account, usersig: userSig(account) };
  const { TinyId, A2Key } = await client.as(query).call('channelLogin', 'ChannelLoggedIn', { body: { State: 'Online' } });
  return client.as({ sdkappid: kSdkAppId, tinyid: TinyId, a2: A2Key });
}

async function talkInTheGroup(client, alice, bob) {
  const ask = (operation, expected, body) => alice.call(operation, expected, { body });
  const { LongPollingKey: Key } = await ask('channelJoin', 'ChannelJoined', { GroupId: kRoom });
  await bob.call('channelJoin', 'ChannelJoined', { body: { GroupId: kRoom } });
  await ask('channelJoin', 'ChannelFailed', { GroupId: 'nowhere' });
  const sent = await ask('channelSendToGroup', 'ChannelGroupSent', { GroupId: kRoom, Random: 1, MsgBody: [kCommand, ...kText('hi')] });
  assert.strictEqual(sent.MsgSeq, 1);
  const refused = await ask('channelSendToGroup', 'ChannelFailed', { GroupId: kRoom, Random: 2, MsgBody: [{ ...kCommand, MsgType: 'TIMImageElem' }] });
  assert.strictEqual(refused.ErrorCode, 80001);
  const poll = await ask('channelPollRoom', 'ChannelRoomMessages', { StartSeq: 0, HoldTime: 90, Key });
  assert.strictEqual(poll.RspMsgList.length, 1);
  assert.strictEqual(poll.NextSeq, 2);
  const history = await ask('channelGetHistory', 'ChannelHistory', { GroupId: kRoom, ReqMsgNumber: 20 });
  assert.strictEqual(history.RspMsgList.length, 1);
  for (const operation of ['channelGetGroups', 'channelGetPublicGroups']) {
    const { GroupInfo } = await ask(operation, 'ChannelGroups', { GroupIdList: [kRoom, 'nowhere'] });
    assert.deepStrictEqual(GroupInfo.map((group) => group.ErrorCode), [0, 10010]);
  }
  assert.strictEqual((await ask('channelGetMembers', 'ChannelMembers', { GroupId: kRoom })).MemberNum, 2);
  const { UserIdList } = await ask('channelGetRoles', 'ChannelRoles', { GroupId: kRoom, User_Account: ['bob', 'carol'] });
  assert.deepStrictEqual(UserIdList.map((user) => user.Role), ['Member', 'NotMember']);
  await ask('channelCreateGroup', 'ChannelFailed', { GroupId: kRoom });
  await ask('channelDestroyGroup', 'ChannelFailed', { GroupId: kRoom });
}

async function talkToEachOther(client, alice, bob) {
  await client.call('addPusher', 'Done', { kind: 'multi_room', body: newPusher(kRoom, 'dora') });
  await bob.call('channelSendDirect', 'ChannelSent', { body: { To_Account: 'alice', MsgSeq: 1, MsgRandom: 1, MsgBody: kText('psst') } });
  const { MsgList } = await alice.call('channelGetPending', 'ChannelPending');
  assert.strictEqual(MsgList.length, 1);
  const seen = new Set();
  for (let NoticeSeq = 0; seen.size < 2;) {
    const { EventArray } = await alice.call('channelPollAccount', 'ChannelAccountEvents', { body: { Timeout: 60, Cookie: { NoticeSeq } } });
    for (const { Event, C2cMsgArray = [], GroupTips = [] } of EventArray) {
      seen.add(Event);
      NoticeSeq = [...C2cMsgArray, ...GroupTips][0].NoticeSeq;
    }
  }
  const { Complete } = await alice.call('channelGetRoamed', 'ChannelRoamed', { body: { Peer_Account: 'bob', MaxCnt: 15 } });
  assert.strictEqual(Complete, 1);
  const { SessionItem } = await alice.call('channelGetConversations', 'ChannelConversations', { body: { Count: 100 } });
  assert.deepStrictEqual(SessionItem.map((item) => item.Type).sort(), [1, 2]);
}

export async function run(client) {
  await client.call('createRoom', 'RoomNamed', { kind: 'multi_room', body: newRoom(kRoom, 'alice') });
  const alice = await logIn(client, 'alice');
  const bob = await logIn(client, 'bob');
  await alice.call('channelGetLongPollingId', 'ChannelPollID');
  await alice.call('channelAuthKey', 'ChannelAuthKey');
  await alice.call('channelGetJoinedGroups', 'ChannelJoinedGroups');
  const item = { Tag: 'Tag_Profile_IM_Nick', Value: 'Alice' };
  await alice.call('channelSetProfile', 'ChannelDone', { body: { ProfileItem: [item] } });
  const { UserProfileItem } = await bob.call('channelGetProfiles', 'ChannelProfiles', { body: { To_Account: ['alice', 'nobody'] } });
  assert.deepStrictEqual(UserProfileItem[0].ProfileItem[0], item);
  await talkInTheGroup(client, alice, bob);
  await talkToEachOther(client, alice, bob);
  for (const operation of ['channelMarkRead', 'channelReportRead', 'channelReport']) await alice.call(operation, 'ChannelDone');
  await alice.call('channelQuit', 'ChannelDone', { body: { GroupId: kRoom } });

  // Nobody's. The room's poll is held all the same.
  const nobody = client.as({ sdkappid: kSdkAppId, tinyid: 1, a2: 'none', identifier: 'alice', usersig: 'none' });
  for (const { id, isOfChannel } of client.document.operations.values()) {
    if (!isOfChannel) continue;
    await nobody.call(id, id === 'channelPollRoom' ? 'ChannelRoomMessages' : 'ChannelFailed', { body: {} });
  }
  await alice.call('channelLogOut', 'ChannelDone');
  await bob.call('channelLogOutAll', 'ChannelDone');
  assert.strictEqual((await bob.call('channelAuthKey', 'ChannelFailed')).ErrorCode, 70003);
}
