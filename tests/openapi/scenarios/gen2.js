// Rooms of the dialect with a login, and the additional calls of live rooms.
import assert from 'node:assert';

import { kSdkAppId, userSig } from '../user_sig.js';
import { kKinds, newPusher, newRoom } from './gen1.js';

export function ticketOf(userID, options = {}) {
  return { sdkAppID: kSdkAppId, accountType: '0', userID, userSig: userSig(userID, options) };
}

// @return a logged-in client.
export async function logIn(client, userID, kind = 'multi_room') {
  const { token } = await client.call('login', 'Gen2Login', { kind, query: ticketOf(userID) });
  return client.as({ userID, token });
}

async function login(client) {
  const kind = 'double_room';
  const resultOf = async (query) => (await client.call('login', 'Gen2LoginRefused', { kind, query })).result;
  const results = [
    await resultOf({ ...ticketOf('alice'), userID: '' }),
    await resultOf({ ...ticketOf('alice'), userSig: 'nonsense' }),
    await resultOf({ ...ticketOf('alice'), sdkAppID: 7 }),
    await resultOf({ ...ticketOf('alice'), userID: 'bob' }),
    await resultOf(ticketOf('alice', { time: 1_600_000_000 })),
    await resultOf(ticketOf('alice', { key: 'another' })),
  ];
  assert.strictEqual(new Set(results).size, results.length, 'each fault has a sentence of its own');
  await client.call('login', 'Gen2BadField', { kind, query: ticketOf('alice'), body: '{' });
}

// The authentication failures of each operation that requires it.
async function notLoggedIn(client, operations) {
  const alice = await logIn(client, 'alice');
  const { token } = alice.query;
  const [random, app, type] = token.split('*');
  const strangers = [
    { userID: 'alice', token: '' },
    { userID: 'alice', token: 'x' },
    { userID: 'alice', token: `${random}*1*${type}` },
    { userID: 'nobody', token },
    { userID: 'alice', token: `${'0'.repeat(random.length)}*${app}*${type}` },
  ];
  const messages = new Set();
  for (const operation of operations) {
    for (const query of strangers) {
      const reply = await client.as(query).call(operation, 'Gen2NotLoggedIn', { kind: 'live_room' });
      messages.add(reply.message);
    }
    // Not for logout, which would be executed.
    if (operation !== 'logout') {
      await alice.call(operation, 'Gen2BadField', { kind: 'live_room', body: '[]' });
    }
  }
  await alice.call('logout', 'Gen2BadField', { kind: 'live_room', body: '[]' });
  assert.strictEqual(messages.size, strangers.length, 'each reason has a sentence of its own');
}

async function rooms(client, kind) {
  const id = `gen2_${kind}`;
  const alice = await logIn(client, 'alice', kind);
  const bob = await logIn(client, 'bob', kind);
  const call = (who, operation, expected, body) => who.call(operation, expected, { kind, body });
  const pusher = (who) => newPusher(id, who.query.userID);
  const [listed, seats] = kind === 'live_room' ? ['Gen2LiveRooms', 4] : ['Gen2Rooms', kind === 'double_room' ? 2 : 4];

  await call(alice, 'getPushUrl', 'PushUrl', { userID: 'alice' });
  await call(alice, 'createRoom', 'RoomNamed', { roomID: id, userID: 'alice', roomInfo: 'show' });
  await call(bob, 'createRoom', 'Gen2RoomTaken', { roomID: id, userID: 'bob', roomInfo: '' });
  await call(bob, 'createRoom', 'Gen2InfoTooLong', { userID: 'bob', roomInfo: 'x'.repeat(1025) });
  await call(alice, 'getPushers', 'Gen2NoRoom', { roomID: id });
  await call(alice, 'addPusher', 'RoomNamed', pusher(alice));
  await call(bob, 'addPusher', 'RoomNamed', pusher(bob));
  await call(bob, 'addPusher', 'Gen2InfoTooLong', { ...pusher(bob), roomInfo: 'x'.repeat(1025) });
  for (let seat = 2; seat < seats; ++seat) {
    const other = await logIn(client, `other${seat}`, kind);
    await call(other, 'addPusher', 'RoomNamed', pusher(other));
  }
  const late = await logIn(client, 'late', kind);
  await call(late, 'addPusher', 'RoomFull', pusher(late));
  const room = await call(bob, 'getPushers', 'Gen2Room', { roomID: id });
  assert.deepStrictEqual(room.pushers.map((one) => one.userID).slice(0, 2), ['alice', 'bob']);
  const { rooms: [first] } = await call(bob, 'getRoomList', listed, { index: 0, cnt: 20 });
  assert.strictEqual(first.roomID, id);
  await call(bob, 'pusherHeartbeat', 'Done', { roomID: id, userID: 'bob' });
  await call(late, 'pusherHeartbeat', 'Gen2NotMember', { roomID: id, userID: 'late', client: 'rtcroom/1' });
  await call(late, 'deletePusher', 'Gen2NoMemberToLeave', { roomID: id, userID: 'late' });
  await call(bob, 'deletePusher', 'Done', { roomID: id, userID: 'bob' });
  await call(late, 'destroyRoom', 'Gen2NotCreator', { roomID: id, userID: 'late' });
  await call(alice, 'destroyRoom', 'Done', { roomID: id, userID: 'alice' });

  // An ID in use by the other dialect.
  await client.call('createRoom', 'RoomNamed', { kind, body: newRoom('held', 'zoe') });
  await call(bob, 'addPusher', 'Gen2RoomTaken', newPusher('held', 'bob'));
  await client.call('destroyRoom', 'Done', { kind, body: { roomID: 'held', userID: 'zoe' } });
  await call(bob, 'logout', 'Done');
}

