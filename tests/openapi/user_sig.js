// Login tickets of version 2 (docs/protocol.md D.1), good and bad.
import crypto from 'node:crypto';
import zlib from 'node:zlib';

export const kSdkAppId = 1400000001;
export const kKey = 'rtcroomd-test-key-0123456789abcdefghijklmnopqrstuvwxyz-not-real!';

export function userSig(userId, { app = kSdkAppId, key = kKey, time = Math.floor(Date.now() / 1000), life = 3600 } = {}) {
  const text =
    `TLS.identifier:${userId}\nTLS.sdkappid:${app}\nTLS.time:${time}\nTLS.expire:${life}\n`;
  const ticket = {
    'TLS.ver': '2.0',
    'TLS.identifier': userId,
    'TLS.sdkappid': app,
    'TLS.expire': life,
    'TLS.time': time,
    'TLS.sig': crypto.createHmac('sha256', key).update(text).digest('base64'),
  };
  const packed = zlib.deflateSync(JSON.stringify(ticket)).toString('base64');
  return packed.replaceAll('+', '*').replaceAll('/', '-').replaceAll('=', '_');
}
