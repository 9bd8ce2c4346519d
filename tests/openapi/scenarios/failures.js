// Servers on which otherwise valid calls fail.
import assert from 'node:assert';
import { setTimeout as sleep } from 'node:timers/promises';

import * as gen2 from './gen2.js';
import { newPusher, newRoom } from './gen1.js';
import * as webrtc from './webrtc.js';

const kMember = { roomID: 'r', userID: 'u' };

// Unauthenticated calls, where authentication is required.
export async function inTokenMode(client) {
  const shared = gen2.kAsking.filter((operation) => !kGen2Only.includes(operation));
  for (const operation of [...shared, 'login', 'getImLoginInfo', ...webrtc.kAll, 'postLoginInfo']) {
    await client.call(operation, 'NotAuthorised', { kind: 'live_room' });
  }
}

const kGen2Only = ['setCustomField', 'getCustomInfo', 'addAudience', 'audienceHeartbeat', 'deleteAudience', 'getAudiences'];

// Neither an application nor a stream service.
export async function unconfigured(client) {
  const call = (operation, expected, options) => client.call(operation, expected, { kind: 'live_room', ...options });
  await call('getImLoginInfo', 'ServerFailed', { body: { userIDPrefix: 'x' } });
  await call('login', 'ServerFailed', { query: gen2.ticketOf('alice') });
  await call('getPushUrl', 'ServerFailed', { body: { userID: 'u' } });
  await call('webrtcGetLoginInfo', 'ServerFailed', {});
  await call('webrtcCreateRoom', 'WebrtcNoKey', { body: { userID: 'user', roomInfo: 'n' } });
  await call('webrtcEnterRoom', 'WebrtcNoKey', { body: { userID: 'user', roomID: 7 } });
  await call('getLoginInfo', 'ServerFailed', {});
  await call('postLoginInfo', 'ServerFailed', { body: { userID: 'u', time: 60 } });
  await call('getTestPushUrl', 'ServerFailed', {});
  await call('getTestRtmpAccUrl', 'ServerFailed', {});
  const { live, im } = await call('checkConfig', 'ConfigBad', {});
  assert(live.appID && im.sdkAppID, 'hints say what is missing');
}

// Callers above the rate limit.
// @param user  a logged-in user.
export async function limited(client, user, operatorToken) {
  const call = (who, operation, options) => who.callUntil(operation, 'ServerFailed', { kind: 'live_room', ...options });
  for (const operation of ['getRoomList', 'mergeStream', 'getCustomInfo', 'getAudiences', 'setCustomField', 'logout']) {
    await call(user, operation, { body: {} });
  }
  for (const operation of ['webrtcGetRoomList', 'webrtcGetRoomMembers', 'webrtcEnterRoom', 'webrtcCreateRoom']) {
    await call(client, operation, { body: {} });
  }
  for (const operation of ['logFileList', 'getLogFile', 'checkConfig']) {
    await call(client, operation, { headers: { Authorization: `Bearer ${operatorToken}` } });
  }
}

// The IM service creates no groups.
export async function withoutGroups(client) {
  const alice = await gen2.logIn(client, 'alice');
  const call = (who, operation, expected, body) => who.call(operation, expected, { kind: 'multi_room', body });
  await call(client, 'createRoom', 'ServerFailed', newRoom('r', 'u'));
  await call(alice, 'createRoom', 'Gen2NoGroupForRoom', { userID: 'alice', roomInfo: '' });
  await call(alice, 'addPusher', 'Gen2NoGroupForPusher', newPusher('r', 'alice'));
}

// Writes until the files of the store cannot grow. A failed write may free space by moving the log
// to the database, and a small one may fit where a large one did not: so several in a row have to
// fail.
async function fillDisk(client) {
  const kFailuresInARow = 40;
  let failed = 0;
  for (let write = 0; write < 5000 && failed < kFailuresInARow; ++write) {
    const operation = write % 2 === 0 ? 'createRoom' : 'addPusher';
    const body = write % 2 === 0 ? newRoom('', 'filler') : newPusher('r', 'u');
    const reply = await client.send(operation, { kind: 'live_room', body });
    failed = JSON.parse(reply.text).code === 0 ? 0 : failed + 1;
  }
  assert.strictEqual(failed, kFailuresInARow, 'the disk is never full');
}

// A write that was confirmed before counts for some seconds, and the one of the readiness check is so small that it may
// still succeed several times.
async function untilNotReady(client) {
  let reply = await client.send('readyz');
  for (let tries = 0; tries < 600 && reply.status === 200; ++tries) {
    await sleep(100);
    reply = await client.send('readyz');
  }
  client.document.check(client.document.operation('readyz'), 'NotReady', reply);
}

// All writes fail.
export async function diskFull(client) {
  const alice = await gen2.logIn(client, 'alice');
  const call = (who, operation, expected, body) => who.call(operation, expected, { kind: 'live_room', body });
  await call(client, 'createRoom', 'RoomNamed', newRoom('r', 'u'));
  await call(alice, 'addPusher', 'RoomNamed', newPusher('show', 'alice'));
  const { roomID } = await client.call('webrtcCreateRoom', 'WebrtcRoomMade', { body: { userID: 'user', roomInfo: 'n' } });
  await call(alice, 'addAudience', 'Done', { roomID: 'show', userID: 'alice', userInfo: '' });
  await fillDisk(client);
  await call(client, 'addPusher', 'ServerFailed', newPusher('r', 'v'));
  await call(client, 'destroyRoom', 'ServerFailed', kMember);
  await call(client, 'deletePusher', 'ServerFailed', kMember);
  await call(alice, 'addAudience', 'ServerFailed', { roomID: 'show', userID: 'alice', userInfo: 'other' });
  await call(alice, 'deleteAudience', 'ServerFailed', { roomID: 'show', userID: 'alice' });
  await client.call('webrtcQuitRoom', 'ServerFailed', { body: { userID: 'user', roomID } });
  await untilNotReady(client);
  await client.call('healthz', 'Alive', {});
  // Read-only calls continue.
  await call(client, 'getPushers', 'Gen1Pushers', { roomID: 'r' });
  await call(client, 'pusherHeartbeat', 'Done', kMember);
}
