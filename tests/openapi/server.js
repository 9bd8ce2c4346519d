// The real server, and what an operator does to it.
import assert from 'node:assert';
import { spawnSync } from 'node:child_process';
import http from 'node:http';
import path from 'node:path';

import { Server as Rtcroomd } from '../console/support/server.js';
import { request } from './client.js';

export class Server extends Rtcroomd {
  #agent = new http.Agent({ keepAlive: true });

  // @param limitKilobytes  the maximum size of a file, as on a full disk.
  constructor(settings, { limitKilobytes } = {}) {
    super({ 'room.inactive_ttl': '10m', ...settings });  // longer than a slow test run
    this.settings['grpc.listen'] = `unix:${path.join(this.folder, 'grpc.sock')}`;
    if (limitKilobytes) this.wrapper = ['bash', '-c', `trap "" XFSZ; ulimit -f ${limitKilobytes}; exec "$@"`, 'bash'];
  }

  get dataDirectory() {
    return this.settings['store.data_dir'];
  }

  async stop() {
    this.#agent.destroy();
    await super.stop();
  }

  // Runs `rtcroomd rooms …` against it.
  rooms(...words) {
    const ran = spawnSync(process.env.RTCROOMD, ['rooms', ...words, '--target', this.settings['grpc.listen']]);
    assert.strictEqual(ran.status, 0, `rooms ${words}: ${ran.stderr}`);
  }

  // @param listener  the key of its address.
  async send(listener, method, target, options = {}) {
    return request(this.settings[listener], this.#agent, method, target, options);
  }
}
