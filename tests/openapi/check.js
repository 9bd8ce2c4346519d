// Checks docs/openapi.yaml against the real server: the document itself, its examples, its list of
// endpoints, its request schemas, and every reply that it documents.
//
// Usage: node check.js PRINT_ENDPOINTS, with RTCROOMD naming the server
import assert from 'node:assert';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { Client } from './client.js';
import { ApiDocument } from './document.js';
import { checkFields } from './fields.js';
import { adminRoutes, publicEndpoints } from './routes.js';
import * as acceptance from './scenarios/acceptance.js';
import * as backup from './scenarios/backup.js';
import * as browsers from './scenarios/browsers.js';
import * as channel from './scenarios/channel.js';
import * as consoleScenario from './scenarios/console.js';
import * as failures from './scenarios/failures.js';
import * as gen1 from './scenarios/gen1.js';
import * as gen2 from './scenarios/gen2.js';
import * as refusals from './scenarios/refusals.js';
import * as utils from './scenarios/utils.js';
import * as webrtc from './scenarios/webrtc.js';
import { Server } from './server.js';
import { startIm, startLiveService, startWechat } from './stand_ins.js';
import { kKey, kSdkAppId } from './user_sig.js';

const kFile = path.join(import.meta.dirname, '..', '..', 'docs', 'openapi.yaml');
const kOperatorToken = 'operator-token-of-a-test';
const kAdminToken = 'admin-token-of-a-test';

// Documented replies that cannot be provoked from outside.
const kUnprovoked = new Map([
  ['servez 503 NotServing', 'it takes a database of several nodes that is lost, or a server that is about to end'],
  ['getPushers 200 ServerFailed', 'it is never refused for coming too often, and reads what was read before'],
]);

const kComplete = {
  'im.sdk_app_id': kSdkAppId,
  'im.secret_key': kKey,
  'live.bizid': '8888',
  'live.push_key': 'testpushkey0123456789',
  'live.api_key': 'testapikey0123456789',
  'utils.enabled': true,
};

async function checkDocument() {
  const { Validator } = await import('@seriousme/openapi-schema-validator');
  const validator = new Validator();
  const { valid, errors } = await validator.validate(kFile);
  assert(valid, JSON.stringify(errors, null, 1));
  assert.strictEqual(validator.version, '3.1');
  const [, version] = execFileSync(process.env.RTCROOMD, ['--version'], { encoding: 'utf8' }).match(/^rtcroomd (\S+)$/m);
  assert.strictEqual(validator.specification.info.version, version, 'info.version is not the program\'s');
}

function checkRoutes(document, endpoints, commands) {
  const check = (isOfArea, served) => {
    const documented = [...document.operations.values()].filter(isOfArea).map(({ method, path: at }) => `${method} ${at}`);
    assert.deepStrictEqual(documented.sort(), served.sort(), 'the sources and the document name other endpoints');
  };
  check(({ isPublic }) => isPublic, [...new Set(endpoints.map(({ route }) => route))]);
  check(({ isOfChannel }) => isOfChannel, commands);
  check(({ isPublic, isOfChannel }) => !isPublic && !isOfChannel, adminRoutes());
}

function checkCoverage(document) {
  const promised = document.promised().filter((what) => !what.includes(' 5XX '));
  const unseen = promised.filter((what) => !document.seen.has(what) && !kUnprovoked.has(what));
  assert.deepStrictEqual(unseen, [], 'the document promises what was not answered');
  const wrong = [...kUnprovoked.keys()].filter((what) => document.seen.has(what));
  assert.deepStrictEqual(wrong, [], 'was answered after all');
  return promised.length;
}

// Runs `use` with a client of a separate server.
async function withServer(document, settings, use, options) {
  const server = new Server(settings, options);
  try {
    await server.start();
    await use(new Client(document, server), server);
    await server.stop();
  } catch (failure) {
    console.error(`--- server log\n${server.log.slice(-5000)}---`);
    throw failure;
  } finally {
    await server.end();
  }
}

