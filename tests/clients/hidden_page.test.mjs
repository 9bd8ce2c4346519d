// Pages of the library rtcroom in hidden tabs of Chromium, which runs their timers once a minute, against the real
// server: the binary that RTCROOMD names.
import assert from 'node:assert';
import http from 'node:http';
import { after, before, describe, it } from 'node:test';
import { minified } from '../../clients/js/build.js';
import { Client } from '../../clients/js/src/index.js';
import { kNoServer, Server } from '../console/support/server.js';
import { until } from '../console/support/until.js';
import { WebSocket } from './support/packages.js';
import { kForClients } from './support/settings.js';
import { Tabs } from './support/tabs.js';

// The browser slows down a timer that was set by a timer, and that one by another, and so on. So many heartbeats suffice.
const kChain = 6;

/** What a page does before it loads the library. */
const kPages = {
  socket: '',
  polls: 'globalThis.WebSocket = undefined;',
  alone: `globalThis.WebSocket = class extends WebSocket {
    send(text) { super.send(text.replace('"beats":true', '"beats":false')); }
  };`,
};

const pageOf = (before) => `<!doctype html><title>rtcroom</title><script>
  ${before}
  const setTimer = setTimeout;
  const isQuick = (ms) => !document.hidden && ms < 10000; // so that the chain is soon long
  globalThis.setTimeout = (listener, ms) => setTimer(listener, isQuick(ms) ? ms / 20 : ms);
  </script><script src="/rtcroom.min.js"></script>`;

describe('A hidden page', { skip: kNoServer }, () => {
  const web = http.createServer(({ url }, response) => {
    const isPage = url.slice(1) in kPages;
    response.writeHead(200, { 'Content-Type': isPage ? 'text/html' : 'text/javascript' });
    response.end(isPage ? pageOf(kPages[url.slice(1)]) : library);
  });
  let library; // rtcroom.min.js
  let server;
  let tabs;
  let client;

  before(async () => {
    library = await minified('page', 'iife');
    await new Promise((resolve) => { web.listen(0, '127.0.0.1', resolve); });
    server = new Server({ ...kForClients, 'room.heartbeat_timeout': '20s', 'room.sweep_period': '200ms',
      'server.cors_origins': [`http://127.0.0.1:${web.address().port}`] });
    await server.start();
    tabs = await Tabs.start();
    client = new Client({ server: server.host, WebSocket, storage: null });
    await client.login();
  });
  after(async () => {
    await client?.logout();
    await tabs?.close();
    await server?.end();
    web.closeAllConnections();
    web.close();
  });

  /** A user who waits alone in a room with that name. */
  async function wait(name) {
    const run = await tabs.open(`http://127.0.0.1:${web.address().port}/${name}`);
    await until('the page is loaded', () => run('Boolean(globalThis.rtcroom)'));
    await run(`(async () => {
      const client = new rtcroom.Client({ server: '${server.host}' });
      await client.login();
      globalThis.room = await client.createRoom('multi', { roomID: '${name}', stream: false });
    })()`);
    await until('the chain of timers is long', async () => await run(`performance.getEntriesByType('resource')
      .filter(({ name }) => name.includes('pusher_heartbeat')).length`) >= kChain);
    return run;
  }

  it('keeps its seat by the pushes of the server, without which it is lost', async () => {
    const pages = [];
    for (const name of Object.keys(kPages)) pages.push(await wait(name));
    await tabs.open('about:blank');
    await until('all are hidden', async () => (await Promise.all(pages.map((run) => run('document.hidden')))).every(Boolean));
    const rooms = async () => (await client.listRooms('multi')).map(({ roomID }) => roomID).sort();
    await until('the room without pushes has ended', async () => !(await rooms()).includes('alone'));
    assert.deepStrictEqual(await rooms(), ['polls', 'socket']);
  });
});
