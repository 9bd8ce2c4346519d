// A browser with one console in it, and a record of all unexpected events in it.
import assert from 'node:assert';
import path from 'node:path';
import { after, before } from 'node:test';
import { startBrowser } from './chromium.js';
import { kToken } from './server.js';

const kTimeoutMs = 240_000;

/** @typedef {import('playwright-core').Page} Page */

/**
 * @typedef {object} OpenConsole
 * @property {Page} page
 * @property {string[]} faults  errors, dialogs, refused content, and requests to elsewhere
 * @property {() => Promise<void>} close
 */

/**
 * One for all tests of a file, as it takes longer to start than most of them take. What they open in it
 * shares nothing.
 * @type {ReturnType<typeof startBrowser>|undefined}
 */
let browser;
after(async () => (await browser)?.close());

/**
 * Opens a browser with a separate profile. Nothing moves in it unless the options say so: the processor would paint the
 * dot of the connection, which never rests, sixty times a second.
 * @param {string[]} origins  the allowed ones
 * @param {import('playwright-core').BrowserContextOptions} options
 * @param {import('playwright-core').Browser} [own]  one with other arguments than the one for all tests
 * @returns {Promise<OpenConsole>}
 */
export async function openBrowser(origins, options = {}, own = undefined) {
  const context = await (own ?? await (browser ??= startBrowser())).newContext({ viewport: { width: 1360, height: 860 }, reducedMotion: 'reduce', ...options });
  context.setDefaultTimeout(kTimeoutMs);
  const page = await context.newPage();
  const faults = await watch(page, origins);
  return { page, faults, close: () => context.close() };
}

/**
 * @param {Page} page
 * @param {string[]} origins
 */
async function watch(page, origins) {
  /** @type {string[]} */
  const faults = [];
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  page.on('dialog', (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on('console', (message) => {
    // The browser reports every refusal of the API and every lost connection; the tests check how
    // the page handles them.
    const isReply = message.location().url.includes('/console/api/');
    if (message.type() === 'error' && !isReply) faults.push(`console: ${message.text()}`);
  });
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (!origins.includes(url.origin)) faults.push(`request: ${request.url()}`);
  });
  page.on('websocket', (socket) => {
    const { origin } = new URL(socket.url().replace(/^ws/, 'http'));
    if (!origins.includes(origin)) faults.push(`socket: ${socket.url()}`);
  });
  await page.exposeFunction('reportViolation', (/** @type {string} */ text) => faults.push(`refused by the policy: ${text}`));
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      /** @type {any} */ (window).reportViolation(`${event.violatedDirective} ${event.blockedURI}`);
    });
  });
  return faults;
}

/**
 * Opens the console of a server and logs in by the form.
 * @param {import('./server.js').Server} server
 * @param {import('playwright-core').BrowserContextOptions} options
 * @param {string[]} others  allowed origins besides the server's
 */
export async function openConsole(server, options = {}, others = []) {
  const own = [server.consoleUrl, server.publicUrl].map((url) => new URL(url).origin);
  const opened = await openBrowser([...own, ...others], options);
  await opened.page.goto(server.consoleUrl);
  await logIn(opened.page, kToken);
  await opened.page.waitForSelector('.live[data-state="live"]');
  return opened;
}

/**
 * The page of an opened browser for one test, which fails if anything unexpected happened in it.
 * @param {import('node:test').TestContext} test
 * @param {OpenConsole} opened
 */
function pageOf(test, opened) {
  test.after(async () => {
    await opened.close();
    expectNoFaults(opened);
  });
  return opened.page;
}

/**
 * A console for one test.
 * @param {import('node:test').TestContext} test
 * @param {import('./server.js').Server} server
 * @param {import('playwright-core').BrowserContextOptions} options
 */
export const consoleOf = async (test, server, options = {}) => pageOf(test, await openConsole(server, options));

/**
 * A browser for one test, before it opens the console.
 * @param {import('node:test').TestContext} test
 * @param {import('./server.js').Server} server
 * @param {import('playwright-core').BrowserContextOptions} options
 */
export const browserOf = async (test, server, options = {}) =>
  pageOf(test, await openBrowser([new URL(server.consoleUrl).origin], options));

/**
 * A console for all tests of a suite.
 * @param {import('./server.js').Server} server
 * @param {import('playwright-core').BrowserContextOptions} options
 * @param {(page: Page) => void} take  gets its page before the first test
 */
export function useConsole(server, options, take) {
  /** @type {OpenConsole} */
  let opened;
  before(async () => {
    opened = await openConsole(server, options);
    take(opened.page);
  });
  after(async () => {
    await opened.close();
    expectNoFaults(opened);
  });
}

/**
 * @param {Page} page
 * @param {string} token
 */
export async function logIn(page, token) {
  await page.fill('#token', token);
  await page.click('button[type="submit"]');
}

/**
 * Goes to a page of the console by its address, and returns when the console has heard of it.
 * @param {Page} page
 * @param {string} hash
 */
export async function visit(page, hash) {
  await page.evaluate((address) => /** @type {Promise<void>} */ (new Promise((resolve) => {
    const before = location.hash;
    location.hash = address;
    if (location.hash === before) resolve();
    else addEventListener('hashchange', () => resolve(), { once: true });
  })), hash);
}

/**
 * Lets the server answer one request, and delays the answer until it is released.
 * @param {Page} page
 * @param {string} pattern
 */
export async function holdReply(page, pattern) {
  /** @type {() => void} */
  let release = () => {};
  const isReleased = new Promise((resolve) => { release = () => resolve(undefined); });
  /** @type {() => void} */
  let hold = () => {};
  const isHeld = new Promise((resolve) => { hold = () => resolve(undefined); });
  await page.route(pattern, async (route) => {
    const response = await route.fetch();
    hold();
    await isReleased;
    await route.fulfill({ response });
  }, { times: 1 });
  return { isHeld, release };
}

/**
 * Saves a screenshot for manual inspection, where RTCROOM_PICTURES names a folder for them.
 * @param {Page} page
 * @param {string} name
 */
export async function keepPicture(page, name) {
  const folder = process.env.RTCROOM_PICTURES;
  if (folder) await page.screenshot({ path: path.join(folder, `${name}.png`), fullPage: true, animations: 'disabled' });
}

/** @param {OpenConsole} opened */
export function expectNoFaults(opened) {
  assert.deepStrictEqual(opened.faults, []);
}
