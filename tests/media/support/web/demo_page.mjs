// The page /demo/ of a server, used as people do: by what they click, and by what they see.

const kPatienceMs = 240_000;
export const kLookWidth = 160; // of the copy of a picture that a look gives

/** In the page: a tile's picture, its size, and the stream that it is of; nothing where there is none. */
function look([name, width]) {
  const tile = [...document.querySelectorAll('#members li')].find((each) => each.querySelector('b').textContent === name);
  const video = tile?.querySelector('video');
  if (!video?.srcObject || !video.videoWidth) return undefined;
  const height = width * 9 / 16;
  const context = new OffscreenCanvas(width, height).getContext('2d');
  context.drawImage(video, 0, 0, width, height);
  const { data } = context.getImageData(0, 0, width, height);
  return { stream: video.srcObject.id, size: `${video.videoWidth}x${video.videoHeight}`, light: [...data].filter((_, index) => index % 4 === 1) };
}

/** In the page: the stream of a tile, and when its first picture was shown, once it is another one than `before`. */
function firstPicture([name, before]) {
  const tile = [...document.querySelectorAll('#members li')].find((each) => each.querySelector('b').textContent === name);
  const video = tile?.querySelector('video');
  const isShown = video?.srcObject && video.srcObject.id !== before && video.videoWidth > 0 && video.getVideoPlaybackQuality().totalVideoFrames > 0;
  return isShown && { stream: video.srcObject.id, at: Date.now() };
}

export class DemoPage {
  /** Errors that nothing in the page has caught. */
  faults = [];

  constructor(page) {
    this.page = page;
    page.on('pageerror', ({ message }) => this.faults.push(message));
  }

  /** A user of its own enters a room. @param link  to it; none: a new one is made */
  static async enter(whole, name, link = undefined) {
    const page = await (await whole.browser.chromium.newContext({ locale: 'en-GB' })).newPage();
    const demo = new DemoPage(page);
    page.setDefaultTimeout(kPatienceMs);
    await page.goto(link ?? `${whole.server.host}/demo/`);
    await page.waitForSelector('#connection[data-state="connected"]');
    await page.fill('#name', name);
    if (!link) await page.check('[name=kind][value=multi]');
    await page.click(link ? '#accept' : '#create button');
    await page.waitForSelector('#room:not([hidden])');
    return demo;
  }

  get link() { return this.page.url(); }

  get roomID() { return decodeURIComponent(/#multi\/(.*)$/.exec(this.link)[1]); }

  async startCamera() {
    await this.page.click('#camera');
    await this.page.waitForSelector('#sound:not([hidden])');
  }

  tileOf(name) { return this.page.locator('#members li', { has: this.page.locator('b', { hasText: name }) }); }

  /** What the tile of a member shows. */
  look(name) { return this.page.evaluate(look, [name, kLookWidth]); }

  /** Waits for a picture of another stream than `before` in the tile of a member. */
  async showsOther(name, before = undefined) {
    return (await this.page.waitForFunction(firstPicture, [name, before])).jsonValue();
  }

  /** As a person closes a tab; the browser stays. */
  async close() { await this.page.close({ runBeforeUnload: true }); }

  /** Without a farewell. */
  async crash() { await this.page.context().close(); }
}
