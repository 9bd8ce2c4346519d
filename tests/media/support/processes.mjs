// Programs that a test runs: nginx, ffmpeg, scripts of deploy/media.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import path from 'node:path';

export const kDeploy = path.resolve(path.dirname(new URL(import.meta.url).pathname), '../../../deploy/media');

/** A running program. */
export class Process {
  /** Its exit code, or the name of the signal that ended it; undefined while it runs. */
  result = undefined;
  output = '';  // of both kinds
  #child;

  constructor(program, args, options = {}) {
    this.#child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.on('data', (bytes) => { this.output += bytes; });
    }
    this.ended = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('close', (code, signal) => { resolve(this.result = code ?? signal); });
    });
  }

  get pid() { return this.#child.pid; }

  kill(signal) { this.#child.kill(signal); }

  /** @returns the result */
  async stop(signal = 'SIGTERM') {
    this.kill(signal);
    return this.ended;
  }
}

/** @returns the output of a program, which has to succeed */
export async function run(program, ...args) {
  const process = new Process(program, args);
  const result = await process.ended;
  if (result !== 0) throw new Error(`${program} ${args.join(' ')}: ${result}\n${process.output}`);
  return process.output;
}

/**
 * Of the loopback interface: an address that no other process has, so that a port on it that was free once stays free.
 * Those who ask the system for a port do so at 127.0.0.1.
 */
export const kHost = `127.${64 + (process.pid >> 16)}.${(process.pid >> 8) & 255}.${process.pid & 255}`;

const taken = new Set();

/** An address of this process where nothing listens. */
export async function freeAddress() {
  const server = net.createServer().listen(0, kHost);
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  if (taken.has(port)) return freeAddress();
  taken.add(port);
  return `${kHost}:${port}`;
}
