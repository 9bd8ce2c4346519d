// Pages in a real browser that publish and play; see page.js.
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { startBrowser } from '../../../console/support/chromium.js';
import { kHost } from '../processes.mjs';

const kFiles = new Map([['/page.js', 'page.js'], ['/clock_cells.js', 'clock_cells.js']]);
const kPage = '<!doctype html><meta charset="utf-8"><title>page</title><script type="module" src="page.js"></script>';

/** One browser, and the server of its pages. */
export class Browser {
  #server = http.createServer(({ url }, reply) => {
    const name = kFiles.get(url);
    reply.writeHead(200, { 'Content-Type': name ? 'text/javascript' : 'text/html' });
    reply.end(name ? fs.readFileSync(path.join(import.meta.dirname, name)) : kPage);
  });

  static async start() {
    const browser = new Browser();
    // The relay's certificate is one that nobody knows.
    browser.chromium = await startBrowser('--autoplay-policy=no-user-gesture-required', '--ignore-certificate-errors');
    await new Promise((resolve) => { browser.#server.listen(0, kHost, resolve); });
    return browser;
  }

  get origin() { return `http://${kHost}:${this.#server.address().port}`; }

  /** A tab of a user of its own. @param relay  that its sessions go through, or that alters their answers */
  async open(relay = undefined) {
    const page = await (await this.chromium.newContext()).newPage();
    page.setDefaultTimeout(60_000);
    if (relay) await page.exposeFunction('relayed', (sdp) => relay.relayed(sdp));
    await page.goto(`${this.origin}/`);
    await page.waitForFunction('window.media');
    return new Tab(page);
  }

  /** The processes that run pages. */
  async renderers() {
    const devTools = await this.chromium.newBrowserCDPSession();
    const { processInfo } = await devTools.send('SystemInfo.getProcessInfo');
    await devTools.detach();
    return processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id);
  }

  async end() {
    await this.chromium.close();
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

/** A page, in which sessions have names. */
export class Tab {
  constructor(page) { this.page = page; }

  /** @returns status and text of the reply */
  publish(name, url, options) { return this.page.evaluate(([n, u, o]) => window.media.publish(n, u, o), [name, url, options]); }

  play(name, url, options = {}) { return this.page.evaluate(([n, u, o]) => window.media.play(n, u, o), [name, url, options]); }

  /** Calls a method of a session. */
  call(name, method, ...args) { return this.page.evaluate(([n, m, a]) => window.media.call(n, m, ...a), [name, method, args]); }

  get(name, key) { return this.page.evaluate(([n, k]) => window.media.get(n, k), [name, key]); }

  figures(name, since = 0) { return this.call(name, 'figures', since); }

  /** No script and no event of the page runs any more. */
  hang() { this.page.evaluate(() => { for (;;); }).catch(() => {}); }

  /** Without a farewell, as a crash does. */
  async crash() { await this.page.context().close({ runBeforeUnload: false }); }
}
