// What is long by nature of browsers in rooms: `web_long.mjs [MINUTES [PART...]]`, with RTCROOMD in the environment. It
// prints figures, and fails when they are beyond their bounds, or sessions leave something behind.
import assert from 'node:assert';
import fs from 'node:fs';
import net from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { until } from '../console/support/until.js';
import { quantile } from './support/web/clock_cells.js';
import { kEnds } from './support/web/ends.mjs';
import { LossyRelay } from './support/web/lossy_relay.mjs';
import { kNoWorker, Whole } from './support/web/whole.mjs';

const kMinutes = Number(process.argv[2] ?? 10);
const kParts = process.argv.slice(3);
const kWindowMs = 30_000;
const kRoom = ['multi', 'call'];
const kMany = 20;
const kTimes = 10; // that each end, and each kind of join, is measured
// Bounds, on a machine that does little else; docs/benchmarks.md has what was measured.
const kMostSkewMs = 200;
// p50 and p95 of the milliseconds that pictures are late.
const kMostLate = { 'browser to browser': [150, 300], 'phone to browser': [250, 400], 'browser to phone': [300, 500] };
const kGroup = { pictures: 50, ms: 2000 }; // from one key frame of a phone to the next
const kJoins = { // milliseconds until a player has its first picture: the most for half of them; the others have twice as many
  'of a browser': 500, 'of a phone, again': 500, 'of a phone, as the first player': kGroup.ms + 500,
};
const kLosses = [ // share of packets lost, least pictures a second, p95
  [{ up: 0.1, down: 0 }, 15, 800],
  [{ up: 0.2, down: 0 }, 10, 800],
  [{ up: 0, down: 0.2 }, 10, 300],
];

if (kNoWorker) throw new Error(kNoWorker);
const whole = await Whole.start({ 'web.max_sessions_per_user': 64 });

const tell = (what, figures) => console.log(`${what}: ${JSON.stringify(figures)}`);
const ticksPerSecond = 100;

/** CPU seconds, MB of memory, threads and descriptors of the worker. */
function usage() {
  const folder = `/proc/${whole.worker.pid}`;
  const stat = fs.readFileSync(`${folder}/stat`, 'utf8').split(') ')[1].split(' ');
  const status = fs.readFileSync(`${folder}/status`, 'utf8');
  const value = (name) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)[1]);
  return { cpu: (Number(stat[11]) + Number(stat[12])) / ticksPerSecond, memory: value('VmRSS') / 1024, threads: value('Threads'),
    descriptors: fs.readdirSync(`${folder}/fd`).length };
}

/** Share of a core, while nothing changes. */
async function load(ms = 10_000) {
  const before = usage();
  await setTimeout(ms);
  const after = usage();
  return { ...after, cpu: `${((after.cpu - before.cpu) / ms * 100_000).toFixed(1)} %`, memory: Math.round(after.memory) };
}

const isOpen = async (opening) => assert.strictEqual((await opening).status, 201);
const member = (name, source) => ({ name, source, frequency: 300 + 70 * source });
const publish = async (page, { name, ...options }, room = kRoom) => isOpen(page.publish(name, (await whole.sit(...room, name)).whipURL, options));
const play = async (page, name, of, as = of) => isOpen(page.play(as, await whole.whep(...kRoom, name, of)));
const sessionsAre = (count) => until(`${count} sessions`, async () => await whole.metric('rtcroomd_web_sessions') === count);

async function delays() {
  const [ann, bob] = [await whole.browser.open(), await whole.browser.open()];
  await publish(ann, member('ann', 1));
  await publish(bob, member('bob', 2));
  whole.push((await whole.sit(...kRoom, 'cat')).pushURL, member('cat', 3));
  await play(bob, 'bob', 'ann');
  await play(bob, 'bob', 'cat');
  const phone = whole.listen(await whole.rtmp(...kRoom, 'ann'));
  await setTimeout(5000);
  const since = Date.now();
  await setTimeout(kWindowMs);
  const told = { 'browser to browser': await bob.figures('ann', since), 'phone to browser': await bob.figures('cat', since), 'browser to phone': phone.figures(since) };
  for (const [what, figures] of Object.entries(told)) tell(what, figures);
  await phone.stop();
  for (const [what, { skew, p50, p95 }] of Object.entries(told)) {
    const [most50, most95] = kMostLate[what];
    assert(Math.abs(skew) <= kMostSkewMs, `${what}: picture and sound are apart`);
    assert(p50 <= most50 && p95 <= most95, `${what}: more than ${most50} and ${most95} ms late`);
  }
  for (const tab of [ann, bob]) for (const name of tab === ann ? ['ann'] : ['bob', 'ann', 'cat']) await tab.call(name, 'remove');
  await sessionsAre(0);
  for (const tab of [ann, bob]) await tab.crash();
}

