// Takes the pictures of the READMEs anew, in both languages: node pictures.mjs FOLDER, with RTCROOMD naming the server.
import fs from 'node:fs';
import path from 'node:path';
import { kForClients } from '../clients/support/settings.js';
import { WebWorker } from '../clients/support/web_worker.js';
import { startBrowser } from '../console/support/chromium.js';
import { kToken, Server } from '../console/support/server.js';
import { drawFace } from './drawn_face.mjs';

const kMostBytes = 200 * 1024; // of all pictures
/** What is pressed and said: `ending` of a picture's name, as of a document's. */
const kEditions = [
  { locale: 'en-GB', ending: '', showMe: 'Show me', room: 'Evening call', reply: '你好 — I see and hear you well.' },
  { locale: 'zh-CN', ending: '.zh-CN', showMe: '开始演示', room: '晚间通话', reply: '你好，画面和声音都很清楚。' },
];
/** Who is in the call. */
const kFaces = {
  陈静: { wall: '#8fb7c9', clothes: '#2f5d8a', skin: '#f1c9a5', hair: '#221a17', isLong: true },
  Marta: { wall: '#d9b48f', clothes: '#3f7d58', skin: '#f4d3bd', hair: '#9a5a2c', isLong: false },
};
const [folder] = process.argv.slice(2);
let total = 0;

/** @param {import('playwright-core').Page} page */
async function take(page, name) {
  const file = path.join(folder, `${name}.jpg`);
  await page.screenshot({ path: file, quality: 68, animations: 'disabled' });
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

/** The example page in a call of two browsers with cameras, who write. */
async function takeExample(browser, server, edition) {
  const context = await browser.newContext({ viewport: { width: 1120, height: 540 }, locale: edition.locale });
  context.setDefaultTimeout(60_000);
  await WebWorker.start(context, server);
  const open = async (name) => {
    const page = await context.newPage();
    await page.addInitScript(drawFace, kFaces[name]);
    await page.goto(`${server.host}/demo/`);
    await page.waitForSelector('#connection[data-state="connected"]');
    await page.fill('#name', name);
    return page;
  };
  const say = async (page, text) => {
    await page.fill('#text', text);
    await page.press('#text', 'Enter');
  };
  const [first, second] = Object.keys(kFaces);
  const [chen, marta] = [await open(first), await open(second)];
  await chen.fill('#roomName', edition.room);
  await chen.click('#create button');
  await chen.waitForSelector('#room:not([hidden])');
  await marta.click('#rooms button');
  await marta.waitForSelector('#room:not([hidden])');
  for (const page of [marta, chen]) await page.click('#camera');
  await say(marta, 'Good evening from Kraków!');
  await chen.waitForSelector('#messages li');
  await say(chen, edition.reply);
  await chen.waitForFunction((reply) => {
    const videos = [...document.querySelectorAll('#members video')];
    return videos.length === 2 && videos.every((video) => video.getVideoPlaybackQuality().totalVideoFrames > 20)
      && document.getElementById('messages').textContent.includes(reply);
  }, edition.reply);
  await take(chen, `web-example${edition.ending}`);
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
    await takeExample(browser, server, edition);
  } finally {
    await browser.close();
    await server.end();
  }
}
if (total > kMostBytes) throw new Error(`the pictures have ${total} bytes, more than ${kMostBytes}`);
