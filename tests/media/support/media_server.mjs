// nginx as deploy/media/prepare configures it, in a folder of its own, and streams pushed to it.
import assert from 'node:assert';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { until } from '../../console/support/until.js';
import { freeAddress, kDeploy, Process, run } from './processes.mjs';

/** A part of every address that is pushed or played: it has to stay out of logs. */
export const kSignature = 'txSecret=5e98a0b1c2d3e4f5&txTime=655D2B80';
const kSecretFiles = ['callback-secret', 'control-key', 'push-key', 'play-key'];
const kFilesWithSecrets = [...kSecretFiles, 'callback-header.conf', 'control-key.conf'];

/** Two seconds of pictures and sound, encoded once. */
export async function makeClip(folder) {
  const clip = path.join(folder, 'clip.flv');
  await run('ffmpeg', '-v', 'error', '-f', 'lavfi', '-i', 'testsrc=size=128x96:rate=10:duration=2',
    '-f', 'lavfi', '-i', 'sine=duration=2', '-threads', '1', '-c:v', 'libx264', '-preset', 'ultrafast',
    '-g', '10', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-b:a', '32k', clip);
  return clip;
}

/** Every file below a folder, but sockets. */
export function filesBelow(folder) {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const name = path.join(folder, entry.name);
    if (entry.isDirectory()) return filesBelow(name);
    return entry.isFile() ? [name] : [];
  });
}

/** Fails when a log, or a file that is not made for secrets, has one. */
export function expectNoSecrets(folder, log) {
  const secrets = kSecretFiles.map((name) => fs.readFileSync(path.join(folder, name), 'utf8').trim());
  secrets.push(...kSignature.match(/[^=&]{8,}/g).slice(1));
  const texts = filesBelow(folder).filter((name) => !kFilesWithSecrets.includes(path.basename(name)))
    .map((name) => [name, fs.readFileSync(name, 'latin1')]);
  for (const [name, text] of [['the log', log], ...texts]) {
    for (const secret of secrets) assert(!text.includes(secret), `a secret is in ${name}`);
  }
}

export class MediaServer {
  log = '';
  #streams = [];
  #nginx = null;

  /** @param options  more of deploy/media/prepare */
  static async prepare(callbacks, ...options) {
    const server = new MediaServer();
    server.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rtcroomd-media-'));
    server.clip = await makeClip(server.folder);
    [server.rtmp, server.control, server.hls] = [await freeAddress(), await freeAddress(), await freeAddress()];
    server.options = ['--data', server.folder, '--rtmp', server.rtmp, '--control', server.control,
      '--hls', server.hls, '--callbacks', callbacks, '--record', ...options];
    fs.mkdirSync(path.join(server.folder, 'recordings'));
    await run(path.join(kDeploy, 'prepare'), ...server.options, server.folder);
    // Calls of running streams in a tenth of the time; and on a busy machine a publisher may stand still for longer
    // than a phone that is gone.
    const conf = path.join(server.folder, 'nginx.conf');
    const text = fs.readFileSync(conf, 'utf8').replace('notify_update_timeout 5s;', 'notify_update_timeout 500ms;')
      .replace('ping_timeout 5s;', 'ping_timeout 60s;').replaceAll('drop_idle_publisher 10s;', 'drop_idle_publisher 60s;');
    assert.strictEqual(text.match(/(update_timeout 500ms|ping_timeout 60s|publisher 60s);/g).length, 4);
    fs.writeFileSync(conf, text);
    return server;
  }

  get controlKey() { return fs.readFileSync(path.join(this.folder, 'control-key'), 'utf8').trim(); }

  async start() {
    fs.rmSync(path.join(this.folder, 'relay.sock'), { force: true });
    const user = process.getuid() === 0 ? ' user root;' : '';
    const nginx = new Process('nginx',
      ['-p', this.folder, '-c', 'nginx.conf', '-e', 'stderr', '-g', `daemon off;${user}`],
      { cwd: this.folder, env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` } });
    this.#nginx = nginx;
    await until('nginx has started', () => {
      assert.strictEqual(nginx.result, undefined, nginx.output);
      const file = path.join(this.folder, 'nginx.pid');
      return fs.existsSync(file) && fs.readFileSync(file, 'utf8').trim() === String(nginx.pid);
    });
  }

  async stop() {
    await this.#nginx.stop();
    this.log += this.#nginx.output;
  }

  /** What nginx has logged since it was started. */
  get output() { return this.#nginx.output; }

  expectNoSecrets() { expectNoSecrets(this.folder, this.log + this.output); }

  async end() {
    for (const stream of this.#streams) stream.kill('SIGKILL');
    await this.stop();
    fs.rmSync(this.folder, { recursive: true });
  }

  /** Pushes a stream until it is stopped. */
  push(stream, query = kSignature, app = 'live') {
    const pusher = new Process('ffmpeg', ['-v', 'error', '-re', '-stream_loop', '-1', '-i', this.clip,
      '-c', 'copy', '-f', 'flv', `rtmp://${this.rtmp}/${app}/${stream}?${query}`]);
    this.#streams.push(pusher);
    return pusher;
  }

  async get(address, url, key) {
    return fetch(`http://${address}${url}`, key ? { headers: { Authorization: `Bearer ${key}` } } : {});
  }

  /** The IDs of the clients that publish, by stream. */
  async publishers() {
    const stat = await (await this.get(this.control, '/stat', this.controlKey)).text();
    const streams = [...stat.matchAll(/<stream>\s*<name>([^<]*)<\/name>([^]*?)<\/stream>/g)];
    return Object.fromEntries(streams.flatMap(([, name, rest]) => [...rest.matchAll(/<client><id>(\d+)<\/id>([^]*?)<\/client>/g)]
      .filter(([, , client]) => client.includes('<publishing/>')).map(([, id]) => [name, id])));
  }

  /** @returns how many clients it has disconnected */
  async drop(stream, client) {
    const reply = await this.get(this.control, `/control/drop/publisher?app=live&name=${stream}&clientid=${client}`, this.controlKey);
    return Number(await reply.text());
  }
}
