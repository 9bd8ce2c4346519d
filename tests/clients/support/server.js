// The real server in a temporary directory, with the message channel, and calls of its room API.
import assert from 'node:assert';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { until } from './phone.js';

const kStartTimeoutMs = 60_000;

export class Server {
  #folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rtcroomd-clients-'));
  #address = '127.0.0.1:0';
  #child = null;
  #settings;
  #options;

  /** @param settings  keys of the configuration, such as {'room.heartbeat_timeout': '2s'}
   * @param options  of `serve`, such as '--dev' */
  constructor(settings = {}, ...options) {
    this.#settings = settings;
    this.#options = options;
    this.output = ''; // what it prints, besides the log
  }

  get host() { return `http://${this.#address}`; }

  /** Starts it, or starts it again at the same address with the same rooms. */
  async start(binary) {
    const settings = {
      'server.http_listen': this.#address,
      'server.https_listen': '',
      'admin.listen': '127.0.0.1:0',
      'grpc.listen': '',
      'store.data_dir': path.join(this.#folder, 'data'),
      'log.format': 'json',
      'channel.enabled': true,
      'room.heartbeat_timeout': '10m',
      'limits.per_address_rate': '0/s',
      'limits.per_user_rate': '0/s',
      'limits.signing_rate': '0/h',
      'live.push_host': 'media.example.com',
      'live.play_host': 'media.example.com',
      ...this.#settings,
    };
    const config = path.join(this.#folder, 'rtcroomd.toml');
    const lines = Object.entries(settings).map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`);
    fs.writeFileSync(config, lines.join(''));
    const child = spawn(binary, ['serve', '--config', config, ...this.#options], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    child.stdout.on('data', (bytes) => { this.output += bytes; });
    let log = '';
    child.stderr.on('data', (bytes) => { log += bytes; });
    await until('the server is ready', () => {
      assert.strictEqual(child.exitCode, null, `rtcroomd ended:\n${log}`);
      return log.includes('"event":"ready"');
    }, kStartTimeoutMs);
    const listening = log.split('\n').filter((line) => line.includes('"listening"')).map((line) => JSON.parse(line));
    this.#address = listening.find(({ listener }) => listener === 'http').address;
  }

  async stop() {
    const ended = new Promise((resolve) => { this.#child.once('exit', resolve); });
    this.#child.kill('SIGTERM');
    assert.strictEqual(await ended, 0);
  }

  remove() {
    this.#child.kill('SIGKILL');
    fs.rmSync(this.#folder, { recursive: true, force: true });
  }

  /** @returns {Promise<{userID: string, sdkAppID: string, userSig: string}>} of a new user */
  async newUser() { return this.#reply('utils/get_login_info'); }

  /** A call of gen-1. */
  async call(endpoint, body) { return this.#reply(endpoint, { method: 'POST', body: JSON.stringify(body) }); }

  async #reply(endpoint, options) {
    const reply = await (await fetch(`${this.host}/weapp/${endpoint}`, options)).json();
    assert.strictEqual(reply.code, 0, `${endpoint}: ${JSON.stringify(reply)}`);
    return reply;
  }
}
