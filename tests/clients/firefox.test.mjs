// clients/web-example in Firefox, which plays no HLS by itself.
import assert from 'node:assert';
import { it } from 'node:test';
import { Client } from '../../clients/js/src/index.js';
import { kNoFirefox, startFirefox } from '../console/support/firefox.js';
import { kNoServer, Server } from '../console/support/server.js';
import { until } from '../console/support/until.js';
import { WebSocket } from './support/packages.js';
import { startPlaylists } from './support/playlists.js';
import { kForClients } from './support/settings.js';

it('The page plays HLS in Firefox', { skip: kNoServer || kNoFirefox }, async (test) => {
  const [media, browser] = await Promise.all([startPlaylists(), startFirefox()]);
  const server = new Server({ ...kForClients, ...media.settings }, '--dev');
  await server.start();
  const phone = new Client({ server: server.host, WebSocket, storage: null });
  test.after(async () => {
    await browser.close();
    await phone.close();
    await server.end();
    media.end();
  });
  await phone.login();
  const room = await phone.createRoom('live');
  await room.streamStarted();

  const page = await browser.newPage();
  page.setDefaultTimeout(60_000);
  await page.goto(`${server.host}/demo/#live/${room.roomID}`);
  await page.waitForSelector('#accept'); // or it enters as soon as there is a name
  await page.fill('#name', 'Ann');
  await page.click('#accept');
  const video = page.locator('#members video');
  assert.match(await video.getAttribute('src'), /^blob:/, 'npm ci --prefix clients/web-example, and configure again');
  await until('pictures are there', () => video.evaluate((element) => element.getVideoPlaybackQuality().totalVideoFrames > 0));
});
