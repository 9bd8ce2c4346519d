// Takes the pictures of the READMEs anew, in both languages: node pictures.mjs FOLDER, with RTCROOMD naming the server.
import fs from 'node:fs';
import path from 'node:path';
import { kForClients } from '../clients/support/settings.js';
import { startBrowser } from '../console/support/chromium.js';
import { kToken, Server } from '../console/support/server.js';

const kMostBytes = 200 * 1024; // of all pictures
/** What is pressed and said: `ending` of a picture's name, as of a document's. */
const kEditions = [
  { locale: 'en-GB', ending: '', showMe: 'Show me', room: 'Evening concert', host: '大家好 — we begin in a minute.' },
  { locale: 'zh-CN', ending: '.zh-CN', showMe: '开始演示', room: '晚间音乐会', host: '大家好，马上开始。' },
];
const [folder] = process.argv.slice(2);
let total = 0;

/** @param {import('playwright-core').Page} page */
async function take(page, name) {
  const file = path.join(folder, `${name}.jpg`);
  await page.screenshot({ path: file, quality: 75, animations: 'disabled' });
  const { size } = fs.statSync(file);
  total += size;
  console.log(`${file}: ${Math.ceil(size / 1024)} KB`);
}

/** The console when one of two simulated phones has been evicted, and the other knows. */
async function takeConsole(open, server, { showMe, ending }) {
  const page = await open(760);
  await page.goto(`${server.consoleUrl}#token=${encodeURIComponent(kToken)}`);
  await page.click('nav a[href="#/try"]');
  await page.click(`button:text-is("${showMe}")`);
  await page.waitForFunction(() => document.querySelectorAll('.steps .done').length === 4);
  await take(page, `console${ending}`);
}

/** The example page in a live room: a host, a viewer who writes, likes. */
async function takeExample(open, server, edition) {
  const enter = async (name) => {
    const other = await open(620);
    await other.goto(`${server.host}/demo/`);
    await other.waitForSelector('#connection[data-state="connected"]');
    await other.fill('#name', name);
    await other.check('input[value="live"]');
    return other;
  };
  const [host, viewer] = [await enter('陈静'), await enter('Marta')];
  await host.fill('#roomName', edition.room);
  await host.click('#create button');
  await host.waitForSelector('#room:not([hidden])');
  await viewer.click('#rooms button');
  await viewer.waitForSelector('#room:not([hidden])');
  await viewer.fill('#text', 'Good evening from Kraków!');
  await viewer.press('#text', 'Enter');
  await host.waitForSelector('#messages li');
  await host.fill('#text', edition.host);
  await host.press('#text', 'Enter');
  for (let at = 0; at < 3; ++at) await viewer.click('#like');
  await host.waitForFunction(() => document.querySelectorAll('#messages li').length === 2
    && document.getElementById('likes').textContent === '3'
    && document.getElementById('viewers').textContent.startsWith('1 '));
  await take(host, `web-example${edition.ending}`);
}

for (const edition of kEditions) {
  const server = new Server({ ...kForClients, 'room.heartbeat_timeout': '10s', 'room.sweep_period': '500ms' }, '--dev');
  await server.start();
  const browser = await startBrowser();
  const open = async (height) => {
    const page = await browser.newPage({ viewport: { width: 1120, height }, locale: edition.locale });
    page.setDefaultTimeout(60_000);
    return page;
  };
  try {
    await takeConsole(open, server, edition);
    await takeExample(open, server, edition);
  } finally {
    await browser.close();
    await server.end();
  }
}
if (total > kMostBytes) throw new Error(`the pictures have ${total} bytes, more than ${kMostBytes}`);
