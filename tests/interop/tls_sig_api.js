// tls-sig-api-v2, the provider's own library, and what it signs with in these tests.
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const zlib = require('node:zlib');

const kLibrary = path.join(__dirname, 'node_modules', 'tls-sig-api-v2');
if (!fs.existsSync(kLibrary)) {
  console.error('tls-sig-api-v2 is not installed: npm ci --prefix tests/interop');
  process.exit(1);
}
const { Api } = require(kLibrary);

const kSdkAppId = 1400000001;
const kKey = 'rtcroomd-test-key-0123456789abcdefghijklmnopqrstuvwxyz-not-real!';

// The fields of a signature.
function unpack(sig) {
  const base64 = sig.replace(/\*/g, '+').replace(/-/g, '/').replace(/_/g, '=');
  return JSON.parse(zlib.inflateSync(Buffer.from(base64, 'base64')).toString());
}

module.exports = { Api, kKey, kSdkAppId, unpack };
