// Checks that the server accepts requests that match the schemas, and refuses others.
'use strict';

const assert = require('node:assert');

const kThreeBytes = '\u4e8c';
const kValues = [
  undefined, null, '', 0, 1, -7, 1.5, 7.0, true, false, [], {}, { a: 1 }, 'a', 'abcd', 'with space', 'a/b', 'user_1',
  '20', '-3', '+5', '2.5', ' 1', '0', '7up', 2147483647, 2147483648, '2147483647',
  'a'.repeat(24), 'a'.repeat(25), 'a'.repeat(48), 'a'.repeat(49), 'a'.repeat(64), 'a'.repeat(65),
  'a'.repeat(128), 'a'.repeat(129), 'a'.repeat(1024), 'a'.repeat(1025),
  `${kThreeBytes.repeat(341)}a`, kThreeBytes.repeat(342),
  'rtmp://h/live/x', 'RTMPS://h/x', 'http://h/live/x', '{"a":1}', 'inc', 'set', 'jump',
];

const kFaults = [
  'Gen1BadField', 'Gen2BadField', 'Gen2InfoTooLong', 'Gen2BadMergeParams', 'WebrtcBadField', 'WebrtcBadName',
  'WebrtcInfoTooLong',
];

// Values that the server accepts although the schema does not: an optional field of the wrong type
// counts as absent, and in gen-2 a zero does not count as missing.
const kForgiven = new Set([
  'getImLoginInfo code', 'getImLoginInfo imuserid', 'getPushUrl roomID', 'createRoom roomID', 'createRoom roomid',
  'addPusher roomInfo', 'webrtcGetLoginInfo userID', 'webrtcCreateRoom nickName', 'webrtcCreateRoom roomType',
  'webrtcEnterRoom nickName', 'webrtcGetRoomList roomType',
]);

function isForgiven(operation, field, value, isGen2) {
  return kForgiven.has(`${operation} ${field}`) || (isGen2 && value === 0);
}

// @param schema  the name of the request's schema.
async function probe(client, operationId, schema, good) {
  const { document } = client;
  const operation = document.operation(operationId);
  const isGen2 = client.query.userID !== undefined;
  let count = 0;
  for (const field of Object.keys(document.root.components.schemas[schema].properties)) {
    for (const value of kValues) {
      const body = { ...good, [field]: value };
      if (value === undefined) delete body[field];
      const isAllowed = document.faults(schema, body) === '';
      const reply = await client.send(operationId, { kind: 'live_room', body });
      const fits = document.fitting(operation, JSON.parse(reply.text));
      assert.notStrictEqual(fits.length, 0, `${operationId} ${JSON.stringify(body)}: ${reply.text}`);
      fits.forEach((name) => document.seen.add(`${operationId} 200 ${name}`));
      const isTaken = !fits.some((name) => kFaults.includes(name));
      if (isTaken && isForgiven(operationId, field, value, isGen2)) continue;
      assert.strictEqual(isTaken, isAllowed, `${operationId}, ${schema}: ${JSON.stringify(body)}: ${reply.text}`);
      ++count;
    }
  }
  return count;
}

const kPusher = { userID: 'u', userName: 'U', userAvatar: 'a', pushURL: 'rtmp://h/live/u' };

// [operation, schema in gen-1, schema in gen-2, a good body]
const kRooms = [
  ['getPushUrl', 'PushUrlWish', 'PushUrlWish', { userID: 'u' }],
  ['createRoom', 'Gen1NewRoom', null, { ...kPusher, roomName: 'n' }],
  ['createRoom', null, 'Gen2NewRoom', { userID: 'u', roomInfo: 'n' }],
  ['destroyRoom', 'Member', 'Member', { roomID: 'r', userID: 'u' }],
  ['addPusher', 'Gen1NewPusher', 'Gen2NewPusher', { roomID: 'r', ...kPusher }],
  ['deletePusher', 'Member', 'Member', { roomID: 'r', userID: 'u' }],
  ['getPushers', 'RoomOnly', 'RoomOnly', { roomID: 'r' }],
  ['pusherHeartbeat', 'Member', 'Member', { roomID: 'r', userID: 'u' }],
  ['getRoomList', 'PageWish', 'PageWish', { index: 0, cnt: 1 }],
  ['mergeStream', 'Gen1MixWish', 'Gen2MixWish', { roomID: 'r', userID: 'u', mergeParams: {} }],
  ['setCustomField', null, 'FieldChange', { roomID: 'r', fieldName: 'f', operation: 'set', value: 1 }],
  ['getCustomInfo', null, 'RoomOnly', { roomID: 'r' }],
  ['addAudience', null, 'NewViewer', { roomID: 'r', userID: 'u', userInfo: '' }],
  ['deleteAudience', null, 'Member', { roomID: 'r', userID: 'u' }],
  ['getAudiences', null, 'RoomOnly', { roomID: 'r' }],
];

// Operations with one schema for all callers.
const kOthers = [
  ['getImLoginInfo', 'Gen1LoginWish', { userIDPrefix: 'weixin' }],
  ['webrtcGetLoginInfo', 'WebrtcLoginWish', {}],
  ['webrtcCreateRoom', 'WebrtcNewRoom', { userID: 'user', roomInfo: 'n' }],
  ['webrtcEnterRoom', 'WebrtcEntry', { userID: 'user', roomID: 7 }],
  ['webrtcQuitRoom', 'WebrtcMember', { userID: 'user', roomID: 7 }],
  ['webrtcHeartbeat', 'WebrtcMember', { userID: 'user', roomID: 7 }],
  ['webrtcGetRoomList', 'WebrtcPageWish', { index: 0, count: 1 }],
  ['webrtcGetRoomMembers', 'WebrtcRoomOnly', { roomID: 7 }],
  ['postLoginInfo', 'SignWish', { userID: 'u', time: 60 }],
];

// @param client  of a server without authentication, since the names change.
async function run(client) {
  const gen2 = client.as({ userID: '' });
  let count = 0;
  for (const [operation, ofGen1, ofGen2, good] of kRooms) {
    if (ofGen1) count += await probe(client, operation, ofGen1, good);
    if (ofGen2) count += await probe(gen2, operation, ofGen2, good);
  }
  for (const [operation, schema, good] of kOthers) count += await probe(client, operation, schema, good);
  const probed = new Set([...kRooms, ...kOthers].map(([operation]) => operation));
  for (const { id, requestBody } of client.document.operations.values()) {
    // Those of the console are tested by a separate scenario.
    const isProbed = probed.has(id) || id.startsWith('console');
    assert(!requestBody || isProbed, `${id}: its request is not probed`);
  }
  return count;
}

module.exports = { run };
