// Checks docs/openapi.yaml against the real server: the document itself, its examples, its list of
// endpoints, its request schemas, and every reply that it documents.
//
// Usage: node check.js RTCROOMD PRINT_ENDPOINTS
'use strict';

const assert = require('node:assert');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

if (!fs.existsSync(path.join(__dirname, 'node_modules'))) {
  console.error('packages are not installed: npm ci --prefix tests/openapi');
  process.exit(1);
}

const { Client } = require('./client');
const { ApiDocument } = require('./document');
const { checkFields } = require('./fields');
const { adminRoutes, publicEndpoints } = require('./routes');
const acceptance = require('./scenarios/acceptance');
const backup = require('./scenarios/backup');
const channel = require('./scenarios/channel');
const consoleScenario = require('./scenarios/console');
const failures = require('./scenarios/failures');
const gen1 = require('./scenarios/gen1');
const gen2 = require('./scenarios/gen2');
const refusals = require('./scenarios/refusals');
const utils = require('./scenarios/utils');
const webrtc = require('./scenarios/webrtc');
const { Server } = require('./server');
const { startIm, startLiveService, startWechat } = require('./stand_ins');
const { kKey, kSdkAppId } = require('./user_sig');

const kFile = path.join(__dirname, '..', '..', 'docs', 'openapi.yaml');
const kOperatorToken = 'operator-token-of-a-test';
const kAdminToken = 'admin-token-of-a-test';

// Documented replies that cannot be provoked from outside.
const kUnprovoked = new Map([
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

async function checkDocument(binary) {
  const { Validator } = await import('@seriousme/openapi-schema-validator');
  const validator = new Validator();
  const { valid, errors } = await validator.validate(kFile);
  assert(valid, JSON.stringify(errors, null, 1));
  assert.strictEqual(validator.version, '3.1');
  const [, version] = execFileSync(binary, ['--version'], { encoding: 'utf8' }).match(/^rtcroomd (\S+)$/m);
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
async function withServer(binary, document, settings, use, options) {
  const server = await Server.start(binary, settings, options);
  try {
    await use(new Client(document, server), server);
    await server.stop();
  } catch (failure) {
    console.error(`--- server log\n${server.log.slice(-5000)}---`);
    throw failure;
  } finally {
    server.remove();
  }
}

async function onCompleteServer(binary, document, wechat) {
  const logs = fs.mkdtempSync(path.join(require('node:os').tmpdir(), 'rtcroomd-openapi-logs-'));
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
  await withServer(binary, document, settings, async (client, server) => {
    const ban = (kind, room, user) => server.rooms('kick', kind, room, user, '--ban', '10m');
    await gen1.run(client, ban);
    await gen2.run(client);
    await webrtc.run(client, ban);
    await utils.run(client, kOperatorToken);
    await backup.run(client, server.dataDirectory);
    await consoleScenario.run(client, kAdminToken);
    await channel.run(client);
    await refusals.run(client);
    await client.call('readyz', 'Ready', {});
    await client.call('healthz', 'Alive', {});
    await client.call('metrics', 'text/plain', {});
  });
  fs.rmSync(logs, { recursive: true });
}

async function onFailingServers(binary, document, im) {
  const run = (settings, use, options) => withServer(binary, document, settings, use, options);
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

async function main(binary, printEndpoints) {
  await checkDocument(binary);
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
    await onCompleteServer(binary, document, wechat);
    await onFailingServers(binary, document, im);
    const mixing = { ...kComplete, 'live.api': 'v1', 'live.api_base_url': live.url, 'live.app_id': '1251234567' };
    await withServer(binary, document, mixing, gen1.withMixing);
    const open = { ...kComplete, 'auth.mode': 'open', 'auth.trust_userid': true };
    await withServer(binary, document, open, async (client) => { requests = await acceptance.run(client, endpoints); });
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
