// The media server of deploy/media, with real nginx and real streams, beside a stand-in for
// rtcroomd.
import assert from 'node:assert';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { until } from '../console/support/until.js';
import { kSignature, MediaServer } from './support/media_server.mjs';
import { kDeploy, Process, run } from './support/processes.mjs';
import { RoomServer } from './support/room_server.mjs';

const rooms = new RoomServer();
let media;
let streams = 0;
let stream; // a new one for each test

before(() => rooms.start());
after(() => rooms.stop());
beforeEach(() => {
  stream = `user_${++streams}`;
  rooms.calls.length = 0;
  rooms.decide = async () => 200;
});

const isOnAir = async (client) => {
  const publisher = (await media.publishers())[stream];
  return client === undefined ? publisher !== undefined : publisher === client;
};

/** @returns the publisher of `stream`, which is on air, and the ID of its client */
async function goOnAir() {
  const pusher = media.push(stream);
  await until('the stream is on air', () => isOnAir());
  return { pusher, client: rooms.of('publish', stream)[0].clientid };
}

async function isUpdated() {
  const before = rooms.of('update_publish', stream).filter(({ answer }) => answer).length;
  await until('a call about the running stream is answered', () =>
    rooms.of('update_publish', stream).filter(({ answer }) => answer).length > before);
}

