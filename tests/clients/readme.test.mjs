// The way of a stranger: the packed library, and what its README says, against the real server.
import assert from 'node:assert';
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { openBrowser } from '../console/support/browser.js';
import { kNoServer, Server } from '../console/support/server.js';
import { until } from '../console/support/until.js';
import { kForClients } from './support/settings.js';

const kTests = import.meta.dirname;
const kLibrary = path.join(kTests, '..', '..', 'clients', 'js');
const kServer = 'http://127.0.0.1:5757'; // as the README writes it

/** The first block of code below a heading, in a language. */
function block(heading, language) {
  const readme = fs.readFileSync(path.join(kLibrary, 'README.md'), 'utf8');
  const section = readme.split(`\n## ${heading}\n`)[1].split('\n## ')[0];
  return section.split(`\`\`\`${language}\n`)[1].split('```')[0];
}

describe('With the packed library and its README alone', { skip: kNoServer }, () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rtcroom-readme-'));
  const server = new Server(kForClients);
  const running = [];

  before(async () => {
    await server.start();
    const npm = (cwd, ...values) => execFileSync('npm', [...values, '--no-audit', '--no-fund', '--loglevel=error'],
      { cwd, encoding: 'utf8' });
    const [{ filename }] = JSON.parse(npm(kLibrary, 'pack', '--json', '--pack-destination', folder));
    assert.strictEqual(filename, /^npm install (\S+\.tgz)/.exec(block('Install', 'sh'))[1]);
    fs.writeFileSync(path.join(folder, 'package.json'), '{"private": true}');
    npm(folder, 'install', '--offline', filename, path.join(kTests, 'node_modules', 'ws'));
  });
  after(async () => {
    running.forEach((child) => child.kill('SIGKILL'));
    await server.end();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  /** One terminal. */
  function call(...values) {
    const child = spawn(process.execPath, ['call.mjs', ...values], { cwd: folder, stdio: ['pipe', 'pipe', 'inherit'] });
    running.push(child);
    const terminal = {
      text: '',
      type: (line) => child.stdin.write(`${line}\n`),
      hangUp: () => child.stdin.end(),
      shows: (line) => until(`«${line}» in\n${terminal.text}`, () => terminal.text.includes(line)),
      ended: new Promise((resolve) => { child.once('exit', resolve); }),
    };
    child.stdout.on('data', (bytes) => { terminal.text += bytes; });
    return terminal;
  }

  it('two terminals hold a call', async () => {
    const source = block('A call in two terminals', 'js');
    assert.ok(source.includes(kServer));
    fs.writeFileSync(path.join(folder, 'call.mjs'), source.replace(kServer, server.host));
    const alice = call('Alice');
    await alice.shows('room room_');
    const bob = call('Bob', /room (room_\w+)/.exec(alice.text)[1]);
    await bob.shows('Alice is here');
    await alice.shows('Bob has come');
    alice.type('hello');
    await bob.shows('Alice: hello');
    bob.type('你好');
    await alice.shows('Bob: 你好');
    bob.hangUp();
    await alice.shows('Bob has left');
    assert.strictEqual(await bob.ended, 0);
    alice.hangUp();
    assert.strictEqual(await alice.ended, 0);
  });

  it('two pages meet, talk, and see each other leave', async () => {
    const files = {
      '/': ['text/html; charset=utf-8', block('In a page', 'html').replace(kServer, server.host)],
      '/rtcroom.min.js': ['text/javascript', fs.readFileSync(path.join(folder, 'node_modules/rtcroom/dist/rtcroom.min.js'))],
    };
    const site = http.createServer(({ url }, response) => {
      const [type, bytes] = files[url] ?? [];
      response.writeHead(type ? 200 : 204, type && { 'Content-Type': type }).end(bytes);
    });
    await new Promise((resolve) => { site.listen(0, '127.0.0.1', resolve); });
    const origin = `http://127.0.0.1:${site.address().port}`;
    const browser = await openBrowser([origin, server.host]);
    try {
      const one = browser.page;
      const shows = (page, list, text) => page.waitForFunction(([id, wanted]) => // in the page
        [...document.getElementById(id).children].map((line) => line.textContent).join() === wanted, [list, text]);
      await one.goto(origin);
      await shows(one, 'members', 'Page');
      const other = await one.context().newPage();
      await other.goto(origin);
      for (const page of [one, other]) await shows(page, 'members', 'Page,Page');
      await other.fill('#text', 'hello');
      await other.press('#text', 'Enter');
      for (const page of [one, other]) await shows(page, 'messages', 'Page: hello');
      await other.evaluate('client.logout()');
      await shows(one, 'members', 'Page');
      assert.deepStrictEqual(browser.faults, []);
    } finally {
      await browser.close();
      site.closeAllConnections();
      site.close();
    }
  });

  it('the developer tools of WeChat, which copy one folder of the package, find an index.js in it', () => {
    const installed = path.join(folder, 'node_modules/rtcroom');
    const { miniprogram } = JSON.parse(fs.readFileSync(path.join(installed, 'package.json'), 'utf8'));
    assert.ok(fs.existsSync(path.join(installed, miniprogram, 'index.js')), miniprogram);
  });

  it('the library can be required, too', () => {
    const source = "const { Client, RtcRoomError } = require('rtcroom'); new Client({ server: 'https://h' }); console.log(RtcRoomError.name);";
    const env = { ...process.env, NODE_OPTIONS: '' };
    assert.strictEqual(execFileSync(process.execPath, ['-e', source], { cwd: folder, encoding: 'utf8', env }), 'RtcRoomError\n');
  });
});
