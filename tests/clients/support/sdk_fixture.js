// A server, and users of one of today's IM SDKs at it, for the tests of one `describe`.
import assert from 'node:assert';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { after, afterEach, before } from 'node:test';
import { kToken, person, Server } from '../../console/support/server.js';
import { SdkUser } from './sdk_user.js';
import { kForClients } from './settings.js';

/** @param {string} text  names of packages, or paths, with spaces between them; others than those of pages end in `:` and their flavour */
export const readSdks = (text) => text.split(' ').map((one) => ({ name: one.split(':')[0], flavour: one.split(':')[1] }));

export const kForSdks = { ...kForClients, 'channel.sdks': true, 'limits.per_user_rate': '0/s' };

/** @param {Record<string, string|number|boolean>} settings  on top of those that the SDKs need */
export function withSdkUsers(sdk, settings = {}) {
  const server = new Server({ ...kForSdks, ...settings });
  /** @type {SdkUser[]} */
  const users = [];
  let rooms = 0;

  const newUser = async (identity, by = sdk) => {
    const user = new SdkUser(server, by, identity ?? await server.newUser());
    users.push(user);
    return user;
  };
  const newLogin = async (identity) => (await newUser(identity)).login();
  const newPair = () => Promise.all([newLogin(), newLogin()]);
  async function newRoom(kind = 'multi', members = ['host']) {
    rooms += 1;
    const roomID = `room_${rooms}`;
    await server.mustCall(`${kind}_room/create_room`, { roomID, roomName: 'talk', ...person(members[0]) });
    return roomID;
  }

  before(() => server.start());
  after(() => server.end());
  afterEach(() => users.splice(0).forEach((user) => user.kill()));
  return { server, newUser, newLogin, newPair, newRoom };
}

/** The identity of a user whose userSig is good for so many seconds. */
export async function identityFor(server, userID, seconds) {
  const { sdkAppID } = await server.newUser();
  const config = path.join(server.folder, 'rtcroomd.toml');
  const signed = spawnSync(process.env.RTCROOMD, ['user-sig', 'sign', '--config', config, '--user-id', userID, '--expire', seconds]);
  assert.strictEqual(signed.status, 0, String(signed.stderr));
  return { userID, userSig: String(signed.stdout).trim(), sdkAppID };
}

/** How many requests of SDKs the server has answered, by command. */
export async function requestsOf(server) {
  const response = await fetch(`http://${server.settings['admin.listen']}/metrics`, { headers: { Authorization: `Bearer ${kToken}` } });
  const counts = {};
  for (const [, command, count] of (await response.text()).matchAll(/^rtcroomd_requests_total\{.*endpoint="tim\/([^"]+)".*\} (\d+)/gm)) {
    counts[command] = (counts[command] ?? 0) + Number(count);
  }
  return counts;
}
