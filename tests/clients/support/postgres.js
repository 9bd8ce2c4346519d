// A PostgreSQL server of a test's own, the newest that is installed.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { until } from '../../console/support/until.js';
import { freeAddress } from '../../media/support/processes.mjs';

const kHome = '/usr/lib/postgresql';
/** It refuses to run as root. */
const kAsPostgres = process.getuid() === 0 ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups'] : ['env'];

export class Postgres {
  #folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rtcroom-postgres-'));
  #child;
  /** Of its database. */
  url = '';

  static async start() {
    const postgres = new Postgres();
    await postgres.#start();
    return postgres;
  }

  async #start() {
    const newest = fs.readdirSync(kHome).sort((one, other) => Number(one) - Number(other)).at(-1);
    const program = (name) => path.join(kHome, newest, 'bin', name);
    if (process.getuid() === 0) execFileSync('chown', ['postgres', this.#folder]);
    const data = path.join(this.#folder, 'data');
    execFileSync(kAsPostgres[0], [...kAsPostgres.slice(1), program('initdb'), '-D', data, '-U', 'postgres', '-A', 'trust'], { stdio: 'pipe' });
    const [host, port] = (await freeAddress()).split(':');
    this.#child = spawn(kAsPostgres[0], [...kAsPostgres.slice(1), program('postgres'), '-D', data, '-h', host, '-p', port, '-k', this.#folder],
      { stdio: ['ignore', 'ignore', 'pipe'] });
    let log = '';
    this.#child.stderr.on('data', (bytes) => { log += bytes; });
    await until('PostgreSQL is ready', () => log.includes('ready to accept connections'));
    this.url = `postgresql://postgres@${host}:${port}/postgres`;
  }

  async end() {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGINT');
    await ended;
    fs.rmSync(this.#folder, { recursive: true, force: true });
  }
}
