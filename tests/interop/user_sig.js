// Checks the UserSigs of `rtcroomd user-sig` with tls-sig-api-v2, the IM provider's own library,
// and the library's with rtcroomd. The library cannot verify, so a ticket is checked against the
// library's signature of the same fields.
//
// Usage: node user_sig.js RTCROOMD_BINARY
'use strict';

const assert = require('node:assert');
const { spawnSync } = require('node:child_process');

const { Api, kKey, kSdkAppId, unpack } = require('./tls_sig_api');

const kUsers = ['user_0001', 'u', 'oAbc-12_Z', 'a.b@c', 'x'.repeat(32)];
const binary = process.argv[2];
const library = new Api(kSdkAppId, kKey);

function userSig(...args) {
  const run = spawnSync(binary, ['user-sig', ...args], {
    encoding: 'utf8',
    timeout: 60_000,
    env: {
      ...process.env,
      RTCROOMD_IM_SDK_APP_ID: String(kSdkAppId),
      RTCROOMD_IM_SECRET_KEY: kKey,
    },
  });
  if (run.error) throw run.error;
  return run;
}

for (const user of kUsers) {
  const signed = userSig('sign', '--user-id', user, '--expire', '86400');
  assert.strictEqual(signed.status, 0, signed.stderr);
  const ticket = unpack(signed.stdout.trim());
  assert.strictEqual(ticket['TLS.identifier'], user);
  assert.strictEqual(ticket['TLS.sdkappid'], kSdkAppId);
  assert.strictEqual(ticket['TLS.expire'], 86400);
  assert.strictEqual(
      ticket['TLS.sig'], library._hmacsha256(user, ticket['TLS.time'], ticket['TLS.expire']),
      `the library signs ${user} otherwise`);

  const theirs = library.genSig(user, 86400);
  // Both tickets contain the same fields, under the same names and with the same types.
  const shape = (object) => Object.keys(object).sort().map((key) => [key, typeof object[key]]);
  assert.deepStrictEqual(shape(ticket), shape(unpack(theirs)));

  const verified = userSig('verify', '--user-id', user, theirs);
  assert.strictEqual(verified.status, 0, `${verified.stdout}${verified.stderr}`);
  assert.strictEqual(userSig('verify', '--user-id', 'somebody', theirs).status, 1);

  // A ticket with a userbuf, as the library generates for a room.
  for (const withUserbuf of [
    library.genPrivateMapKey(user, 300, 12345, 255),
    library.genPrivateMapKeyWithStringRoomID(user, 300, 'room_ab12_cd', 42),
  ]) {
    const room = userSig('verify', '--user-id', user, withUserbuf);
    assert.strictEqual(room.status, 0, `${room.stdout}${room.stderr}`);
  }
}
const foreign = new Api(kSdkAppId, 'another key').genSig(kUsers[0], 86400);
assert.strictEqual(userSig('verify', '--user-id', kUsers[0], foreign).status, 1);
