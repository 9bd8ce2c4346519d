// Programs that a test runs: nginx, ffmpeg, scripts of deploy/media.
import { spawn } from 'node:child_process';
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

/** An address of the loopback interface where nothing listens. */
export async function freeAddress() {
  const server = net.createServer();
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const { port } = server.address();
  await new Promise((resolve) => { server.close(resolve); });
  return `127.0.0.1:${port}`;
}
