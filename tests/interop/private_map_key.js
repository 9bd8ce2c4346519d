// Compares the privateMapKeys of rtcroomd with those of tls-sig-api-v2, the media provider's own
// library: the same buffer and, for the same time, the same signature.
//
// Usage: node private_map_key.js MAKE_PRIVATE_MAP_KEY_BINARY
'use strict';

const assert = require('node:assert');
const { spawnSync } = require('node:child_process');

const { Api, kKey, kSdkAppId, unpack } = require('./tls_sig_api');

const kNow = 1700000000;
const binary = process.argv[2];
const library = new Api(kSdkAppId, kKey);
Date.now = () => kNow * 1000;  // the library's only clock

function ours(...args) {
  const run = spawnSync(binary, args.map(String), { encoding: 'utf8', timeout: 60_000 });
  if (run.error) throw run.error;
  assert.strictEqual(run.status, 0, run.stderr);
  return run.stdout.trim();
}

const kRights = [[255, 3600], [42, 300], [1, 1]];
const kNumbers = [1, 12345, 2147483647];
const kNames = ['r', 'room_ab12_cd', 'x'.repeat(64)];
['user_0001', 'u', 'a.b@c', 'x'.repeat(32)].forEach((user, which) => {
  kRights.forEach(([rights, life], at) => {  // each user with each of these, in another order
    const number = kNumbers[(which + at) % kNumbers.length];
    assert.deepStrictEqual(
        unpack(ours(user, 'number', number, rights, kNow, life)),
        unpack(library.genPrivateMapKey(user, life, number, rights)), `${user} in ${number}`);
    const name = kNames[(which + at) % kNames.length];
    assert.deepStrictEqual(
        unpack(ours(user, 'name', name, rights, kNow, life)),
        unpack(library.genPrivateMapKeyWithStringRoomID(user, life, name, rights)), `${user} in ${name}`);
  });
});
