// Somebody who sends what no browser sends to a port of the worker.
import crypto from 'node:crypto';
import dgram from 'node:dgram';
import { crc32 } from 'node:zlib';

const kCookie = 0x2112A442;
const kRequest = 0x0001;
const kSuccess = 0x0101;
const kIntegrity = 0x0008;
const kFingerprint = 0x8028;

const attribute = (type, value) => {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(value.length, 2);
  return Buffer.concat([head, value, Buffer.alloc(-value.length & 3)]);
};

/** A message of STUN with a fingerprint (RFC 8489). @param key  that signs it; undefined: none */
function stun(type, attributes, key = undefined) {
  const head = Buffer.concat([Buffer.alloc(8), crypto.randomBytes(12)]);
  head.writeUInt16BE(type, 0);
  head.writeUInt32BE(kCookie, 4);
  const parts = [head, ...attributes];
  const soFar = (more) => {
    const message = Buffer.concat(parts);
    message.writeUInt16BE(message.length - head.length + more, 2);
    return message;
  };
  if (key) parts.push(attribute(kIntegrity, crypto.createHmac('sha1', key).update(soFar(24)).digest()));
  const fingerprint = Buffer.alloc(4);
  fingerprint.writeUInt32BE((crc32(soFar(8)) ^ 0x5354554E) >>> 0);
  parts.push(attribute(kFingerprint, fingerprint));
  return soFar(0);
}

export class Stranger {
  received = []; // messages
  #send;

  /** @param sdp  an answer of the worker */
  constructor(sdp) {
    const [, address, port] = /^a=candidate:\S+ 1 udp \d+ (\S+) (\d+) /im.exec(sdp);
    [this.ufrag, this.password] = ['ufrag', 'pwd'].map((name) => new RegExp(`^a=ice-${name}:(\\S+)`, 'm').exec(sdp)[1]);
    const socket = dgram.createSocket('udp4').unref();
    socket.on('message', (message) => this.received.push(message));
    this.#send = (message) => socket.send(message, Number(port), address);
  }

  /** A check in the name of the peer whose offer was answered. @param password  undefined: of a stranger, who has none */
  check(ufrag, password = undefined) {
    const [user, priority, role] = [Buffer.from(`${this.ufrag}:${ufrag}`), Buffer.from([0x6E, 0, 0, 1]), crypto.randomBytes(8)];
    this.#send(stun(kRequest, [attribute(0x0006, user), attribute(0x0024, priority), attribute(0x802A, role), attribute(0x0025, Buffer.alloc(0))], password));
  }

  /** Bytes that begin as messages of STUN, DTLS, RTP and RTCP do. */
  babble() {
    for (const begin of [[0, 1], [1, 1], [22, 254], [23, 254], [128, 102], [144, 111], [128, 200], [129, 205]]) {
      this.#send(Buffer.concat([Buffer.from(begin), crypto.randomBytes(crypto.randomInt(1200))]));
    }
  }

  /** Whether a check was answered with success. */
  get isIn() { return this.received.some((message) => message.readUInt16BE(0) === kSuccess); }
}
