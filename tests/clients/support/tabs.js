// Tabs of one browser, of which only the newest is shown. Playwright keeps all its pages visible, and their timers
// quick, so this talks to the browser itself.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { WebSocket } from './packages.js';

const kBrowser = process.env.RTCROOM_BROWSER ?? '/usr/bin/chromium';
// A page that has been hidden for so long has its timers slowed down to one round a minute.
const kThrottled = '--enable-features=IntensiveWakeUpThrottling:grace_period_seconds/1';
const kArguments = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync', '--remote-debugging-port=0', kThrottled];

export class Tabs {
  #folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rtcroom-tabs-'));
  #child = spawn(kBrowser, [...kArguments, `--user-data-dir=${this.#folder}`], { stdio: ['ignore', 'ignore', 'pipe'] });
  #socket;
  #calls = new Map();
  #lastId = 0;

  static async start() {
    const tabs = new Tabs();
    await tabs.#connect();
    return tabs;
  }

  async #connect() {
    let printed = '';
    const address = await new Promise((resolve, reject) => {
      this.#child.once('exit', () => reject(new Error(`the browser ended:\n${printed}`)));
      this.#child.stderr.on('data', (bytes) => {
        printed += bytes;
        const [, url] = /^DevTools listening on (\S+)$/m.exec(printed) ?? [];
        if (url) resolve(url);
      });
    });
    this.#socket = new WebSocket(address);
    this.#socket.on('message', (text) => {
      const { id, result, error } = JSON.parse(text);
      const call = this.#calls.get(id);
      this.#calls.delete(id);
      if (error) call?.reject(new Error(error.message));
      else call?.resolve(result);
    });
    await once(this.#socket, 'open');
  }

  #call(method, params, sessionId) {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve, reject });
      this.#socket.send(JSON.stringify({ id, method, params, sessionId }));
    });
  }

  /** Hides the tab before. @returns a function that evaluates an expression in the page */
  async open(url) {
    const { targetId } = await this.#call('Target.createTarget', { url });
    const { sessionId } = await this.#call('Target.attachToTarget', { targetId, flatten: true });
    return async (expression) => {
      const { result, exceptionDetails } = await this.#call('Runtime.evaluate',
        { expression, awaitPromise: true, returnByValue: true }, sessionId);
      if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
      return result.value;
    };
  }

  async close() {
    const ended = once(this.#child, 'exit');
    // Killed, it would leave processes that still write to the folder.
    this.#call('Browser.close', {}).catch(() => {});
    await ended;
    fs.rmSync(this.#folder, { recursive: true, force: true, maxRetries: 100, retryDelay: 20 });
  }
}
