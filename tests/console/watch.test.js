// Real streams, from a real media server, played by the browser.
import assert from 'node:assert';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { MediaServer } from '../media/support/media_server.mjs';
import { freeAddress } from '../media/support/processes.mjs';
import { expectNoFaults, keepPicture, openConsole, visit } from './support/browser.js';
import { person, Server } from './support/server.js';
import { until } from './support/until.js';

/** @type {MediaServer} */
let media;
/** @type {Server} */
let server;
/** @type {import('./support/browser.js').OpenConsole} */
let opened;

before(async () => {
  const admin = await freeAddress();
  media = await MediaServer.prepare(admin);
  await media.start();
  server = new Server({
    'admin.listen': admin,
    'live.api': 'nginx-rtmp',
    'live.api_base_url': `http://${media.control}`,
    'live.control_key': media.controlKey,
    'live.rtmp_callback_secret': fs.readFileSync(path.join(media.folder, 'callback-secret'), 'utf8').trim(),
    'live.poll_period': '500ms',
    'live.hls_url': `http://${media.hls}/hls/{stream}.m3u8`,
  });
  await server.start();
});
after(async () => {
  await opened?.close();
  await server.end();
  await media.end();
});

describe('a pusher with a stream', () => {
  it('is shown with it, and can be watched', async () => {
    const pusher = media.push('alice');
    await server.mustCall('multi_room/create_room', { roomID: 'r', roomName: 'r', ...person('alice') });
    const playlist = `http://${media.hls}/hls/alice.m3u8`;
    await until('the stream has a playlist', async () => (await fetch(playlist)).ok);
    opened = await openConsole(server, {}, [`http://${media.hls}`]);
    const { page } = opened;
    await visit(page, '#/room/multi/r');
    await page.getByText(/^stream on · \d+s · \d+ kbit\/s$/).waitFor();
    await page.getByRole('button', { name: 'Watch alice' }).click();
    const countFrames = () => page.locator('video').evaluate((video) =>
      /** @type {HTMLVideoElement} */ (video).getVideoPlaybackQuality().totalVideoFrames);
    let first = 0;
    await until('pictures are there', async () => (first = await countFrames()) > 0);
    await until('they move', async () => await countFrames() > first + 5);
    await keepPicture(page, 'watch');
    await page.getByRole('button', { name: 'Close' }).click();
    assert.strictEqual(await page.locator('video').count(), 0);
    await pusher.stop();
    await page.getByText(/^stream off · \d+s$/).waitFor();
    assert.strictEqual(await page.getByRole('button', { name: 'Watch alice' }).count(), 0);
    // A player that asks for more of a file than there is learns its end by this answer.
    opened.faults = opened.faults.filter((fault) => !fault.includes('status of 416'));
    expectNoFaults(opened);
  });
});
