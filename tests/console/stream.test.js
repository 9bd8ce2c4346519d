// The console stays live, says when it is not, and comes back by itself.
import { after, before, it } from 'node:test';
import { expectNoFaults, openConsole } from './support/browser.js';
import { person, Server } from './support/server.js';

const server = new Server();
before(() => server.start());
after(() => server.end());

it('says that it is not live while the server is away, and shows what is new when it is back', async () => {
  const opened = await openConsole(server);
  const { page } = opened;
  await server.mustCall('multi_room/create_room', { roomID: 'before', roomName: 'before', ...person('alice') });
  await page.waitForSelector('.room-card[data-room="multi/before"]');
  await server.stop();
  await page.waitForSelector('.live[data-state="waiting"]');
  await page.waitForSelector('.banner:has-text("Not live")');
  await server.start();
  await page.waitForSelector('.live[data-state="live"]');
  await page.waitForSelector('.banner', { state: 'hidden' });
  await server.mustCall('multi_room/create_room', { roomID: 'after', roomName: 'after', ...person('bob') });
  await page.waitForSelector('.room-card[data-room="multi/after"]');
  await page.waitForSelector('.room-card[data-room="multi/before"]');
  expectNoFaults(opened);
  await opened.close();
});

it('keeps up with many changes and keeps the page small', async () => {
  const opened = await openConsole(server);
  const { page } = opened;
  const ids = Array.from({ length: 120 }, (_, at) => `many${at}`);
  for (const roomID of ids) {
    await server.mustCall('double_room/create_room', { roomID, roomName: roomID, ...person(roomID) });
  }
  await page.waitForSelector('.feed-entry:has-text("many119")');
  await page.waitForFunction(() => document.querySelectorAll('.room-card').length === 24);
  await page.waitForFunction(() => document.querySelectorAll('.feed-entry').length === 40);
  for (const roomID of ids) await server.mustCall('double_room/destroy_room', { roomID, userID: roomID });
  await page.waitForFunction(() => document.querySelectorAll('.room-card[data-room^="double/"]').length === 0);
  expectNoFaults(opened);
  await opened.close();
});
