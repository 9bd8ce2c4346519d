// Cameras of clients/web-example in Chromium, against the server that serves it, and a stand-in of its sessions for
// browsers.
import assert from 'node:assert';
import { after, afterEach, before, describe, it } from 'node:test';
import { kTexts } from '../../clients/web-example/texts.js';
import { expectAccessible } from '../console/support/axe.js';
import { keepPicture, openBrowser } from '../console/support/browser.js';
import { startBrowser } from '../console/support/chromium.js';
import { kNoServer, Server } from '../console/support/server.js';
import { until } from '../console/support/until.js';
import { kForClients } from './support/settings.js';
import { WebWorker } from './support/web_worker.js';

const kInEnglish = { locale: 'en-GB' };

describe('The page with cameras', { skip: kNoServer }, () => {
  let server;
  let demo; // its address
  const opened = [];

  before(async () => {
    server = new Server(kForClients, '--dev');
    await server.start();
    await until('it has printed its addresses', () => /Console: /.test(server.output));
    [, demo] = /^Demo.*: (\S+)$/m.exec(server.output);
  });
  afterEach(async () => {
    const browsers = opened.splice(0);
    await Promise.all(browsers.map(({ close }) => close()));
    assert.deepStrictEqual(browsers.flatMap(({ faults }) => faults), []);
  });
  after(() => server.end());

  /** A browser of its own, with a worker, and the page in it. */
  async function browse(options, prepare, chromium) {
    const browser = await openBrowser([server.host, new URL(demo).origin], { ...kInEnglish, ...options }, chromium);
    opened.push(browser);
    const context = browser.page.context();
    const worker = await WebWorker.start(context, server);
    if (prepare) await context.addInitScript(prepare);
    await browser.page.goto(demo);
    await browser.page.waitForSelector('#connection[data-state="connected"]');
    return { page: browser.page, worker };
  }

  async function enter(page, name, link) {
    if (link) {
      await page.goto(link);
      await page.waitForSelector('#accept:not([hidden])');
    }
    await page.fill('#name', name);
    await page.click(link ? '#accept' : '#create button');
    await page.waitForSelector('#room:not([hidden])');
  }

  /** In the page: keeps the tracks that it has ever had. */
  function keepTracks() {
    if (!navigator.mediaDevices) return; // of the empty page before it
    const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    globalThis.tracks = [];
    navigator.mediaDevices.getUserMedia = async (wanted) => {
      const stream = await open(wanted);
      globalThis.tracks.push(...stream.getTracks());
      return stream;
    };
  }

  /** Those of a kind: state and device. */
  const tracksOf = (page, kind) => page.evaluate((wanted) => globalThis.tracks.filter((track) => track.kind === wanted)
    .map((track) => [track.readyState, track.getSettings().deviceId]), kind);

  /** Two in a call, in two windows of a browser. */
  async function call(prepare, chromium) {
    const { page: alice, worker } = await browse({}, prepare, chromium);
    await enter(alice, 'Alice');
    const bob = await alice.context().newPage();
    await enter(bob, 'Bob', alice.url());
    return { alice, bob, worker };
  }

  const shows = (page, selector, text) => page.locator(selector, { hasText: text }).waitFor();
  const pictures = (page, name) => page.locator('#members li', { hasText: name }).locator('video')
    .evaluateAll(([video]) => video?.getVideoPlaybackQuality().totalVideoFrames ?? 0);
  const seePictures = async (page, name) => {
    const before = await pictures(page, name);
    await until(`pictures of ${name}`, async () => await pictures(page, name) > before + 3);
  };

  it('shows two in a call to each other, who speaks, and how good it is', async () => {
    const { alice, bob } = await call();
    for (const page of [alice, bob]) await page.click('#camera');
    for (const page of [alice, bob]) for (const name of ['Alice', 'Bob']) await seePictures(page, name);
    await alice.waitForSelector('#members li:nth-child(2)[data-speaking="true"]'); // the made up sound beeps
    await alice.waitForSelector('#members li:nth-child(2) .quality[data-quality]');
    assert.strictEqual(await alice.locator('#members video.mirrored').count(), 1);
    const muted = await alice.locator('#members video').evaluateAll((all) => all.map((video) => video.muted));
    assert.deepStrictEqual(muted, [true, false]);
    const isOver = await alice.locator('#members li:nth-child(2) > p b').evaluate((name) => {
      const { x, y, width, height } = name.getBoundingClientRect();
      name.closest('p').style.pointerEvents = 'auto';
      return name.contains(document.elementFromPoint(x + width / 2, y + height / 2));
    });
    assert.ok(isOver);
    for (const colorScheme of ['light', 'dark']) {
      await alice.emulateMedia({ colorScheme });
      await expectAccessible(alice);
      await keepPicture(alice, `camera-${colorScheme}`);
    }
  });

  it('mutes, hides, shares the screen, and switches off', async () => {
    const { alice, bob } = await call();
    await alice.click('#camera');
    await seePictures(bob, 'Alice');
    const inTile = (selector) => bob.locator('#members li', { hasText: 'Alice' }).locator(selector);
    const brightness = () => inTile('video').evaluate((video) => {
      const canvas = new OffscreenCanvas(8, 8).getContext('2d');
      canvas.drawImage(video, 0, 0, 8, 8);
      return canvas.getImageData(0, 0, 8, 8).data.reduce((sum, value, at) => (at % 4 === 3 ? sum : sum + value), 0);
    });
    await alice.click('#picture');
    await until('black pictures', async () => await brightness() < 1000);
    await shows(alice, '#picture', kTexts.en['camera.show']);
    await alice.click('#picture');
    await until('pictures again', async () => await brightness() > 5000);
    const width = () => inTile('video').evaluate(({ videoWidth }) => videoWidth);
    const ofCamera = await width();
    await alice.click('#screen');
    await shows(alice, '#screen', kTexts.en['camera.endScreen']);
    await until('the screen is shown', async () => await width() !== ofCamera);
    await alice.click('#screen');
    await until('the camera is shown', async () => await width() === ofCamera);
    await alice.click('#sound');
    await shows(alice, '#sound', kTexts.en['camera.unmute']);
    await alice.click('#camera');
    await shows(bob, '#members li:nth-child(1) .player p', kTexts.en['stream.none']);
    assert.strictEqual(await inTile('video').evaluate(({ srcObject }) => srcObject), null);
  });

  it('sends from another camera and another microphone once they are chosen, and no more from those before', async () => {
    // The second one makes pictures of depth, which no page shows.
    const chromium = await startBrowser('--use-fake-device-for-media-stream=device-count=3,fps=5');
    try {
      const { alice, bob } = await call(keepTracks, chromium);
      await alice.click('#camera');
      await seePictures(bob, 'Alice');
      for (const [kind, id] of [['video', 'cameras'], ['audio', 'microphones']]) {
        const select = alice.locator(`#${id}`);
        const devices = await select.locator('option').evaluateAll((all) => all.map(({ value }) => value));
        const another = devices.at(-1);
        assert.deepStrictEqual([await tracksOf(alice, kind), await select.inputValue()], [[['live', devices[0]]], devices[0]]);
        await select.selectOption(another);
        await until(`the other of ${id}`, async () => (await tracksOf(alice, kind)).length === 2);
        assert.deepStrictEqual(await tracksOf(alice, kind), [['ended', devices[0]], ['live', another]]);
        await seePictures(bob, 'Alice');
      }
      const own = alice.locator('#members video.mirrored');
      assert.deepStrictEqual(await own.evaluate(({ srcObject }) => srcObject.getTracks()[0].getSettings().deviceId), await alice.inputValue('#cameras'));
      await bob.waitForSelector('#members li:nth-child(1)[data-speaking="true"]');
    } finally {
      await Promise.all(opened.map(({ close }) => close()));
      await chromium.close();
    }
  });

  it('keeps the camera when another one does not open, and closes it first only where one is open at a time', async () => {
    /** In the page: `refuses` names the error with which a device does not open, given whether a camera is open. */
    const prepare = () => {
      if (!navigator.mediaDevices) return;
      const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      globalThis.refuses = () => '';
      navigator.mediaDevices.getUserMedia = async (wanted) => {
        const isOpen = (globalThis.tracks ?? []).some(({ kind, readyState }) => kind === 'video' && readyState === 'live');
        const name = globalThis.refuses(wanted.video?.deviceId?.exact, isOpen);
        if (name) throw new DOMException('', name);
        return open(wanted);
      };
    };
    const chromium = await startBrowser('--use-fake-device-for-media-stream=device-count=3,fps=5');
    try {
      const { alice, bob } = await call(prepare, chromium);
      await alice.evaluate(keepTracks);
      await alice.click('#camera');
      await seePictures(bob, 'Alice');
      const select = alice.locator('#cameras');
      const [first, , another] = await select.locator('option').evaluateAll((all) => all.map(({ value }) => value));
      const isTold = (name) => shows(alice, '#notice', kTexts.en[`error.${name}`]);
      const videos = () => tracksOf(alice, 'video');

      await alice.evaluate(() => { globalThis.refuses = (id) => (id ? 'NotFoundError' : ''); });
      await select.selectOption(another);
      await isTold('NotFoundError');
      assert.deepStrictEqual([await videos(), await select.inputValue()], [[['live', first]], first]);

      await alice.evaluate((lost) => { globalThis.refuses = (id) => (id === lost ? 'NotReadableError' : ''); }, another);
      await select.selectOption(another);
      await isTold('NotReadableError');
      assert.deepStrictEqual([await videos(), await select.inputValue()], [[['ended', first], ['live', first]], first]);
      await seePictures(bob, 'Alice');

      await alice.evaluate(() => { globalThis.refuses = (id, isOpen) => (isOpen ? 'NotReadableError' : ''); });
      await select.selectOption(another);
      await until('the other camera', async () => (await videos()).length === 3);
      assert.deepStrictEqual([(await videos()).slice(1), await select.inputValue()], [[['ended', first], ['live', another]], another]);
      await seePictures(bob, 'Alice');
    } finally {
      await Promise.all(opened.map(({ close }) => close()));
      await chromium.close();
    }
  });

  it('sends on after a reload, and after the sessions of the server have ended', async () => {
    const { alice, bob, worker } = await call();
    await alice.click('#camera');
    await seePictures(bob, 'Alice');
    await alice.reload();
    await seePictures(alice, 'Alice');
    await seePictures(bob, 'Alice');
    const before = worker.offers.length;
    await worker.call('removeAll');
    await until('both return', () => worker.offers.slice(before).some(({ isPublished }) => isPublished)
      && worker.offers.slice(before).some(({ isPublished }) => !isPublished));
    await seePictures(bob, 'Alice');
    await bob.click('#leave');
    await alice.click('#leave');
    await until('nothing is left', async () => await worker.call('count') === 0);
  });

  it('offers H.264 first and no candidates', async () => {
    const { page, worker } = await browse();
    await enter(page, 'Alice');
    await page.click('#camera');
    await until('an offer', () => worker.offers.length);
    const [{ sdp }] = worker.offers;
    const [, first] = /^m=video \d+ \S+ (\d+)/m.exec(sdp);
    assert.match(sdp, new RegExp(`^a=rtpmap:${first} H264/90000`, 'm'));
    assert.match(sdp, new RegExp(`^a=fmtp:${first} .*packetization-mode=1.*profile-level-id=42e0`, 'm'));
    assert.doesNotMatch(sdp, /VP8|VP9|AV1|^a=candidate/m);
  });

  for (const [name, prepare] of Object.entries({
    NotAllowedError: () => { navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', 'NotAllowedError'); }; },
    NotFoundError: () => { navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', 'NotFoundError'); }; },
    SecurityError: () => Object.defineProperty(navigator, 'mediaDevices', { value: undefined }),
    NO_H264: () => { RTCRtpSender.getCapabilities = () => ({ codecs: [{ mimeType: 'video/VP8' }] }); },
  })) {
    it(`says in words what keeps the camera off: ${name}`, async () => {
      const { page } = await browse({}, prepare);
      await enter(page, 'Alice');
      await page.click('#camera');
      await shows(page, '#notice', kTexts.en[`error.${name}`]);
      await shows(page, '#camera', kTexts.en['camera.start']);
    });
  }

  it('says in words that the network is closed', async () => {
    const { page, worker } = await browse();
    worker.isDeaf = true;
    await enter(page, 'Alice');
    await page.click('#camera');
    await shows(page, '#notice', kTexts.en['error.NO_ROUTE']);
    worker.isDeaf = false;
    await page.locator('#notice').waitFor({ state: 'hidden' });
  });

  it('plays HLS while the network is closed, and goes back to pictures without delay once it is open', async () => {
    const { page: alice, worker } = await browse();
    await enter(alice, 'Alice');
    await alice.click('#camera');
    await until('an offer', () => worker.offers.length);
    worker.isDeaf = true;
    const bob = await alice.context().newPage();
    await bob.clock.install();
    const playlist = `${server.host}/hls/{stream}.m3u8`;
    await bob.route('**/settings.json', async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, json: { ...await response.json(), playlist } });
    });
    await bob.route('**/*.m3u8*', (route) => route.fulfill({ contentType: 'application/vnd.apple.mpegurl', body: '#EXTM3U\n' }));
    await enter(bob, 'Bob', alice.url());
    await shows(bob, '#notice', kTexts.en['error.NO_ROUTE']);
    const video = bob.locator('#members li', { hasText: 'Alice' }).locator('video');
    assert.match(await video.getAttribute('src'), /\/hls\/.*\.m3u8/);
    const sessions = () => worker.call('count');
    assert.strictEqual(await sessions(), 1);
    await bob.clock.fastForward(60_000);
    await until('another trial', async () => await sessions() === 2);
    await until('it has failed', async () => await sessions() === 1);
    assert.match(await video.getAttribute('src'), /m3u8/);
    worker.isDeaf = false;
    await bob.clock.fastForward(60_000);
    await seePictures(bob, 'Alice');
    assert.strictEqual(await video.getAttribute('src'), null);
  });

  it('has no camera where the server has no sessions for browsers', async () => {
    const { page, worker } = await browse();
    worker.isThere = false;
    await page.reload();
    await enter(page, 'Alice');
    await page.locator('#members b', { hasText: 'Alice' }).waitFor();
    assert.strictEqual(await page.locator('#devices').isVisible(), false);
  });
});
