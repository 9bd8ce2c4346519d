// A call through the proxy at the address that is the first argument, whose certificate the environment
// trusts: by a socket, and by polls; then a first request of two other kinds of client. Prints a line for each.
import assert from 'node:assert';
import { once } from 'node:events';
import { Client } from '../../../clients/js/src/index.js';
import { webPlatform } from '../../../clients/js/src/platform/web.js';
import { WebSocket } from './packages.js';

const [server, sdkAppID] = process.argv.slice(2);

async function user(hasSockets) {
  const client = new Client({ server, WebSocket, platform: { ...webPlatform({ WebSocket, storage: null }), hasSockets } });
  await client.login();
  return client;
}

for (const hasSockets of [true, false]) {
  const [ann, bob] = [await user(hasSockets), await user(hasSockets)];
  const own = await ann.createRoom('multi', { roomInfo: 'talk', userName: 'Ann', stream: false });
  const heard = new Promise((resolve) => { own.on('message', resolve); });
  const room = await bob.joinRoom('multi', own.roomID, { userName: 'Bob', stream: false });
  await room.sendText('hello');
  assert.strictEqual((await heard).body, 'hello');
  console.log(ann.connection);
  await Promise.all([ann.logout(), bob.logout()]);
}

// One of today's IM SDKs: what it says while it has no login.
const sdk = new WebSocket(`${server.replace('https', 'wss')}/binfo?sdkappid=${sdkAppID}&sdkversion=2.27.6`);
await once(sdk, 'open');
sdk.send(Buffer.from(JSON.stringify({ head: { servcmd: 'heartbeat.alive', seq: 1 }, body: {} })));
const [frame] = await once(sdk, 'message');
console.log(JSON.parse(frame).body.ActionStatus);
sdk.close();

// An old client of the channel, which has no login.
const poll = await fetch(`${server}/v4/openim/getmsg`, { method: 'POST', body: '{}' });
console.log((await poll.json()).ActionStatus);
console.log(await (await fetch(`${server}/hls/stream.m3u8`)).text());