describe('a stream', () => {
  before(async () => {
    media = await MediaServer.prepare(rooms.address);
    await media.start();
  });
  after(() => media.end());

  it('is on air from the call that accepts it until the call that tells its end', async () => {
    const { pusher, client } = await goOnAir();
    const [call] = rooms.of('publish', stream);
    const secret = fs.readFileSync(path.join(media.folder, 'callback-secret'), 'utf8').trim();
    assert.strictEqual(call.request, 'POST /callback/rtmp');
    assert.strictEqual(call.authorization, `Bearer ${secret}`);
    assert.strictEqual(call.app, 'live');
    assert.strictEqual(`txSecret=${call.txSecret}&txTime=${call.txTime}`, kSignature);
    assert.strictEqual((await media.publishers())[stream], client);
    await isUpdated();
    await pusher.stop('SIGKILL');
    await until('its end is told', () => rooms.of('publish_done', stream).some(({ clientid }) => clientid === client));
    assert(!await isOnAir());
  });

  it('is refused by 403, and while the server is away', async () => {
    rooms.decide = async () => 403;
    assert.notStrictEqual(await media.push(stream).ended, 0);
    assert.strictEqual(rooms.of('publish', stream).length, 1);
    await rooms.stop();
    assert.notStrictEqual(await media.push(stream).ended, 0);
    await rooms.start();
    assert(!await isOnAir());
    assert.deepStrictEqual(rooms.of('publish_done', stream), []);
  });

  it('stays on air while the server is away, at fault, or silent', async () => {
    const { pusher, client } = await goOnAir();
    await rooms.stop();
    const fails = () => media.output.split('while connecting to upstream').length;
    const before = fails();
    await until('the server was asked twice, in vain', () => fails() >= before + 2);
    await rooms.start();
    await isUpdated();
    for (const status of [500, 404, 401, 429, 503]) {
      rooms.decide = async () => status;
      await isUpdated();
    }
    const asked = rooms.of('update_publish', stream).length;
    rooms.decide = async () => undefined;
    await until('three calls wait in vain', () => rooms.of('update_publish', stream).length >= asked + 3);
    rooms.decide = async () => 200;
    await isUpdated();
    assert(await isOnAir(client));
    await pusher.stop();
  });

  it('ends when a call about it is answered by 403', async () => {
    const { pusher, client } = await goOnAir();
    rooms.decide = async ({ call }) => (call === 'update_publish' ? 403 : 200);
    await pusher.ended;
    await until('its end is told', () => rooms.of('publish_done', stream).some(({ clientid }) => clientid === client));
    assert(!await isOnAir());
  });

  it('ends when the server says so, which takes the key', async () => {
    const { pusher, client } = await goOnAir();
    for (const url of ['/stat', `/control/drop/publisher?app=live&name=${stream}`]) {
      assert.strictEqual((await media.get(media.control, url)).status, 403);
      assert.strictEqual((await media.get(media.control, url, 'another')).status, 403);
    }
    assert.strictEqual(await media.drop(stream, Number(client) + 1000), 0);
    assert(await isOnAir(client));
    assert.strictEqual(await media.drop(stream, client), 1);
    await pusher.ended;
    assert(!await isOnAir());
  });

  it('passes to a new publisher whose predecessor is gone without a word', async () => {
    const { pusher, client } = await goOnAir();
    pusher.kill('SIGSTOP');
    rooms.decide = async ({ call, clientid }) => {
      if (call === 'publish' && clientid !== client) assert.strictEqual(await media.drop(stream, client), 1);
      return 200;
    };
    const newcomer = media.push(stream);
    await until('the end of the predecessor is told', () => rooms.of('publish_done', stream).some(({ clientid }) => clientid === client));
    const { clientid } = rooms.of('publish', stream)[1];
    await until('the newcomer is on air', () => isOnAir(clientid));
    await isUpdated();
    assert.strictEqual(newcomer.result, undefined);
    await newcomer.stop();
  });

  it('is played over RTMP, and in browsers', async () => {
    const { pusher } = await goOnAir();
    assert.match(await run('ffprobe', '-v', 'error', '-show_entries', 'stream=codec_name', `rtmp://${media.rtmp}/live/${stream}`), /h264/);
    let playlist;
    await until('there is a playlist', async () => {
      playlist = await media.get(media.hls, `/hls/${stream}.m3u8?${kSignature}`);
      return playlist.status === 200;
    });
    assert.strictEqual(playlist.headers.get('content-type'), 'application/vnd.apple.mpegurl');
    assert.strictEqual(playlist.headers.get('access-control-allow-origin'), '*');
    const [segment] = (await playlist.text()).match(/^[^#].*\.ts$/m);
    const bytes = Buffer.from(await (await media.get(media.hls, `/hls/${segment}`)).arrayBuffer());
    assert.strictEqual(bytes[0], 0x47); // as every packet of MPEG-TS
    for (const url of ['/', '/hls/', '/callback-secret', '/hls/../callback-secret', '/hook', '/stat', '/control/drop/publisher']) {
      assert.strictEqual((await media.get(media.hls, url)).status, 404, url);
    }
    assert.strictEqual((await media.get(media.hls, `/hls/other.m3u8?${kSignature}`)).status, 404);
    await pusher.stop();
  });

  it('is mixed without a question: a mix is published from this machine, and played by all', async () => {
    rooms.decide = async () => 403;
    const mixer = media.push(stream, '', 'mix');
    await until('the mix is on air', () => isOnAir());
    assert.match(await run('ffprobe', '-v', 'error', '-show_entries', 'stream=codec_name', `rtmp://${media.rtmp}/mix/${stream}`), /h264/);
    await until('browsers play it', async () => (await media.get(media.hls, `/mix/${stream}.m3u8`)).status === 200);
    assert.strictEqual((await media.get(media.hls, `/hls/${stream}.m3u8`)).status, 404);
    assert.deepStrictEqual(rooms.about(stream), []);
    await mixer.stop();
    await until('the mix has ended', async () => !await isOnAir());
    assert.deepStrictEqual(rooms.about(stream), []);
  });

  it('leaves secrets in no log, whatever has become of it', () => {
    assert.match(media.output, /Connection refused/);
    media.expectNoSecrets();
  });
});

describe('a recording', () => {
  beforeEach(async () => {
    media = await MediaServer.prepare(rooms.address);
    await media.start();
  });
  afterEach(() => media.end());

  const play = async (file) => assert.strictEqual(await run('ffmpeg', '-v', 'error', '-i', file, '-f', 'null', '-'), '');
  const recordings = () => fs.readdirSync(path.join(media.folder, 'recordings')).map((name) => path.join(media.folder, 'recordings', name));

  it('is told of at the end of its stream, and plays', async () => {
    const { pusher } = await goOnAir();
    await isUpdated();
    await pusher.stop();
    await until('it is told of', () => rooms.of('record_done', stream).length === 1);
    const [{ path: file }] = rooms.of('record_done', stream);
    assert.deepStrictEqual(recordings(), [file]);
    assert.match(path.basename(file), new RegExp(`^${stream}-\\d+\\.flv$`));
    await play(file);
  });

  it('is there and plays after nginx was stopped, and streams come back to the next nginx', async () => {
    const { pusher } = await goOnAir();
    await isUpdated();
    await media.stop();
    await pusher.ended;
    const [file, ...others] = recordings();
    assert.deepStrictEqual(others, []);
    await play(file);
    await media.start();
    assert(!await isOnAir());
    await goOnAir();
    media.expectNoSecrets();
  });
});

describe('browsers', () => {
  before(async () => {
    media = await MediaServer.prepare(rooms.address, '--check-play');
    await media.start();
  });
  after(() => media.end());

  it('need a signed address where players are checked', async () => {
    rooms.decide = async ({ call, txSecret }) => (call !== 'play' || txSecret === '5e98a0b1c2d3e4f5' ? 200 : 403);
    const { pusher } = await goOnAir();
    const url = `/hls/${stream}.m3u8`;
    await until('it plays', async () => (await media.get(media.hls, `${url}?${kSignature}`)).status === 200);
    const { authorization, name, txTime, addr } = rooms.of('play', stream)[0];
    assert.deepStrictEqual([name, txTime, addr], [stream, '655D2B80', '127.0.0.1']);
    assert.strictEqual(authorization, rooms.of('publish', stream)[0].authorization);
    assert.strictEqual((await media.get(media.hls, url)).status, 403);
    assert.strictEqual((await media.get(media.hls, `${url}?txSecret=other&txTime=655D2B80`)).status, 403);
    assert.strictEqual((await media.get(media.hls, '/may-play')).status, 404);
    await rooms.stop();
    assert.strictEqual((await media.get(media.hls, `${url}?${kSignature}`)).status, 500);
    await rooms.start();
    await pusher.stop();
    media.expectNoSecrets();
  });
});

describe('deploy/media/prepare', () => {
  const prepare = async (...args) => {
    const process = new Process(path.join(kDeploy, 'prepare'), args);
    await process.ended;
    return process;
  };

  it('makes secrets once, for its user only', async () => {
    media = await MediaServer.prepare(rooms.address);
    const names = ['callback-secret', 'control-key', 'push-key', 'play-key', 'callback-header.conf', 'control-key.conf'];
    const contents = () => names.map((name) => {
      const file = path.join(media.folder, name);
      assert.strictEqual(fs.statSync(file).mode & 0o777, 0o600, name);
      return fs.readFileSync(file, 'utf8');
    });
    const made = contents();
    assert.strictEqual(new Set(made).size, names.length);
    assert.match(made[0], /^[0-9a-f]{32}\n$/);
    assert.strictEqual((await prepare(...media.options, media.folder)).result, 0);
    assert.deepStrictEqual(contents(), made);
    fs.rmSync(media.folder, { recursive: true });
  });

  it('lets programs of its own machine publish mixes', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rtcroomd-prepare-'));
    const publishers = async (rtmp) => {
      assert.strictEqual((await prepare('--data', folder, '--rtmp', rtmp, folder)).result, 0);
      const conf = fs.readFileSync(path.join(folder, 'nginx.conf'), 'utf8');
      return [...conf.matchAll(/^ *(?:allow|deny) publish (.*);$/gm)].map(([, who]) => who);
    };
    assert.deepStrictEqual(await publishers('0.0.0.0:1935'), ['127.0.0.1', 'all']);
    assert.deepStrictEqual(await publishers('127.0.0.1:1935'), ['127.0.0.1', 'all']);
    assert.deepStrictEqual(await publishers('192.168.1.20:1935'), ['127.0.0.1', '192.168.1.20', 'all']);
    assert.deepStrictEqual(await publishers('[::]:1935'), ['127.0.0.1', '::1', 'all']);
    fs.rmSync(folder, { recursive: true });
  });

  it('refuses addresses and folders that would not do', async () => {
    for (const args of [['--data', '/d', '--control', '0.0.0.0:8086', '/x'], ['--data', '/d', '--rtmp', '1935', '/x'],
      ['--data', 'relative', '/x'], ['--data', '/d"; include x', '/x'], ['--data', '/d'], ['--other', '/x'], ['/x']]) {
      assert.notStrictEqual((await prepare(...args)).result, 0, args.join(' '));
    }
  });
});
