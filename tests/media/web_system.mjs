// A browser and a phone in rooms of a service that runs already, with its media server and its workers:
// `web_system.mjs SERVER ADDRESS`, where ADDRESS is the one that browsers are told. It prints what came.
import assert from 'node:assert';
import { until } from '../console/support/until.js';
import { Browser } from './support/web/browser.mjs';
import { PlayingPhone, PushingPhone } from './support/web/phone.mjs';

const [server, address] = process.argv.slice(2);
const kSources = { ann: 1, cat: 3 };
const as = (name) => ({ source: kSources[name], frequency: 300 + 70 * kSources[name] });
const kPatienceMs = 240_000; // the machine may be busy

const eventually = (what, condition) => until(what, condition, kPatienceMs);

async function call(endpoint, body) {
  const headers = { 'Content-Type': 'application/json' };
  const reply = await (await fetch(`${server}/weapp/multi_room/${endpoint}`, { method: 'POST', headers, body: JSON.stringify({ roomID: 'faces', ...body }) })).json();
  assert.strictEqual(reply.code, 0, `${endpoint}: ${JSON.stringify(reply)}`);
  return reply;
}

/** Takes a seat. @returns where to publish from a browser and from a phone */
async function sit(userID) {
  const { pushURL, whipURL } = await call('get_whip_url', { userID });
  const profile = { userID, userName: userID, userAvatar: `${userID}.png`, pushURL };
  await call(userID === 'ann' ? 'create_room' : 'add_pusher', { ...profile, roomName: 'r' });
  return { pushURL, whipURL: new URL(whipURL, server).href };
}

const whep = async (userID, of) => new URL((await call('get_whep_url', { userID, of })).whepURL, server).href;

const browser = await Browser.start();
const phones = [];
try {
  const page = await browser.open();
  let reply;
  const isOpen = (what, open) => eventually(what, async () => (reply = await open()).status === 201);

  const { whipURL } = await sit('ann');
  await isOpen('ann publishes', () => page.publish('ann', whipURL, as('ann')));
  const candidates = reply.text.match(/^a=candidate:.*$/mg);
  console.log(`ann publishes to ${candidates[0]}`);
  assert(candidates.every((one) => one.includes(` ${address} 50`)), candidates.join('\n'));
  await sit('bob');
  phones.push(new PushingPhone((await sit('cat')).pushURL, as('cat')));
  for (const of of ['ann', 'cat']) {
    const url = await whep('bob', of);
    await isOpen(`bob plays ${of}`, () => page.play(`bob plays ${of}`, url));
    let told;
    await eventually(`pictures and tone of ${of}`, async () => {
      told = await page.figures(`bob plays ${of}`);
      return told.pictures >= 25 && Math.abs(told.loudest.frequency - as(of).frequency) < 15 && told.loudest.level > -50;
    }).catch((error) => { throw new Error(`${JSON.stringify(told)}\n${error.message}`); });
    assert.deepStrictEqual(told.sources, [kSources[of]]);
    console.log(`bob plays ${of}: ${JSON.stringify(told)}`);
  }
  const phone = new PlayingPhone((await call('get_pushers')).pushers.find(({ userID }) => userID === 'ann').accelerateURL);
  phones.push(phone);
  await eventually('the phone has pictures and tone of ann', () => phone.figures(0).pictures >= 25 && phone.levelOf(as('ann').frequency) > -30);
  console.log(`the phone plays ann: ${JSON.stringify(phone.figures(0))}`);

  // A peer whose certificate is not that of its offer gets no media, and none of it goes on.
  const { whipURL: eves } = await sit('eve');
  const ofEve = await whep('bob', 'eve');
  await isOpen('bob waits for eve', () => page.play('bob plays eve', ofEve));
  await isOpen('the forger has an answer', () => page.publish('forger', eves, { ...as('cat'), isForged: true }));
  const ofAnn = await whep('eve', 'ann');
  await isOpen('the spy has an answer', () => page.play('spy', ofAnn, { isForged: true }));
  for (const name of ['forger', 'spy']) await eventually(`${name} is ended`, async () => !await page.call(name, 'exists'));
  for (const name of ['spy', 'bob plays eve']) {
    const { packets } = await page.call(name, 'counts');
    console.log(`${name}: ${JSON.stringify(packets)} packets`);
    assert.deepStrictEqual(packets, { video: 0, audio: 0 });
  }
} finally {
  for (const phone of phones) await phone.stop();
  await browser.end();
}
