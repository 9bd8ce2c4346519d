// Rooms of the open dialect.
import assert from 'node:assert';

export const kKinds = ['double_room', 'multi_room', 'live_room'];

export function newRoom(roomID, userID) {
  return { roomID, userID, userName: 'U', userAvatar: 'a.png', pushURL: `rtmp://h/live/${userID}`, roomName: 'first' };
}

export function newPusher(roomID, userID) {
  return { roomID, userID, userName: 'U', userAvatar: 'a.png', pushURL: `rtmp://h/live/${userID}` };
}

async function rooms(client, kind) {
  const call = (operation, expected, body) => client.call(operation, expected, { kind, body });
  const id = `gen1_${kind}`;
  await call('getPushUrl', 'PushUrl', { userID: 'alice' });
  const drawn = await call('createRoom', 'RoomNamed', { ...newRoom('', 'zoe') });
  await call('destroyRoom', 'Done', { roomID: drawn.roomID, userID: 'zoe' });
  await call('createRoom', 'RoomNamed', newRoom(id, 'alice'));
  await call('createRoom', 'RoomNamed', newRoom(id, 'alice'));
  await call('createRoom', 'Gen1RoomTaken', newRoom(id, 'bob'));
  await call('addPusher', 'Done', newPusher(id, 'bob'));
  await call('addPusher', 'Joined', { ...newPusher(id, 'bob'), client: 'rtcroom/1' });
  await call('addPusher', 'Gen1NoRoom', newPusher('nowhere', 'bob'));
  for (const user of ['carol', 'dave']) if (kind !== 'double_room') await call('addPusher', 'Done', newPusher(id, user));
  await call('addPusher', 'RoomFull', newPusher(id, 'erin'));
  const { pushers } = await call('getPushers', 'Gen1Pushers', { roomID: id });
  assert.deepStrictEqual(pushers.slice(0, 2).map((pusher) => pusher.userID), ['alice', 'bob']);
  await call('getPushers', 'Gen1NoRoom', { roomID: 'nowhere' });
  await call('pusherHeartbeat', 'Done', { roomID: id, userID: 'alice' });
  await call('pusherHeartbeat', 'Gen1NoMember', { roomID: id, userID: 'erin' });
  const list = await call('getRoomList', 'Gen1Rooms', { index: 0, cnt: '20' });
  assert.deepStrictEqual(list.rooms.map((room) => room.roomID), [id]);
  await call('destroyRoom', 'Gen1NoRoom', { roomID: id, userID: 'bob' });
  await call('deletePusher', 'Done', { roomID: id, userID: 'bob' });
  await call('deletePusher', 'Gen1NoMember', { roomID: id, userID: 'bob' });
  if (kind === 'live_room') await mixing(call, id);
  await call('destroyRoom', 'Done', { roomID: id, userID: 'alice' });
}

async function mixing(call, roomID) {
  const mergeParams = { interface: {} };
  await call('mergeStream', 'NotMixed', { roomID, userID: 'alice', mergeParams });
  await call('mergeStream', 'Gen1NoMember', { roomID, userID: 'erin', mergeParams });
  await call('mergeStream', 'Gen1NoRoom', { roomID: 'nowhere', userID: 'alice', mergeParams });
  await call('mergeStream', 'Gen1BadField', { roomID, userID: 'alice' });
}

// On a server with a mixing service.
export async function withMixing(client) {
  const call = (operation, expected, body) => client.call(operation, expected, { kind: 'live_room', body });
  await call('createRoom', 'RoomNamed', newRoom('mixed', 'alice'));
  const para = (stream) => ({
    output_stream_id: stream,
    input_stream_list: [{ input_stream_id: stream, layout_params: { image_layer: 1 } }],
  });
  const mix = (stream) => ({ roomID: 'mixed', userID: 'alice', mergeParams: { interface: { para: para(stream) } } });
  const { result } = await call('mergeStream', 'Mixed', mix('8888_alice'));
  assert.strictEqual(result.code, 0);
  await call('mergeStream', 'MixRefused', mix('8888_bob'));
}

async function login(client, kind) {
  const call = (operation, expected, options) => client.call(operation, expected, { kind, ...options });
  await call('getImLoginInfo', 'Gen1Identity', { body: { userIDPrefix: 'weixin' } });
  const known = await call('getImLoginInfo', 'Gen1Identity', { body: { userIDPrefix: 'weixin', code: 'ann' } });
  assert.strictEqual(known.userID, 'openid-ann');
  assert(known.sessionKey, 'an exchanged code comes with a sessionKey');
  await call('getImLoginInfo', 'Gen1BadField', { body: { userIDPrefix: 'weixin', code: 'risky' } });
  await call('getImLoginInfo', 'Gen1BadField', { body: { userIDPrefix: 'x', imuserid: 'denied' } });
  await call('login', 'Gen1Login', { query: { userID: 'alice' } });
  await call('login', 'Gen1BadField', { query: { userID: 'denied' } });
  await call('logout', 'Done', {});
}

// @param ban  keeps a user out of a room.
async function banned(client, ban) {
  const call = (operation, expected, body) => client.call(operation, expected, { kind: 'multi_room', body });
  await call('createRoom', 'RoomNamed', newRoom('gen1_ban', 'alice'));
  await call('addPusher', 'Done', newPusher('gen1_ban', 'mallory'));
  ban('multi', 'gen1_ban', 'mallory');
  await call('addPusher', 'NotAuthorised', newPusher('gen1_ban', 'mallory'));
  await call('createRoom', 'NotAuthorised', newRoom('gen1_ban', 'mallory'));
  await call('getPushUrl', 'NotAuthorised', { roomID: 'gen1_ban', userID: 'mallory' });
  await call('destroyRoom', 'Done', { roomID: 'gen1_ban', userID: 'alice' });
}

// A malformed body is refused by each.
async function unreadable(client, operations) {
  for (const operation of operations) {
    await client.call(operation, 'Gen1BadField', { kind: 'live_room', body: '{"roomID":' });
  }
}

export async function run(client, ban) {
  for (const kind of kKinds) {
    await login(client, kind);
    await rooms(client, kind);
  }
  await banned(client, ban);
  await unreadable(client, [
    'getPushUrl', 'createRoom', 'destroyRoom', 'addPusher', 'deletePusher', 'getPushers',
    'pusherHeartbeat', 'getRoomList', 'logout',
  ]);
}