async function live(client) {
  const host = await logIn(client, 'host');
  const viewer = await logIn(client, 'viewer');
  const call = (who, operation, expected, body) => who.call(operation, expected, { kind: 'live_room', body });
  const roomID = 'gen2_show';
  await call(host, 'addPusher', 'RoomNamed', newPusher(roomID, 'host'));

  const change = { roomID, fieldName: 'likes', operation: 'inc' };
  const counted = await call(viewer, 'setCustomField', 'CustomFields', change);
  assert.strictEqual(counted.custom, '{"likes":1}');
  await call(host, 'setCustomField', 'CustomFields', { ...change, fieldName: 'a', operation: 'set', value: true });
  await call(viewer, 'setCustomField', 'Gen2NotMember', { ...change, operation: 'set', value: 7 });
  await call(viewer, 'setCustomField', 'Gen2NoRoom', { ...change, roomID: 'nowhere' });
  await call(viewer, 'getCustomInfo', 'CustomFields', { roomID });
  await call(viewer, 'getCustomInfo', 'Gen2NoRoom', { roomID: 'nowhere' });

  await call(viewer, 'addAudience', 'Done', { roomID, userID: 'viewer', userInfo: 'hi' });
  await call(viewer, 'addAudience', 'Gen2NoRoom', { roomID: 'nowhere', userID: 'viewer', userInfo: '' });
  await call(host, 'addAudience', 'Done', { roomID, userID: 'host', userInfo: '' });
  await call(host, 'addAudience', 'Joined', { roomID, userID: 'host', userInfo: '', client: 'rtcroom/1' });
  const third = await logIn(client, 'third');
  await call(third, 'addAudience', 'Gen2AudienceFull', { roomID, userID: 'third', userInfo: '' });
  await call(viewer, 'audienceHeartbeat', 'Done', { roomID, userID: 'viewer' });
  await call(third, 'audienceHeartbeat', 'Gen2NotMember', { roomID, userID: 'third' });
  const { audienceCount } = await call(viewer, 'getAudiences', 'Viewers', { roomID });
  assert.strictEqual(audienceCount, 2);
  await call(viewer, 'deleteAudience', 'Done', { roomID, userID: 'viewer' });

  const mergeParams = '{"interface":{}}';
  await call(host, 'mergeStream', 'NotMixed', { roomID, userID: 'host', mergeParams });
  await call(host, 'mergeStream', 'Gen2BadMergeParams', { roomID, userID: 'host', mergeParams: '{' });
  await call(viewer, 'mergeStream', 'Gen2NotMember', { roomID, userID: 'viewer', mergeParams });
  await call(viewer, 'mergeStream', 'Gen2NoRoom', { roomID: 'nowhere', userID: 'viewer', mergeParams });
  await call(host, 'destroyRoom', 'Done', { roomID, userID: 'host' });
}

export const kAsking = [
  'getPushUrl', 'getWhipUrl', 'getWhepUrl', 'createRoom', 'destroyRoom', 'addPusher', 'deletePusher', 'getPushers',
  'pusherHeartbeat', 'getRoomList', 'mergeStream', 'setCustomField', 'getCustomInfo', 'addAudience',
  'audienceHeartbeat', 'deleteAudience', 'getAudiences', 'logout',
];

export async function run(client) {
  await login(client);
  await notLoggedIn(client, kAsking);
  for (const kind of kKinds) await rooms(client, kind);
  await live(client);
}
