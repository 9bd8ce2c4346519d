// The page /demo/ as people use it, with all that takes part: the server that serves it, its worker, nginx, two Chromiums
// with cameras, and ffmpeg in a phone's place.
import assert from 'node:assert';
import { after, before, describe, it } from 'node:test';
import { bitsIn, readBits } from './support/web/clock_cells.js';
import { DemoPage, kLookWidth } from './support/web/demo_page.mjs';
import { kNoWorker, Whole } from './support/web/whole.mjs';

const kSource = 3; // of the phone's pictures
const kDifferent = 4; // pictures that show that they move

describe('The page with cameras, its worker and a phone', { skip: kNoWorker }, () => {
  /** @type {Whole} */
  let whole;
  let ann; // pages
  let bob;
  const shown = new Map(); // the newest stream of each member that a page shows

  const eventually = (what, condition) => whole.eventually(what, condition);
  const seats = async () => (await whole.members('multi', ann.roomID)).map(({ userID }) => userID);
  const sourceOf = ({ light }) => readBits(bitsIn(kLookWidth, (x, y) => light[y * kLookWidth + x]), Date.now())?.source;

  before(async () => { whole = await Whole.start({ 'channel.enabled': true, 'auth.interop': 'shared' }, '--dev'); });
  after(async () => whole?.end());

  /** Pictures that move, in a tile. @param isNew  of another stream than before */
  async function shows(page, name, isNew = false) {
    const key = `${page === ann ? 'Ann' : 'Bob'} sees ${name}`;
    const different = new Set();
    let picture;
    await eventually(`${key}: pictures that move`, async () => {
      picture = await page.look(name);
      if (picture && !(isNew && picture.stream === shown.get(key))) different.add(picture.light.join());
      return different.size >= kDifferent;
    });
    shown.set(key, picture.stream);
    return picture;
  }

  const onesAndOthers = () => [[ann, 'Bob'], [ann, 'cat'], [bob, 'Ann'], [bob, 'cat']];

  it('shows each of them to the others', async () => {
    ann = await DemoPage.enter(whole, 'Ann');
    bob = await DemoPage.enter(whole, 'Bob', ann.link);
    whole.push((await whole.sit('multi', ann.roomID, 'cat')).pushURL, { source: kSource, frequency: 880 });
    await ann.startCamera();
    await bob.startCamera();
    for (const [page, name] of onesAndOthers()) {
      const picture = await shows(page, name);
      assert.strictEqual(picture.size, name === 'cat' ? '320x180' : '640x360');
      if (name === 'cat') assert.strictEqual(sourceOf(picture), kSource);
    }
    const phone = whole.listen(await whole.rtmp('multi', ann.roomID, (await seats())[0]));
    await eventually('the phone has pictures of Ann', () => phone.shownSince(0) > 5);
    await phone.stop();
  });

  it('shows them again after the worker has been killed, with nobody clicking, and keeps the seats', async () => {
    const before_ = await seats();
    await whole.killWorker();
    for (const [page, name] of onesAndOthers()) await shows(page, name, true);
    assert.deepStrictEqual(await seats(), before_);
    await eventually('all are on air', async () =>
      (await whole.members('multi', ann.roomID)).every(({ stream }) => stream === 'STREAM_STATE_ON'));
  });

  it('shows nobody whose tab is closed', async () => {
    const [anns, , phones] = await seats();
    await bob.close();
    await ann.tileOf('Bob').waitFor({ state: 'detached' });
    assert.deepStrictEqual(await seats(), [anns, phones]);
    await eventually('the sessions of the tab have ended', async () => await whole.metric('rtcroomd_web_sessions') === 2);
    await shows(ann, 'cat');
    for (const { faults } of [ann, bob]) assert.deepStrictEqual(faults, []);
  });
});
