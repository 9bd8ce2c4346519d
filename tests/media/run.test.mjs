// deploy/media/run: a server with a media server beside it, as `deploy/run --media` starts them.
import assert from 'node:assert';
import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { until } from '../console/support/until.js';
import { expectNoSecrets, makeClip } from './support/media_server.mjs';
import { freeAddress, kDeploy, kHost, Process } from './support/processes.mjs';
import { RoomServer } from './support/room_server.mjs';

describe('deploy/media/run', () => {
  const rooms = new RoomServer();
  let folder;  // where it is run
  let clip;
  let addresses;
  let running = [];

  before(async () => {
    await rooms.start();
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rtcroomd-media run-'));
    clip = await makeClip(folder);
  });
  after(async () => {
    await rooms.stop();
    fs.rmSync(folder, { recursive: true });
  });
  beforeEach(async () => {
    rooms.calls.length = 0;
    addresses = {
      RTCROOM_MEDIA_RTMP: await freeAddress(),
      RTCROOM_MEDIA_CONTROL: await freeAddress(),
      RTCROOM_MEDIA_HLS: await freeAddress(),
      RTCROOMD_ADMIN_LISTEN: rooms.address,
    };
  });
  afterEach(async () => {
    for (const process of running) await process.stop('SIGKILL');
    running = [];
  });

  const inFolder = (name) => path.join(folder, 'data/media', name);
  const read = (name) => fs.readFileSync(inFolder(name), 'utf8').trim();

  function start(...command) {
    const process_ = new Process(path.join(kDeploy, 'run'), command, { cwd: folder, env: { ...process.env, ...addresses } });
    running.push(process_);
    return process_;
  }

  /** Runs a command that goes on, in a server's place. */
  async function startServer() {
    fs.rmSync(path.join(folder, 'environment'), { force: true });
    const server = start('sh', '-c', 'env -0 > written; mv written environment; exec sleep infinity');
    await until('it runs the command', () => {
      assert.strictEqual(server.result, undefined, server.output);
      return fs.existsSync(path.join(folder, 'environment')) && server.output.includes("console's address follows");
    });
    return server;
  }

  /** Pushes to the address that the script has printed. */
  async function push(server) {
    const [, url] = server.output.match(/'(rtmp:[^']+)'/);
    const pusher = new Process('ffmpeg', ['-v', 'error', '-re', '-stream_loop', '-1', '-i', clip, '-c', 'copy', '-f', 'flv', url]);
    running.push(pusher);
    await until('the stream is accepted', () => rooms.of('publish', 'demo')[0]?.answer === 200);
    await until('it is recorded', () => fs.readdirSync(inFolder('recordings')).length > 0);
    return pusher;
  }

  it('points the server at the media server', async () => {
    const server = await startServer();
    const environment = Object.fromEntries(fs.readFileSync(path.join(folder, 'environment'), 'utf8').split('\0')
      .filter((line) => /^RTCROOMD_(LIVE|RECORDING|MIX|WEB)/.test(line)).map((line) => line.split(/=(.*)/s)));
    assert.deepStrictEqual(environment, {
      RTCROOMD_LIVE_API: 'nginx-rtmp',
      RTCROOMD_LIVE_API_BASE_URL: `http://${addresses.RTCROOM_MEDIA_CONTROL}`,
      RTCROOMD_LIVE_CONTROL_KEY_FILE: inFolder('control-key'),
      RTCROOMD_LIVE_RTMP_CALLBACK_SECRET_FILE: inFolder('callback-secret'),
      RTCROOMD_LIVE_PUSH_KEY_FILE: inFolder('push-key'),
      RTCROOMD_LIVE_PLAY_KEY_FILE: inFolder('play-key'),
      RTCROOMD_LIVE_PUSH_HOST: addresses.RTCROOM_MEDIA_RTMP,
      RTCROOMD_LIVE_PLAY_HOST: addresses.RTCROOM_MEDIA_RTMP,
      RTCROOMD_LIVE_MIXED_PLAY_URL: 'rtmp://{host}/mix/{stream}',
      RTCROOMD_MIX_MAX: '4',
      RTCROOMD_LIVE_HLS_URL: `http://${addresses.RTCROOM_MEDIA_HLS}/hls/{stream}.m3u8`,
      RTCROOMD_LIVE_UNCLAIMED_TTL: '0s',
      RTCROOMD_RECORDING_ROOT: inFolder('recordings'),
      RTCROOMD_WEB_MAX_SESSIONS: '0',
    });
    assert.match(server.output, new RegExp(`http://${addresses.RTCROOM_MEDIA_HLS}/hls/demo.m3u8`));
    const pusher = await push(server);
    const [{ txSecret, txTime, authorization }] = rooms.of('publish', 'demo');
    assert.strictEqual(txSecret, crypto.createHash('md5').update(`${read('push-key')}demo${txTime}`).digest('hex'));
    const lifeInHours = (parseInt(txTime, 16) - Date.now() / 1000) / 3600;
    assert(lifeInHours > 23 && lifeInHours <= 24);
    assert.strictEqual(authorization, `Bearer ${read('callback-secret')}`);
    await pusher.stop();
    const key = { headers: { Authorization: `Bearer ${read('control-key')}` } };
    assert.strictEqual((await fetch(`${environment.RTCROOMD_LIVE_API_BASE_URL}/stat`, key)).status, 200);
  });

  it('serves phones on the address of the server', async () => {
    delete addresses.RTCROOM_MEDIA_RTMP;
    delete addresses.RTCROOM_MEDIA_HLS;
    const server = start('sh', '-c', 'env; exec sleep infinity', 'serve', '--host', kHost);
    await until('it runs the command', () => /\nRTCROOMD_LIVE_HLS_URL=/.test(server.output));
    assert.match(server.output, new RegExp(`\nRTCROOMD_LIVE_PUSH_HOST=${kHost}:1935\n`));
    assert.match(server.output, new RegExp(`\nRTCROOMD_LIVE_HLS_URL=http://${kHost}:8087/hls/{stream}.m3u8\n`));
    assert.match(server.output, new RegExp(`\nRTCROOMD_LIVE_API_BASE_URL=http://${addresses.RTCROOM_MEDIA_CONTROL}\n`));
    assert.strictEqual((await fetch(`http://${kHost}:8087/hls/nothing.m3u8`)).status, 404);
  });

  for (const [worker, setting] of [['mix-worker', 'RTCROOMD_MIX_SERVER'], ['web-worker', 'RTCROOMD_WEB_SERVER']]) {
    it(`runs ${worker} beside a server, as long as that runs`, async () => {
      const program = path.join(folder, 'program');
      fs.writeFileSync(program, `#!/bin/sh
echo "$1 by $$, ${'$'}{${setting}:-no server}, ${'$'}{RTCROOMD_WEB_ADDRESSES:-any} for ${'$'}{RTCROOMD_WEB_MAX_SESSIONS:-no} sessions: $*"
exec sleep infinity
`, { mode: 0o700 });
      fs.writeFileSync(path.join(folder, 'rtcroomd-web'), '', { mode: 0o700 });
      const server = start('./program', 'serve', '--dev', '--port', '6000');
      const lines = (of) => [...server.output.matchAll(new RegExp(`^${of} by (\\d+), (.*)$`, 'mg'))];
      await until('both run', () => {
        assert.strictEqual(server.result, undefined, server.output);
        return lines('serve').length === 1 && lines(worker).length === 1;
      });
      assert.strictEqual(lines('serve')[0][2], 'no server, 127.0.0.1 for 64 sessions: serve --dev --port 6000');
      const [[, id, told]] = lines(worker);
      assert.strictEqual(told.replace(/, .*: /, ': '), `rtmp://${addresses.RTCROOM_MEDIA_RTMP}: ${worker} --dev --port 6000`);
      if (worker === 'web-worker') assert.match(told, /, 127\.0\.0\.1 for no sessions:/);
      process.kill(Number(id), 'SIGKILL');
      await until('another one runs', () => lines(worker).length === 2);
      await server.stop('SIGKILL');
      await until('the worker has ended', () => !fs.existsSync(`/proc/${lines(worker)[1][1]}`));
    });
  }

  for (const signal of ['SIGTERM', 'SIGKILL']) {
    it(`stops it when the server ends by ${signal}, and starts it again with the same secrets`, async () => {
      const server = await startServer();
      const pusher = await push(server);
      assert.strictEqual(await server.stop(signal), signal);
      await pusher.ended;
      await assert.rejects(fetch(`http://${addresses.RTCROOM_MEDIA_CONTROL}/stat`));
      const secrets = ['push-key', 'callback-secret'].map(read);
      rooms.calls.length = 0;
      const next = await startServer();
      assert.deepStrictEqual(['push-key', 'callback-secret'].map(read), secrets);
      await (await push(next)).stop();
      await next.stop();
      expectNoSecrets(path.join(folder, 'data/media'), (server.output + next.output).replace(/'rtmp:[^']+'/g, ''));
    });
  }

  it('leaves a media server alone that is there already, and one whose master process was killed', async () => {
    const first = await startServer();
    const pusher = await push(first);
    const refused = async () => {
      const second = start('true');
      assert.strictEqual(await second.ended, 1);
      assert.match(second.output, /another media server has its files in/);
      assert.strictEqual(pusher.result, undefined);
    };
    await refused();
    const nginx = Number(read('nginx.pid'));
    const workers = fs.readFileSync(`/proc/${nginx}/task/${nginx}/children`, 'utf8').trim().split(' ').map(Number);
    process.kill(nginx, 'SIGKILL');
    try {
      await refused();
    } finally {
      for (const worker of workers) process.kill(worker);
    }
  });

  it('says so when an address is taken', async () => {
    addresses.RTCROOM_MEDIA_HLS = rooms.address;
    const process_ = start('true');
    assert.strictEqual(await process_.ended, 1);
    assert.match(process_.output, new RegExp(`bind\\(\\) to ${rooms.address} failed`));
    assert.match(process_.output, /nginx has not started/);
  });
});