async function onCompleteServer(document, wechat) {
  const logs = fs.mkdtempSync(path.join(os.tmpdir(), 'rtcroomd-openapi-logs-'));
  fs.writeFileSync(path.join(logs, 'today.log'), 'a line\n');
  const settings = {
    ...kComplete,
    'channel.enabled': true,
    'channel.hold': '5s',
    'auth.gen1_login': true,
    'auth.trust_imuserid': true,
    'auth.trust_userid': true,
    'auth.deny_user_ids': ['denied'],
    'room.max_audiences': 2,
    'admin.token': kAdminToken,
    'utils.admin_token': kOperatorToken,
    'utils.log_dir': logs,
    'wechat.app_id': 'wx0',
    'wechat.secret': 'wechat-secret-of-a-test',
    'wechat.base_url': wechat.url,
    'wechat.expose_session_key': true,
  };
  await withServer(document, settings, async (client, server) => {
    const ban = (kind, room, user) => server.rooms('kick', kind, room, user, '--ban', '10m');
    await gen1.run(client, ban);
    await browsers.off(client);
    await gen2.run(client);
    await webrtc.run(client, ban);
    await utils.run(client, kOperatorToken);
    await backup.run(client, server.dataDirectory);
    await consoleScenario.run(client, kAdminToken);
    await channel.run(client);
    await refusals.run(client);
    await client.call('readyz', 'Ready', {});
    await client.call('servez', 'Serving', {});
    await client.call('healthz', 'Alive', {});
    await client.call('metrics', 'text/plain', {});
  });
  fs.rmSync(logs, { recursive: true });
}

async function onFailingServers(document, im) {
  const run = (settings, use, options) => withServer(document, settings, use, options);
  await run({ ...kComplete, 'auth.mode': 'token', 'utils.enabled': false }, failures.inTokenMode);
  await run({ 'utils.enabled': true }, failures.unconfigured);
  const inMemory = { 'store.url': 'memory:', 'admin.token': kAdminToken };
  await run(inMemory, (client) => backup.inMemory(client, kAdminToken));
  await run({ ...kComplete, 'im.enabled': true, 'im.base_url': im.url }, failures.withoutGroups);
  const slow = { 'limits.per_address_rate': '1/s', 'limits.per_address_burst': 1 };
  await run({ ...kComplete, ...slow, 'utils.admin_token': kOperatorToken }, async (client) => {
    const alice = await gen2.logIn(client, 'alice');
    await failures.limited(client, alice, kOperatorToken);
  });
  await run(kComplete, failures.diskFull, { limitKilobytes: 400 });
}

async function main(printEndpoints) {
  await checkDocument();
  const document = new ApiDocument(kFile);
  const examples = document.checkExamples();
  const { endpoints, commands } = publicEndpoints(printEndpoints);
  checkRoutes(document, endpoints, commands);
  checkFields(document, endpoints);
  const wechat = await startWechat();
  const im = await startIm();
  const live = await startLiveService();
  let requests = 0;
  try {
    await onCompleteServer(document, wechat);
    await onFailingServers(document, im);
    const mixing = { ...kComplete, 'live.api': 'v1', 'live.api_base_url': live.url, 'live.app_id': '1251234567' };
    await withServer(document, mixing, gen1.withMixing);
    const web = {
      ...kComplete,
      'live.push_host': 'media.example.com',
      'live.rtmp_callback_secret': 'secret-of-the-callbacks',
      'web.max_sessions': 4,
      'web.turn_urls': ['turn:turn.example.com'],
      'web.turn_secret': 'secret-of-the-relay',
    };
    await withServer(document, web, async (client, server) => {
      await browsers.run(client, (kind, room, user) => server.rooms('kick', kind, room, user, '--ban', '10m'));
    });
    const open = { ...kComplete, 'auth.mode': 'open', 'auth.trust_userid': true };
    await withServer(document, open, async (client) => { requests = await acceptance.run(client, endpoints); });
  } finally {
    wechat.stop();
    im.stop();
    live.stop();
  }
  const replies = checkCoverage(document);
  console.log(`${document.operations.size} operations, ${replies} kinds of replies, ${requests} requests probed, ${examples} examples`);
}

main(...process.argv.slice(2)).catch((failure) => {
  console.error(failure);
  process.exit(1);
});
