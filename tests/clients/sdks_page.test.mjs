// Today's IM SDKs, unmodified, in pages of Chromium, against the real server: a part of `tests/run long sdks`. RTCROOMD
// names the binary, SDKS the SDKs.
import assert from 'node:assert';
import fs from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import { after, before, describe, it } from 'node:test';
import { kNoServer, person, Server } from '../console/support/server.js';
import { until } from '../console/support/until.js';
import { kForSdks, readSdks } from './support/sdk_fixture.js';
import { Tabs } from './support/tabs.js';

const require = createRequire(import.meta.url);
const kSdks = readSdks(process.env.SDKS ?? 'tim-js-sdk @tencentcloud/chat');

const kPage = `<!doctype html><title>sdk</title><script src="sdk.js"></script><script>
  const SDK = globalThis.TIM ?? globalThis.TencentCloudChat;
  globalThis.texts = [];
  globalThis.states = [];
  async function enter(options, identity, groupID) {
    globalThis.sdk = SDK.create(options);
    sdk.setLogLevel(4);
    const ready = new Promise((resolve) => { sdk.on(SDK.EVENT.SDK_READY, resolve); });
    sdk.on(SDK.EVENT.NET_STATE_CHANGE, ({ data }) => states.push(data.state));
    sdk.on(SDK.EVENT.MESSAGE_RECEIVED, ({ data }) => {
      texts.push(...data.filter(({ type }) => type === SDK.TYPES.MSG_TEXT).map(({ payload }) => payload.text));
    });
    await sdk.login(identity);
    await ready;
    await sdk.joinGroup({ groupID, type: SDK.TYPES.GRP_MEETING });
  }
  const say = (to, text) => sdk.sendMessage(sdk.createTextMessage({ to, conversationType: SDK.TYPES.CONV_GROUP, payload: { text } }));
</script>`;

for (const sdk of kSdks) {
  describe(`A page with the SDK ${sdk.name}`, { skip: kNoServer }, () => {
    const web = http.createServer(({ url }, response) => {
      const isPage = url === '/';
      response.writeHead(200, { 'Content-Type': isPage ? 'text/html; charset=utf-8' : 'text/javascript; charset=utf-8' });
      response.end(isPage ? kPage : fs.readFileSync(require.resolve(sdk.name)));
    });
    let server;
    let tabs;

    before(async () => {
      await new Promise((resolve) => { web.listen(0, '127.0.0.1', resolve); });
      server = new Server({ ...kForSdks, 'server.cors_origins': [`http://127.0.0.1:${web.address().port}`] });
      await server.start();
      tabs = await Tabs.start();
    });
    after(async () => {
      await tabs?.close();
      await server?.end();
      web.closeAllConnections();
      web.close();
    });

    async function open(groupID) {
      const identity = await server.newUser();
      const run = await tabs.open(`http://127.0.0.1:${web.address().port}/`);
      await until('the page is loaded', () => run('Boolean(globalThis.enter)'));
      const options = { SDKAppID: identity.sdkAppID, proxyServer: server.host.replace(/^http/, 'ws') };
      await run(`enter(${JSON.stringify(options)}, ${JSON.stringify(identity)}, '${groupID}')`);
      return run;
    }

    it('talks to another, and goes on when the server has been killed', async () => {
      await server.mustCall('multi_room/create_room', { roomID: 'room', roomName: 'r', ...person('host') });
      const [ann, bob] = [await open('room'), await open('room')];
      const say = (text) => ann(`say('room', '${text}').then(() => true, () => false)`);
      assert.strictEqual(await say('before'), true);
      await until('the first text', async () => (await bob('texts')).length === 1);
      await server.kill();
      await server.start();
      const sent = ['before'];
      for (let at = 0; sent.length < 6; at += 1) if (await say(`after ${at}`)) sent.push(`after ${at}`);
      await until('all', async () => {
        const texts = await bob('texts');
        return sent.every((text) => texts.includes(text));
      });
      const texts = await bob('texts');
      assert.strictEqual(new Set(texts).size, texts.length, `twice: ${texts}`);
    });
  });
}