async function many() {
  const [sender, receiver] = [await whole.browser.open(), await whole.browser.open()];
  tell('no session', await load());
  await publish(sender, { ...member('one', 1), width: 640, height: 360 });
  await setTimeout(3000);
  tell('one publisher', await load());
  for (let index = 1; index < kMany; ++index) await play(receiver, 'one', 'one', `viewer ${index}`);
  await setTimeout(3000);
  tell(`and ${kMany - 1} players`, await load());
  await receiver.crash();
  await sender.crash();
  await sessionsAre(0);
}

async function loss() {
  for (const [lost, least, most95] of kLosses) {
    const relay = new LossyRelay(lost);
    const [ann, bob] = [await whole.browser.open(lost.up ? relay : undefined), await whole.browser.open(lost.down ? relay : undefined)];
    await publish(ann, member('ann', 1));
    await whole.sit(...kRoom, 'bob'); // who sends nothing that would keep the seat
    await play(bob, 'bob', 'ann');
    await setTimeout(5000);
    const since = Date.now();
    await setTimeout(kWindowMs);
    const figures = await bob.figures('ann', since);
    const perSecond = figures.pictures * 1000 / kWindowMs;
    tell(`lost ${JSON.stringify(lost)}`, { ...figures, perSecond: perSecond.toFixed(1), ...relay.counts });
    assert(perSecond >= least, `less than ${least} pictures a second`);
    assert(figures.p95 <= most95, `more than ${most95} ms late`);
    assert(Math.abs(figures.skew) <= kMostSkewMs, 'picture and sound are apart');
    await ann.call('ann', 'remove');
    await bob.call('ann', 'remove');
    await sessionsAre(0);
    relay.end();
    for (const tab of [ann, bob]) await tab.crash();
  }
}

/** Pictures come by the expected way, and go on after `also` has had the answers. */
async function throughNetwork(what, settings, expected, relay, also = () => {}) {
  const other = await Whole.start(settings);
  try {
    const [ann, bob] = [await other.browser.open(relay), await other.browser.open(relay)];
    await isOpen(ann.publish('ann', (await other.sit(...kRoom, 'ann')).whipURL, { ...member('ann', 1), rate: 15 }));
    await other.sit(...kRoom, 'bob');
    await isOpen(bob.play('ann', await other.whep(...kRoom, 'bob', 'ann')));
    await until(`${what}: pictures`, async () => (await bob.figures('ann')).pictures > 0);
    for (const tab of [ann, bob]) also(await tab.call('ann', 'answer'));
    const since = Date.now();
    const ways = [await ann.call('ann', 'way'), await bob.call('ann', 'way')];
    for (const way of ways) assert.match(way, expected);
    await until(`${what}: pictures go on`, async () => (await bob.figures('ann', since)).pictures >= 75);
    const { pictures, p50 } = await bob.figures('ann', since);
    tell(what, { ways, perSecond: (pictures * 1000 / (Date.now() - since)).toFixed(1), p50 });
  } catch (error) {
    throw new Error(`${what}: ${error.message}\n${other.output}`);
  } finally {
    await other.end();
  }
}

/** What scanners of ports send to each one that they find. */
function scan(sdp) {
  const [, host, port] = / TCP \d+ (\S+) (\d+) typ host tcptype passive/.exec(sdp);
  const socket = net.connect(Number(port), host, () => socket.write('GET / HTTP/1.1\r\n\r\n'));
  socket.on('error', () => {});
  socket.unref();
}

async function networks() {
  const withoutUdp = { relayed: (sdp) => sdp.replaceAll(/a=candidate:\S+ \d+ UDP .*\r\n/gi, '') };
  await throughNetwork('TCP', { 'web.tcp': true }, /^\w+ tcp 127\.0\.0\.1:/, withoutUdp, scan);
  await throughNetwork('IPv6', { 'web.addresses': ['::1'] }, /^\w+ udp ::1:/);
  const router = new LossyRelay({ up: 0, down: 0 }, '127.0.0.1');
  await throughNetwork('NAT', { 'web.public_address': '127.9.9.9' }, /^\w+ udp 127\.9\.9\.9:/, router);
  router.end();
}

