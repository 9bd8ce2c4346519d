// The real server, run by a test in a separate process, and a client of its public API.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { until } from './until.js';

export const kToken = 'console-test-token-0123456789abcdef';

const kListeners = 2;

/**
 * The configuration file of these settings; JSON's literals are TOML's here.
 * @param {Record<string, string|number|boolean>} settings
 */
const tomlOf = (settings) => Object.entries(settings).map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`).join('');

export class Server {
  #folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rtcroomd-console-'));
  #settings;
  /** @type {import('node:child_process').ChildProcess|null} */
  #child = null;
  /** @type {Record<string, string>} addresses by listener */
  #addresses = {};

  /** @param {Record<string, string|number|boolean>} settings  on top of the harness's own */
  constructor(settings = {}) {
    this.#settings = {
      'server.http_listen': '127.0.0.1:0',
      'server.https_listen': '',
      'admin.listen': '127.0.0.1:0',
      'admin.token': kToken,
      'grpc.listen': '',
      'store.data_dir': path.join(this.#folder, 'data'),
      'log.format': 'json',
      'log.level': 'debug',
      // Members in these tests send no heartbeats by default.
      'room.heartbeat_timeout': '10m',
      'limits.per_address_rate': '0/s',
      'limits.per_user_rate': '0/s',
      'limits.pushers_rate': '0/s',
      'limits.rooms_per_address': 0,
      'limits.rooms_per_user': 0,
      ...settings,
    };
  }

  get consoleUrl() {
    return `http://${this.#addresses.admin}/console/`;
  }

  get publicUrl() {
    return `http://${this.#addresses.http}/weapp`;
  }

  /** Starts it, or restarts it on the same ports, and waits until it is ready. */
  async start() {
    const config = path.join(this.#folder, 'rtcroomd.toml');
    for (const [listener, address] of Object.entries(this.#addresses)) {
      this.#settings[listener === 'admin' ? 'admin.listen' : 'server.http_listen'] = address;
    }
    fs.writeFileSync(config, tomlOf(this.#settings));
    const begin = this.#log().length;
    const log = fs.openSync(this.#logFile, 'a');
    this.#child = spawn(binary(), ['serve', '--config', config], { stdio: ['ignore', log, log] });
    fs.closeSync(log);
    await until('the server is ready', async () => {
      if (this.#child?.exitCode !== null) throw new Error(`rtcroomd ended:\n${this.#log().slice(begin)}`);
      this.#addresses = addressesIn(this.#log().slice(begin));
      if (Object.keys(this.#addresses).length < kListeners) return false;
      return (await fetch(`http://${this.#addresses.admin}/readyz`)).ok;
    });
  }

  /** Requests a stop, and waits for its end. */
  async stop() {
    const child = this.#child;
    if (!child || child.exitCode !== null) return;
    const ended = new Promise((resolve) => { child.once('exit', resolve); });
    child.kill('SIGTERM');
    await ended;
    this.#child = null;
  }

  /** Stops it and deletes all its data. */
  async end() {
    await this.stop();
    fs.rmSync(this.#folder, { recursive: true, force: true });
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

  get #logFile() {
    return path.join(this.#folder, 'server.log');
  }

  #log() {
    return fs.existsSync(this.#logFile) ? fs.readFileSync(this.#logFile, 'utf8') : '';
  }
}

/**
 * The fields of a gen-1 client about a user.
 * @param {string} userID
 * @param {string} userName
 */
export const person = (userID, userName = userID) =>
  ({ userID, userName, userAvatar: `${userID}.png`, pushURL: `rtmp://127.0.0.1/live/${userID}` });

function binary() {
  const file = process.env.RTCROOMD_BINARY;
  if (!file) throw new Error('RTCROOMD_BINARY: the server to test');
  return file;
}

/**
 * The addresses of the listeners, from the log.
 * @param {string} log
 */
function addressesIn(log) {
  /** @type {Record<string, string>} */
  const addresses = {};
  for (const line of log.split('\n')) {
    if (!line.includes('"listening"') || !line.endsWith('}')) continue;
    const entry = JSON.parse(line);
    if (entry.event === 'listening') addresses[entry.listener] = entry.address;
  }
  return addresses;
}
