// Checks that the server accepts requests that match the schemas, and refuses others.
import assert from 'node:assert';

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
  'getImLoginInfo code', 'getImLoginInfo imuserid', 'getPushUrl roomID', 'getWhipUrl roomID', 'getWhepUrl of',
  'createRoom roomID', 'createRoom roomid',
  'addPusher roomInfo', 'addPusher roomName', 'webrtcGetLoginInfo userID', 'webrtcCreateRoom nickName', 'webrtcCreateRoom roomType',
  'webrtcEnterRoom nickName', 'webrtcGetRoomList roomType', 'createRoom client', 'addPusher client', 'addAudience client',
  'deletePusher client', 'deletePusher stay', 'deleteAudience client', 'deleteAudience stay', 'pusherHeartbeat client',
  'audienceHeartbeat client',
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

// @param client  of a server without authentication, since the names change.
// @param endpoints  from `publicEndpoints`.
export async function run(client, endpoints) {
  const { document } = client;
  const gen2 = client.as({ userID: '' });
  const probed = new Set();
  let count = 0;
  for (const { route, protocol, good } of endpoints) {
    const operation = document.operationAt(route);
    if (!operation.requestBody) continue;
    const schema = document.requestName(operation, protocol);
    count += await probe(protocol === 'gen-2' ? gen2 : client, operation.id, schema, good);
    probed.add(operation.id);
  }
  for (const { id, requestBody } of document.operations.values()) {
    // Those of the console and of the channel are tested by separate scenarios.
    const isProbed = probed.has(id) || id.startsWith('console') || id.startsWith('channel');
    assert(!requestBody || isProbed, `${id}: its request is not probed`);
  }
  return count;
}
