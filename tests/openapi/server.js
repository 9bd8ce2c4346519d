// The real server, run in a temporary directory on separate ports.
'use strict';

const assert = require('node:assert');
const { spawn, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');

const { request } = require('./client');

const kDeadlineMs = 60_000;
const kOwnSettings = {
  'server.http_listen': '127.0.0.1:0',
  'server.https_listen': '',
  'admin.listen': '127.0.0.1:0',
  'log.format': 'json',
  'limits.per_address_rate': '0/s',
  'limits.per_user_rate': '0/s',
  'limits.pushers_rate': '0/s',
  'limits.rooms_per_address': 0,
  'limits.rooms_per_user': 0,
  'limits.signing_rate': '0/h',
  // No evictions in a slow test run.
  'room.heartbeat_timeout': '10m',
  'room.inactive_ttl': '10m',
};

class Server {
  // @param limitKilobytes  the maximum size of a file, as on a full disk.
  static async start(binary, settings, { limitKilobytes } = {}) {
    const server = new Server(binary);
    const own = { 'grpc.listen': server.grpcListen, 'store.data_dir': server.dataDirectory };
    const all = { ...kOwnSettings, ...own, ...settings };
    const toml = Object.entries(all).map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`);
    fs.writeFileSync(server.config, toml.join(''));
    await server.run(limitKilobytes);
    return server;
  }

  constructor(binary) {
    this.binary = binary;
    this.directory = fs.mkdtempSync(path.join(os.tmpdir(), 'rtcroomd-openapi-'));
    this.config = path.join(this.directory, 'rtcroomd.toml');
    this.dataDirectory = path.join(this.directory, 'data');
    this.grpcListen = `unix:${path.join(this.directory, 'grpc.sock')}`;
  }

  async run(limitKilobytes) {
    const serve = [this.binary, 'serve', '--config', this.config];
    const command = limitKilobytes
      ? ['bash', '-c', `trap "" XFSZ; ulimit -f ${limitKilobytes}; exec "$@"`, 'bash', ...serve]
      : serve;
    this.log = '';
    this.addresses = {};
    this.process = spawn(command[0], command.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] });
    this.ended = new Promise((resolve) => this.process.on('exit', (code) => resolve(code ?? -1)));
    this.process.stderr.on('data', (bytes) => { this.log += bytes; });
    await this.#untilReady();
    this.agent = new http.Agent({ keepAlive: true });
  }

  async #untilReady() {
    const deadline = Date.now() + kDeadlineMs;
    while (Date.now() < deadline && this.process.exitCode === null) {
      if (this.log.includes('"event":"ready"')) {
        for (const line of this.log.split('\n').filter((text) => text.includes('"listening"'))) {
          const { listener, address } = JSON.parse(line);
          this.addresses[listener] = address;
        }
        return;
      }
      await new Promise((resolve) => { setTimeout(resolve, 20); });
    }
    assert.fail(`rtcroomd did not become ready:\n${this.log}`);
  }

  async stop() {
    this.agent.destroy();
    this.process.kill('SIGTERM');
    assert.strictEqual(await this.ended, 0, `rtcroomd did not stop well:\n${this.log}`);
  }

  remove() {
    this.process.kill('SIGKILL');
    this.agent?.destroy();
    fs.rmSync(this.directory, { recursive: true, force: true });
  }

  // Runs `rtcroomd rooms …` against it.
  rooms(...words) {
    const ran = spawnSync(this.binary, ['rooms', ...words, '--target', this.addresses.grpc]);
    assert.strictEqual(ran.status, 0, `rooms ${words}: ${ran.stderr}`);
  }

  // @param listener  'http' or 'admin'.
  async send(listener, method, target, options = {}) {
    return request(this.addresses[listener], this.agent, method, target, options);
  }
}

module.exports = { Server };