async function ends() {
  const other = await Whole.start({ 'channel.enabled': true, 'auth.interop': 'shared' }, '--dev');
  try {
    for (const { what, measure, mostMs } of kEnds) {
      const all = {};
      for (let round = 0; round < kTimes; ++round) {
        const times = await measure(other, `${measure.name}-${round}`);
        for (const [whose, ms] of Object.entries(times)) (all[whose] ??= []).push(ms);
      }
      for (const [whose, times] of Object.entries(all)) {
        tell(`${what}, ${whose}, ${kTimes} times, ms`, { least: Math.min(...times), middle: quantile(times, 0.5), most: Math.max(...times) });
      }
      for (const [whose, times] of Object.entries(all)) assert(Math.max(...times) <= mostMs, `${what}, ${whose}: more than ${mostMs} ms`);
    }
  } catch (error) {
    throw new Error(`${error.message}\n${other.output}`);
  } finally {
    await other.end();
  }
}

/** Players that come, each until its first picture is shown. */
async function joins() {
  const [ann, bob] = [await whole.browser.open(), await whole.browser.open()];
  const times = Object.fromEntries(Object.keys(kJoins).map((what) => [what, []]));
  const join = async (what, room, of) => {
    await whole.sit(...room, 'bob'); // who sends nothing that would keep the seat
    await isOpen(bob.play('join', await whole.whep(...room, 'bob', of)));
    let first;
    await until('the first picture', async () => (first = (await bob.figures('join')).first) !== undefined);
    times[what].push(Math.round(first));
    assert.strictEqual(await bob.call('join', 'remove'), 200);
  };
  await publish(ann, member('ann', 1));
  for (let round = 0; round < kTimes; ++round) {
    await join('of a browser', kRoom, 'ann');
    const [room, name] = [['multi', `join-${round}`], `dan-${round}`]; // nobody in the room has had a session, so nothing was pulled
    const phone = whole.push((await whole.sit(...room, name)).pushURL, { ...member(name, 4), video: ['-g', String(kGroup.pictures)] });
    await until('the phone is on air', async () => (await whole.members(...room))[0].stream === 'STREAM_STATE_ON');
    await join('of a phone, as the first player', room, name);
    await join('of a phone, again', room, name);
    await phone.stop();
  }
  for (const tab of [ann, bob]) await tab.crash();
  await sessionsAre(0);
  for (const [what, all] of Object.entries(times)) tell(`the first picture ${what}, ms`, { p50: quantile(all, 0.5), p95: quantile(all, 0.95), all });
  for (const [what, all] of Object.entries(times)) {
    const most = kJoins[what];
    assert(quantile(all, 0.5) <= most && quantile(all, 0.95) <= 2 * most, `the first picture ${what}: after more than ${most} and ${2 * most} ms`);
  }
}

/** Sessions that come and go, some of them without a farewell. */
async function comeAndGo() {
  const deadline = Date.now() + kMinutes * 60_000;
  const first = await whole.browser.open();
  const seen = [];
  let rounds = 0;
  // The stream of a phone runs all the time; a pull of it may stay for a while.
  whole.push((await whole.sit(...kRoom, 'cat')).pushURL, member('cat', 3));
  do {
    const tab = await whole.browser.open();
    await whole.sit(...kRoom, 'bob'); // who sends nothing that would keep the seat
    await publish(first, member('ann', 1));
    await play(tab, 'bob', 'ann');
    await play(tab, 'bob', 'cat');
    await until('pictures', async () => (await tab.figures('ann')).pictures >= 10 && (await tab.figures('cat')).pictures >= 10);
    if (++rounds % 4 !== 0) for (const name of ['ann', 'cat']) await tab.call(name, 'remove');
    await tab.crash();
    await first.call('ann', 'remove');
    await sessionsAre(0);
    seen.push(usage());
    if (rounds % 20 === 0) tell(`after ${rounds} rounds`, seen.at(-1));
  } while (Date.now() < deadline);
  const quarter = Math.max(1, Math.floor(seen.length / 4));
  const mean = (some) => some.reduce((sum, { memory }) => sum + memory, 0) / some.length;
  const [early, late] = [mean(seen.slice(quarter, 2 * quarter)), mean(seen.slice(-quarter))];
  tell('sessions came and went', { rounds, memory: [early, late], descriptors: [seen[0].descriptors, seen.at(-1).descriptors] });
  assert(late <= early * 1.05 + 2, 'memory has grown');
  const least = (some) => Math.min(...some.map(({ descriptors }) => descriptors));
  assert(least(seen.slice(-quarter)) <= least(seen.slice(0, quarter)), 'descriptors are left');
}

try {
  for (const part of [delays, many, loss, joins, networks, ends, comeAndGo].filter(({ name }) => kParts.length === 0 || kParts.includes(name))) {
    console.log(`== ${part.name}`);
    await part();
  }
} catch (error) {
  console.error(whole.output);
  throw error;
} finally {
  await whole.end();
}
