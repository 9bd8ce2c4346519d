// A back end that signs tickets as docs/client-guide.md shows, the library, and the real server.
import assert from 'node:assert';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { Client } from '../../clients/js/src/index.js';
import { WebSocket } from '../clients/support/packages.js';
import { kForClients } from '../clients/support/settings.js';
import { Server } from '../console/support/server.js';

const kListing = /```js\n(import tlsSigApi[^]*?)```/;
const application = { sdkAppID: 1400000001, key: 'a key of an application, for tests' };
const server = new Server({ ...kForClients, 'auth.mode': 'token', 'im.sdk_app_id': application.sdkAppID, 'im.secret_key': application.key });

before(() => server.start());
after(() => server.end());

/** The example, in a process whose environment has these keys. */
async function backEnd(folder, { sdkAppID, key }) {
  const guide = fs.readFileSync(path.join(import.meta.dirname, '../../docs/client-guide.md'), 'utf8');
  fs.mkdirSync(folder);
  fs.symlinkSync(path.join(import.meta.dirname, 'node_modules'), path.join(folder, 'node_modules'));
  const file = path.join(folder, 'back_end.mjs');
  fs.writeFileSync(file, kListing.exec(guide)[1]);
  Object.assign(process.env, { RTCROOMD_IM_SDK_APP_ID: String(sdkAppID), RTCROOMD_IM_SECRET_KEY: key });
  return import(pathToFileURL(file));
}

it('logs its own users in, who then hold a room', async () => {
  const { credentialsOf } = await backEnd(path.join(server.folder, 'own'), application);
  const client = new Client({ server: server.host, WebSocket });
  assert.strictEqual(await client.login(credentialsOf('alice')), 'alice');
  const room = await client.createRoom('multi', { userName: 'Alice', stream: false });
  assert.strictEqual(room.roomCreator, 'alice');
  await client.logout();
});

it('logs nobody in with another key', async () => {
  const { credentialsOf } = await backEnd(path.join(server.folder, 'foreign'), { ...application, key: 'another key' });
  await assert.rejects(new Client({ server: server.host, WebSocket }).login(credentialsOf('alice')), { name: 'NOT_AUTHORISED' });
});
