// How soon what has ended is off, for others and for the one whose it is, and how soon a new worker shows what the one
// before has shown. Each measures once, in a room of its own, and gives times in ms.
import { until } from '../../../console/support/until.js';
import { DemoPage } from './demo_page.mjs';
import { LossyRelay } from './lossy_relay.mjs';
import { Watcher } from './watcher.mjs';

const kKind = 'multi';
const kRate = 15;
const kStillMs = 1500; // in which a picture would have come

const source = (number) => ({ source: number, frequency: 300 + 70 * number, rate: kRate });

/** When the last picture was shown. @param figures  of a phone, or of a page's player */
async function lastPicture(figures) {
  let last;
  await until('no picture comes any more', async () => {
    ({ last } = await figures());
    return Date.now() - last > kStillMs;
  });
  return last;
}

async function kicked(whole, room) {
  const [ann, bob] = [await whole.browser.open(), await whole.browser.open()];
  const [anns, bobs] = [`ann-${room}`, `bob-${room}`]; // a stream is named after its user
  await ann.publish('own', (await whole.sit(kKind, room, anns)).whipURL, source(1));
  await bob.publish('own', (await whole.sit(kKind, room, bobs)).whipURL, source(2));
  await ann.play('other', await whole.whep(kKind, room, anns, bobs));
  await bob.play('other', await whole.whep(kKind, room, bobs, anns));
  const phone = whole.listen(await whole.rtmp(kKind, room, bobs));
  const seen = { phone: async () => phone.figures(0), 'other browser': () => ann.figures('other'), 'who was kicked': () => bob.figures('other') };
  for (const [who, figures] of Object.entries(seen)) await whole.eventually(`pictures: ${who}`, async () => (await figures()).pictures > 0);
  const since = Date.now();
  await whole.kick(kKind, room, bobs);
  const times = {};
  for (const [who, figures] of Object.entries(seen)) times[who] = await lastPicture(figures) - since;
  await phone.stop();
  for (const tab of [ann, bob]) await tab.crash();
  return times;
}

/** @param end  ends the stream of a user, who has the room alone */
async function ended(whole, room, userID, end) {
  await whole.eventually('the stream is on air', async () => (await whole.members(kKind, room))[0].stream === 'STREAM_STATE_ON');
  const stream = new URL(await whole.rtmp(kKind, room, userID)).pathname.split('/').at(-1);
  const watcher = await Watcher.start(whole, kKind, room);
  const since = Date.now();
  await end();
  // The media server tells players at once that the stream is over, which ffmpeg leaves unheard.
  await whole.eventually('phones can play it no more', async () => !(stream in await whole.media.publishers()));
  const times = { phone: Date.now() - since };
  await whole.eventually('its end is told', () => watcher.endOf(userID, since));
  times['new client'] = watcher.endOf(userID, since) - since;
  watcher.stop();
  return times;
}

async function closed(whole) {
  const page = await DemoPage.enter(whole, 'Ann');
  await page.startCamera();
  const [{ userID }] = await whole.members(kKind, page.roomID);
  const times = await ended(whole, page.roomID, userID, () => page.close());
  await page.crash();
  return times;
}

/** @param begin  makes a tab @param end  ends it */
async function vanished(whole, room, begin, end) {
  const tab = await begin();
  await tab.publish('own', (await whole.sit(kKind, room, room)).whipURL, source(1));
  const times = await ended(whole, room, room, () => end(tab));
  return { tab, times };
}

async function cutOff(whole, room) {
  const relay = new LossyRelay({ up: 0, down: 0 });
  const { tab, times } = await vanished(whole, room, () => whole.browser.open(relay), () => { relay.isOpen = false; });
  await tab.crash();
  relay.end();
  return times;
}

async function stopped(whole, room) {
  let processes;
  const signal = (name) => processes.forEach((id) => process.kill(id, name));
  const { tab, times } = await vanished(whole, room, () => whole.browser.open(), async () => {
    processes = await whole.browser.renderers();
    signal('SIGSTOP');
  });
  signal('SIGCONT');
  await tab.crash();
  return times;
}

async function killed(whole) {
  const ann = await DemoPage.enter(whole, 'Ann');
  const bob = await DemoPage.enter(whole, 'Bob', ann.link);
  const phone = whole.push((await whole.sit(kKind, ann.roomID, 'cat')).pushURL, source(3));
  const all = [[ann, 'Bob'], [bob, 'Ann'], [ann, 'cat'], [bob, 'cat']];
  for (const page of [ann, bob]) await page.startCamera();
  const before = await Promise.all(all.map(([page, name]) => page.showsOther(name)));
  const since = Date.now();
  await whole.killWorker();
  const times = await Promise.all(all.map(async ([page, name], index) => (await page.showsOther(name, before[index].stream)).at - since));
  await phone.stop();
  for (const page of [ann, bob]) await page.crash();
  return { browsers: Math.max(...times.slice(0, 2)), phone: Math.max(...times.slice(2)) };
}

/** What is measured, and the longest time that it may take. */
export const kEnds = [
  { what: 'kicked', measure: kicked, mostMs: 2000 },
  { what: 'tab closed', measure: closed, mostMs: 2000 },
  { what: 'network gone', measure: cutOff, mostMs: 12_000 },
  { what: 'process stopped', measure: stopped, mostMs: 12_000 },
  { what: 'worker killed', measure: killed, mostMs: 5000 },
];
