// Rooms of web components.
import assert from 'node:assert';

export async function run(client, ban) {
  const call = (operation, expected, body, options) => client.call(operation, expected, { body, ...options });
  await call('webrtcGetLoginInfo', 'Identity', {});
  await call('webrtcGetLoginInfo', 'Identity', {}, { prefix: '/webrtc/weapp' });
  await call('webrtcGetLoginInfo', 'WebrtcBadName', { userID: 'denied' });
  const { roomID } = await call('webrtcCreateRoom', 'WebrtcRoomMade', {
    userID: 'alice', roomInfo: 'talk', nickName: 'Alice', roomType: 'tea',
  });
  await call('webrtcCreateRoom', 'WebrtcBadName', { userID: 'no', roomInfo: 'talk' });
  await call('webrtcCreateRoom', 'WebrtcInfoTooLong', { userID: 'alice', roomInfo: 'x'.repeat(1025) });
  for (const userID of ['bobby', 'carol', 'daves']) {
    await call('webrtcEnterRoom', 'WebrtcEntered', { userID, roomID: Number(roomID), nickName: '' });
  }
  await call('webrtcEnterRoom', 'RoomFull', { userID: 'erin', roomID });
  await call('webrtcEnterRoom', 'WebrtcBadName', { userID: 'denied', roomID });
  await call('webrtcEnterRoom', 'WebrtcNoRoom', { userID: 'erin', roomID: 2147483647 });
  await call('webrtcHeartbeat', 'Done', { userID: 'alice', roomID });
  await call('webrtcHeartbeat', 'WebrtcBadName', { userID: '7up', roomID });
  const { rooms } = await call('webrtcGetRoomList', 'WebrtcRooms', { index: 0, count: 20, roomType: 'tea' });
  assert.deepStrictEqual(rooms, [{ roomID, roomInfo: 'talk', roomCreator: 'alice' }]);
  const { members } = await call('webrtcGetRoomMembers', 'WebrtcMembers', { roomID });
  assert.strictEqual(members.length, 4);
  await call('webrtcGetRoomMembers', 'WebrtcNoRoom', { roomID: 2147483647 });
  ban('webrtc', roomID, 'bobby');
  await call('webrtcEnterRoom', 'NotAuthorised', { userID: 'bobby', roomID });
  await call('webrtcQuitRoom', 'WebrtcBadName', { userID: '7up', roomID });
  for (const userID of ['alice', 'carol', 'daves', 'daves']) await call('webrtcQuitRoom', 'Done', { userID, roomID });
  for (const operation of kAll) await call(operation, 'WebrtcBadField', '{"userID"');
}

export const kAll = [
  'webrtcGetLoginInfo', 'webrtcCreateRoom', 'webrtcEnterRoom', 'webrtcQuitRoom', 'webrtcHeartbeat',
  'webrtcGetRoomList', 'webrtcGetRoomMembers',
];
