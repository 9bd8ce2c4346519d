// Every version of today's IM SDKs that applications have, from npm as it is now, against the real server
// (`tests/run long sdks`): all flows, all clients in one room, one of them in Chromium, and SDKs that only wait. RTCROOMD
// names the binary.
//   node sdks_long.mjs FOLDER [MINUTES]     FOLDER gets the packages; MINUTES (10) of waiting
import assert from 'node:assert';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { person, Server } from '../console/support/server.js';
import { kForSdks, readSdks, requestsOf } from './support/sdk_fixture.js';
import { SdkUser } from './support/sdk_user.js';

const [, , folder, minutes = '10'] = process.argv;

/** The newest of each is whatever npm has. */
const kVersions = { 'tim-js-sdk': ['2.16.2', '2.16.3', '2.18.0', '2.27.6', 'latest'], 'tim-wx-sdk': ['2.19.1', '2.27.6', 'latest'],
  '@tencentcloud/chat': ['3.1.1', '3.4.0', '3.6.6', 'latest'] };

/** What an SDK may send that has nothing to do; a minute of it. */
const kIdle = ['heartbeat.alive', 'im_open_status.wshello', 'openim.ws_msg_push_ack'];
const kMostIdle = 12;

/** What failed, as commands that repeat it in this folder.
 * @type {string[]} */
const failed = [];

/** @returns {string[]} as SDKS names them, each version once */
function install() {
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, 'package.json'), '{"private":true}');
  const aliases = Object.entries(kVersions).flatMap(([name, versions]) =>
    versions.map((version) => [`${path.basename(name)}-${version}`, `npm:${name}@${version}`]));
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--no-save', '--loglevel=error', ...aliases.map((one) => one.join('@'))],
    { cwd: folder, stdio: 'inherit' });
  const found = new Map();
  for (const [alias] of aliases) {
    const home = path.resolve(folder, 'node_modules', alias);
    const { name, version } = JSON.parse(fs.readFileSync(path.join(home, 'package.json'), 'utf8'));
    if (!found.has(`${name} ${version}`)) found.set(`${name} ${version}`, name === 'tim-wx-sdk' ? `${home}:wx` : home);
  }
  console.log([...found.keys()].join(', '));
  return [...found.values()];
}

function runTests(file, settings) {
  const ran = spawnSync(process.execPath, ['--test', '--test-reporter=spec', path.join(import.meta.dirname, file)],
    { env: { ...process.env, ...settings }, stdio: 'inherit' });
  if (ran.status !== 0) failed.push(`${JSON.stringify(settings)} node --test ${file}`);
}

/** One that is in a room of each kind, and does nothing. */
async function waitIdly(sdk) {
  const server = new Server(kForSdks);
  await server.start();
  const user = new SdkUser(server, sdk, await server.newUser());
  try {
    await server.mustCall('multi_room/create_room', { roomID: 'meeting', roomName: 'r', ...person('host') });
    await server.mustCall('live_room/create_room', { roomID: 'live', roomName: 'r', ...person('host') });
    await user.login();
    await user.join('meeting');
    await user.join('live');
    await setTimeout(30_000); // what follows a login is over
    const before = await requestsOf(server);
    await setTimeout(Number(minutes) * 60_000);
    const counts = Object.entries(await requestsOf(server)).map(([command, count]) => [command, count - (before[command] ?? 0)])
      .filter(([, count]) => count > 0);
    const sent = counts.reduce((all, [, count]) => all + count, 0);
    console.log(`${sdk.name}: ${(sent / Number(minutes)).toFixed(1)} requests a minute`);
    const others = counts.filter(([command]) => !kIdle.includes(command));
    assert.deepStrictEqual(others, [], `${sdk.name} asks, though it has nothing to do`);
    assert.ok(sent <= kMostIdle * Number(minutes), `${sdk.name}: ${JSON.stringify(counts)}`);
  } finally {
    user.kill();
    await server.end();
  }
}

const sdks = install();
await Promise.all(readSdks(sdks.join(' ')).map(waitIdly));
for (const SDKS of sdks) {
  runTests('sdks.test.mjs', { SDKS });
  runTests('sdks_more.test.mjs', { SDKS });
}
runTests('sdks_listing.test.mjs', { SDKS: sdks.filter((one) => path.basename(one).startsWith('tim-js-sdk')).join(' ') });
runTests('sdks_calls.test.mjs', { SDKS: sdks.join(' ') });
runTests('together.test.mjs', { SDKS: sdks.join(' '), RTCROOM_SECONDS: '30' });
runTests('sdks_page.test.mjs', { SDKS: sdks.filter((one) => !one.endsWith(':wx')).join(' ') });
assert.deepStrictEqual(failed, []);
