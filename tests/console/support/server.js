// The real server, the program that RTCROOMD names, run by a test in a separate process, and a client of its
// public API.
import assert from 'node:assert';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { until } from './until.js';

/** The reason to skip tests that need the server, or false. */
export const kNoServer = !process.env.RTCROOMD && 'RTCROOMD is not set';

/** A phrase, as an operator may choose it. */
export const kToken = 'correct horse battery staple';

/** @type {Record<string, string>} */
const kListeners = {
  http: 'server.http_listen', admin: 'admin.listen', grpc: 'grpc.listen', 'grpc-workers': 'grpc.worker_listen',
};

/** @typedef {Record<string, string|number|boolean>} Settings */

export class Server {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rtcroomd-test-'));
  /** @type {Settings} */
  settings;
  #options;
  /** @type {import('node:child_process').ChildProcess|null} */
  #child = null;
  /** @type {string[]} what runs the program, as its arguments */
  wrapper = [];
  /** Since its last start. */
  log = '';
  /** What it prints besides. */
  output = '';

  /**
   * @param {Settings} settings  on top of the harness's own
   * @param {string[]} options  of `serve`, such as '--dev'
   */
  constructor(settings = {}, ...options) {
    this.#options = options;
    this.settings = {
      'server.http_listen': '127.0.0.1:0',
      'server.https_listen': '',
      'admin.listen': '127.0.0.1:0',
      'admin.token': kToken,
      'grpc.listen': '',
      'store.data_dir': path.join(this.folder, 'data'),
      'log.format': 'json',
      // Members in these tests send no heartbeats by default.
      'room.heartbeat_timeout': '10m',
      'limits.per_address_rate': '0/s',
      'limits.per_user_rate': '0/s',
      'limits.pushers_rate': '0/s',
      'limits.signing_rate': '0/h',
      'limits.rooms_per_address': 0,
      'limits.rooms_per_user': 0,
      ...settings,
    };
  }

  get host() {
    return `http://${this.settings['server.http_listen']}`;
  }

  get consoleUrl() {
    return `http://${this.settings['admin.listen']}/console/`;
  }

  get publicUrl() {
    return `${this.host}/weapp`;
  }

  /** Starts it, or restarts it at the same addresses with the same rooms, and waits until it is ready. */
  async start() {
    const config = path.join(this.folder, 'rtcroomd.toml');
    // JSON's literals are TOML's here.
    const lines = Object.entries(this.settings).map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`);
    fs.writeFileSync(config, lines.join(''));
    const [program, ...words] = [...this.wrapper, process.env.RTCROOMD ?? '', 'serve', '--config', config, ...this.#options];
    const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    child.stdout.on('data', (bytes) => { this.output += bytes; });
    this.log = '';
    child.stderr.on('data', (bytes) => { this.log += bytes; });
    await until('the server is ready', () => {
      assert.strictEqual(child.exitCode, null, `rtcroomd ended:\n${this.log}`);
      return this.log.includes('"event":"ready"');
    });
    for (const line of this.log.split('\n').filter((text) => text.includes('"event":"listening"'))) {
      const { listener, address } = JSON.parse(line);
      this.settings[kListeners[listener]] = address;
    }
  }

  /** Requests a stop, and waits for its end. */
  async stop() {
    const child = this.#child;
    if (!child || (child.exitCode ?? child.signalCode) !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    assert.deepStrictEqual(await ended, [0, null]);
  }

  /** Ends it at once, as a crash would. */
  async kill() {
    const child = this.#child;
    assert.ok(child);
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  /** Stops it and deletes all its data. */
  async end() {
    await this.stop();
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  /** The identity of a new user. */
  async newUser() {
    return (await fetch(`${this.publicUrl}/utils/get_login_info`)).json();
  }

  /**
   * A call of a client.
   * @param {string} endpoint  such as `multi_room/create_room`
   * @param {object} body
   */
  async call(endpoint, body) {
    const response = await fetch(`${this.publicUrl}/${endpoint}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
    return response.json();
  }

  /**
   * A call that must succeed.
   * @param {string} endpoint
   * @param {object} body
   */
  async mustCall(endpoint, body) {
    const reply = await this.call(endpoint, body);
    if (reply.code !== 0) throw new Error(`${endpoint}: ${JSON.stringify(reply)}`);
    return reply;
  }
}

/**
 * The fields of a gen-1 client about a user.
 * @param {string} userID
 * @param {string} userName
 */
export const person = (userID, userName = userID) =>
  ({ userID, userName, userAvatar: `${userID}.png`, pushURL: `rtmp://127.0.0.1/live/${userID}` });
