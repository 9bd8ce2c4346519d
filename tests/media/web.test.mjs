// Browsers in rooms, with all that takes part: rtcroomd and its workers, nginx, Chromium, and ffmpeg in a phone's place.
import assert from 'node:assert';
import fs from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { after, before, describe, it } from 'node:test';
import { run } from './support/processes.mjs';
import { LossyRelay } from './support/web/lossy_relay.mjs';
import { Stranger } from './support/web/stranger.mjs';
import { kNoWorker, Whole } from './support/web/whole.mjs';

const kTones = { ann: 440, bob: 660, cat: 880 };
const kSources = { ann: 1, bob: 2, cat: 3, screen: 4 };
// The processor encodes and decodes each picture, so they are few and small: an overloaded machine never catches up.
const kPictures = { width: 320, height: 180, rate: 10 };
const as = (name) => ({ source: kSources[name], frequency: kTones[name], ...kPictures });
const kGoodSkewMs = 200;
const kLongestGapMs = 5000; // between pictures while the worker has much else to do; some hundred on a machine of its own
const kLongestRefusal = 48; // of a check, which has more bytes itself
const kOffer = fs.readFileSync(new URL('../deploy/offer.sdp', import.meta.url), 'utf8'); // of a browser that never comes
const kUfrag = /^a=ice-ufrag:(\S+)/m.exec(kOffer)[1];

describe('Browsers in rooms', { skip: kNoWorker }, () => {
  /** @type {Whole} */
  let whole;
  let ann; // pages
  let bob;

  before(async () => {
    whole = await Whole.start({ 'web.max_transcodes': 1 });
    [ann, bob] = [await whole.browser.open(), await whole.browser.open()];
  });
  after(async () => whole?.end());

  const eventually = (what, condition) => whole.eventually(what, condition);

  const publish = async (page, kind, roomID, name, options = {}) => {
    const { whipURL } = await whole.sit(kind, roomID, name);
    await eventually(`${name} publishes`, async () => (await page.publish(name, whipURL, { ...as(name), ...options })).status === 201);
    return whipURL;
  };
  const play = async (page, kind, roomID, name, of, options = {}) => {
    const url = await whole.whep(kind, roomID, name, of);
    await eventually(`${name} plays ${of}`, async () => (await page.play(`${name} plays ${of}`, url, options)).status === 201);
    return url;
  };

  /** Pictures of a member, and no other, come for a while, and its tone, at most a bit before or after them. */
  async function seesAndHears(page, session, of) {
    let [since, told] = [Date.now()];
    await eventually(`${session}: pictures and tone of ${of}, together`, async () => {
      const { pictures, sources, loudest, skew } = told = await page.figures(session, since);
      const isGood = pictures >= 25 && sources.length === 1 && sources[0] === kSources[of] && Math.abs(loudest.frequency - kTones[of]) < 15
        && loudest.level > -50 && Math.abs(skew) <= kGoodSkewMs;
      // A busy machine has other moments.
      if (!isGood && Date.now() - since > 12_000) since = Date.now();
      return isGood;
    }).catch((error) => { throw new Error(`${JSON.stringify(told)}\n${error.message}`); });
    return told;
  }

  /** Pictures go on from now. */
  const goesOn = async (page, session) => {
    const since = Date.now();
    await eventually(`${session}: pictures`, async () => (await page.figures(session, since)).pictures >= 10);
  };

  /** A player's session has ended: its address is unknown, and nothing comes. */
  async function isDead(page, session) {
    await eventually(`${session} has ended`, async () => !await page.call(session, 'exists'));
    let packets;
    await eventually(`${session}: no packets`, async () => {
      const [before_, now] = [packets, JSON.stringify((await page.call(session, 'counts')).packets)];
      packets = now;
      await setTimeout(300); // in which 4 pictures would come
      return before_ === now;
    });
  }

  it('see and hear each other and a phone, and the phone them', async (test) => {
    const [kind, roomID] = ['multi', 'call'];
    await publish(ann, kind, roomID, 'ann');
    await publish(bob, kind, roomID, 'bob');
    const { pushURL } = await whole.sit(kind, roomID, 'cat');
    whole.push(pushURL, as('cat'));
    for (const [page, name, of] of [[ann, 'ann', 'bob'], [bob, 'bob', 'ann'], [ann, 'ann', 'cat'], [bob, 'bob', 'cat']]) {
      await play(page, kind, roomID, name, of);
    }
    const phones = Object.fromEntries(await Promise.all(['ann', 'bob'].map(async (of) => [of, whole.listen(await whole.rtmp(kind, roomID, of))])));
    for (const [page, name, of] of [[ann, 'ann', 'bob'], [bob, 'bob', 'ann'], [ann, 'ann', 'cat'], [bob, 'bob', 'cat']]) {
      test.diagnostic(`${name} plays ${of}: ${JSON.stringify(await seesAndHears(page, `${name} plays ${of}`, of))}`);
    }
    for (const of of ['ann', 'bob']) {
      const other = of === 'ann' ? 'bob' : 'ann';
      await eventually(`the phone sees and hears ${of}`, () => {
        const { pictures, sources, skew } = phones[of].figures(Date.now() - 8000);
        return pictures >= 50 && sources.length === 1 && sources[0] === kSources[of] && Math.abs(skew) <= kGoodSkewMs
          && phones[of].levelOf(kTones[of]) > -30 && phones[of].levelOf(kTones[other]) < -40;
      });
      test.diagnostic(`the phone plays ${of}: ${JSON.stringify(phones[of].figures(Date.now() - 8000))}`);
      await phones[of].stop();
    }
    assert.deepStrictEqual((await whole.members(kind, roomID)).map(({ userID }) => userID), ['ann', 'bob', 'cat']);
    await eventually('their streams are on air', async () =>
      (await whole.members(kind, roomID)).every(({ stream }) => stream === 'STREAM_STATE_ON'));
  });

  it('are black and silent while they are muted, and stay on air', async () => {
    await ann.call('ann', 'mute', true);
    await eventually('silence', async () => (await bob.figures('bob plays ann', Date.now())).loudest.level < -80);
    const since = Date.now();
    await eventually('black pictures', async () => {
      const { pictures, damaged } = await bob.figures('bob plays ann', since);
      return pictures === 0 && damaged >= 10;
    });
    await ann.call('ann', 'mute', false);
    await seesAndHears(bob, 'bob plays ann', 'ann');
  });

  it('share their screen in the place of the camera, and its sound goes on', async () => {
    const phone = whole.listen(await whole.rtmp('multi', 'call', 'ann'));
    await eventually('the phone has pictures', () => phone.figures(0).pictures > 0);
    await ann.call('ann', 'share', { ...kPictures, source: kSources.screen, width: 480, height: 270 });
    const since = Date.now();
    await eventually('bob sees the screen, and hears ann', async () => {
      const { sources, sizes, loudest } = await bob.figures('bob plays ann', Math.max(since, Date.now() - 2000));
      return sources.join() === String(kSources.screen) && sizes.length === 1 && Math.abs(loudest.frequency - kTones.ann) < 15 && loudest.level > -50;
    });
    await eventually('the phone sees it', () => phone.figures(Date.now() - 2000).sources.join() === String(kSources.screen));
    await phone.stop();
    await ann.call('ann', 'share');
    await seesAndHears(bob, 'bob plays ann', 'ann');
  });

  it('do not get in with another signature', async () => {
    const before_ = await whole.metric('rtcroomd_web_sessions');
    const [{ whipURL }, whepURL] = [await whole.sit('multi', 'call', 'ann'), await whole.whep('multi', 'call', 'ann', 'bob')];
    const otherSecret = (url) => url.replace(/(txSecret=)(.)/, (all, start, digit) => start + (digit === '0' ? '1' : '0'));
    const ended = (url) => url.replace(/txTime=\w+/, 'txTime=5F000000');
    const otherStream = (url) => url.replace(/(whip|whep)\/[^?]*/, '$1/other');
    const forgeries = [otherSecret, ended, otherStream];
    for (const forge of forgeries) {
      assert.notStrictEqual(forge(whipURL), whipURL);
      assert.strictEqual((await ann.publish('forged', forge(whipURL), as('ann'))).status, 403);
      assert.strictEqual((await ann.play('forged', forge(whepURL))).status, 403);
    }
    assert.strictEqual(await whole.metric('rtcroomd_web_sessions'), before_);
  });

  it('go on beside offers that are no offers, beside peers that never come, and beside strangers at their ports', async (test) => {
    const without = (name) => kOffer.replaceAll(new RegExp(`^a=${name}.*\\r?\\n`, 'gm'), '');
    const broken = ['v=0', kOffer.slice(0, kOffer.length / 2), without('ice-ufrag'), without('ice-'), without('fingerprint'), without('mid'),
      kOffer.replaceAll('sha-256', 'sha-1'), kOffer.replaceAll('UDP/TLS/RTP/SAVPF', 'RTP/AVP'), `${kOffer}a=\0\r\n`, `${kOffer}${'a=x\r\n'.repeat(4000)}`,
      'm=video 9 UDP/TLS/RTP/SAVPF 102\r\n'.repeat(800)];
    const post = async (url, body) => {
      const reply = await fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/sdp' }, body });
      return { status: reply.status, text: await reply.text() };
    };
    const statuses = (replies) => [...new Set(replies.map(({ status }) => status))];
    const everybody = ['eve', 'mallory', 'trudy'];
    const [kind, roomID] = ['multi', 'hostile'];
    const whips = [];
    for (const name of everybody) whips.push((await whole.sit(kind, roomID, name)).whipURL);
    const whep = await whole.whep(kind, roomID, 'eve', 'trudy');
    const worker = whole.worker.pid;
    const neverCame = () => whole.metric('rtcroomd_web_ended_total{reason="never_connected"}');
    const before_ = await neverCame();
    const since = Date.now();
    const refusals = await Promise.all(whips.flatMap((url) => broken.map((offer) => post(url, offer))));
    assert.deepStrictEqual(statuses(refusals), [400]);
    const plays = Array.from({ length: 8 }, () => kOffer.replaceAll('a=sendonly', 'a=recvonly'));
    const answers = await Promise.all([...whips.map((url) => post(url, kOffer)), ...plays.map((offer) => post(whep, offer))]);
    assert.deepStrictEqual(statuses(answers), [201]);
    const others = [await bob.call('bob plays ann', 'answer'), await ann.call('ann', 'answer')].map((sdp) => new Stranger(sdp));
    answers.push(await post(whep, plays[0]));
    const knocks = async (stranger) => {
      for (let round = 0; round < 100; ++round) stranger.babble();
      await eventually('a check without the password is refused', () => {
        stranger.check(kUfrag);
        stranger.check(kUfrag, 'a password of 22 letters');
        return stranger.received.length >= 2;
      });
      assert(!stranger.isIn);
      assert(stranger.received.every(({ length }) => length <= kLongestRefusal), 'a reply is longer than what asks for it');
    };
    const caller = new Stranger(answers.at(-1).text);
    await knocks(caller);
    await eventually('a check with the password is answered', () => {
      caller.check(kUfrag, caller.password); // and what should follow, DTLS, never does
      return caller.isIn;
    });
    for (const stranger of others) await knocks(stranger);
    await eventually('their sessions have ended', async () => await neverCame() === before_ + answers.length);
    await goesOn(bob, 'bob plays ann');
    await goesOn(ann, 'ann plays cat');
    const gaps = [(await bob.figures('bob plays ann', since)).longestGap, (await ann.figures('ann plays cat', since)).longestGap];
    test.diagnostic(`longest gaps between pictures, ms: ${gaps}`);
    assert(Math.max(...gaps) <= kLongestGapMs, String(gaps));
    assert.strictEqual(whole.worker.pid, worker);
  });

  it('go on while the room server restarts', async () => {
    await whole.server.stop();
    await goesOn(bob, 'bob plays ann');
    await whole.server.start();
    await eventually('the worker is there', () => whole.hasWorker());
    await goesOn(bob, 'bob plays ann');
    await goesOn(ann, 'ann plays cat');
    assert.strictEqual(await bob.call('bob plays cat', 'remove'), 200);
  });

  it('go on while the media server restarts, and are on air again in the same sessions', async () => {
    const phone = whole.listen(await whole.rtmp('multi', 'call', 'ann'));
    await eventually('the phone has pictures', () => phone.figures(0).pictures > 0);
    await whole.media.stop();
    await phone.ended;
    await goesOn(bob, 'bob plays ann');
    await whole.media.start();
    await eventually('both publish again', async () => {
      const publishers = await whole.media.publishers();
      return 'ann' in publishers && 'bob' in publishers;
    });
    const next = whole.listen(await whole.rtmp('multi', 'call', 'ann'));
    await eventually('the phone sees ann', () => next.figures(0).sources.join() === String(kSources.ann) && next.figures(0).pictures >= 10);
    await next.stop();
    for (const [page, session] of [[ann, 'ann'], [bob, 'bob'], [bob, 'bob plays ann']]) assert(await page.call(session, 'exists'), session);
    whole.push((await whole.sit('multi', 'call', 'cat')).pushURL, as('cat')); // as phones do
  });

  it('come back after the worker has been killed, and keep their seats', async () => {
    const seats = await whole.members('multi', 'call');
    await whole.killWorker();
    await publish(ann, 'multi', 'call', 'ann');
    await play(bob, 'multi', 'call', 'bob', 'ann');
    await play(ann, 'multi', 'call', 'ann', 'cat');
    await seesAndHears(bob, 'bob plays ann', 'ann');
    await seesAndHears(ann, 'ann plays cat', 'cat');
    assert.deepStrictEqual((await whole.members('multi', 'call')).map(({ userID }) => userID), seats.map(({ userID }) => userID));
  });

  it('see and hear nothing any more once they are kicked, nor does anybody them', async () => {
    const whipURL = await publish(bob, 'multi', 'call', 'bob');
    const whepURL = await play(bob, 'multi', 'call', 'bob', 'cat');
    const phone = whole.listen(await whole.rtmp('multi', 'call', 'bob'));
    await eventually('the phone has pictures', () => phone.figures(0).pictures > 0);
    await goesOn(bob, 'bob plays cat');
    await whole.kick('multi', 'call', 'bob');
    await isDead(bob, 'bob plays cat');
    await eventually('bob has ended', async () => !await bob.call('bob', 'exists'));
    await eventually('the phone has no pictures any more', () => Date.now() - phone.figures(0).last > 1000);
    assert.strictEqual((await bob.publish('bob', whipURL, as('bob'))).status, 403);
    assert.strictEqual((await bob.play('bob plays cat', whepURL)).status, 403);
    await goesOn(ann, 'ann plays cat');
  });

  it('are off air when their tab is closed without a farewell', async () => {
    const tab = await whole.browser.open();
    await publish(tab, 'multi', 'closed', 'bob');
    const isIn = async (state) => (await whole.members('multi', 'closed'))[0].stream === `STREAM_STATE_${state}`;
    await eventually('the stream is on air', () => isIn('ON'));
    await tab.crash();
    await eventually('the stream is off', () => isIn('OFF'));
    let files;
    await eventually('its recording is listed', async () => {
      files = await whole.recordings('closed');
      return files.length > 0;
    });
    const [file, ...others] = files;
    assert.deepStrictEqual(others, []);
    const decoded = await run('ffprobe', '-v', 'error', '-count_frames', '-show_entries', 'stream=codec_name,nb_read_frames', '-of', 'csv=p=0', file);
    assert.match(decoded.trim().split('\n').sort().join(' '), /^aac,[1-9]\d* h264,[1-9]\d*$/); // frames, and no error
  });

  it('take a stream over from the phone of their user, and give it up to one, while others go on watching', async () => {
    const [kind, roomID] = ['multi', 'over'];
    const { whipURL, pushURL } = await whole.sit(kind, roomID, 'bob');
    await whole.sit(kind, roomID, 'ann');
    const phone = whole.push(pushURL, as('cat'));
    await play(ann, kind, roomID, 'ann', 'bob');
    const isSource = (name) => eventually(`pictures of ${name}`, async () =>
      (await ann.figures('ann plays bob', Date.now() - 1000)).sources.join() === String(kSources[name]));
    await isSource('cat');
    assert.strictEqual((await bob.publish('bob', whipURL, as('bob'))).status, 201);
    await isSource('bob');
    await phone.ended;
    const takenOver = () => whole.metric('rtcroomd_web_ended_total{reason="taken_over"}');
    const before_ = await takenOver();
    const next = whole.push(pushURL, as('cat'));
    await eventually('the session of bob has ended', async () => !await bob.call('bob', 'exists'));
    assert.strictEqual(await takenOver(), before_ + 1); // what its page is told
    await isSource('cat');
    await next.stop();
    assert.strictEqual(await ann.call('ann plays bob', 'remove'), 200);
  });

  it('are off air, and see nothing any more, when their network is gone', async () => {
    const relay = new LossyRelay({ up: 0, down: 0 });
    const tab = await whole.browser.open(relay);
    await publish(ann, 'multi', 'cut', 'ann');
    await publish(tab, 'multi', 'cut', 'bob');
    await play(tab, 'multi', 'cut', 'bob', 'ann');
    await goesOn(tab, 'bob plays ann');
    const isIn = async (state) => (await whole.members('multi', 'cut'))[1].stream === `STREAM_STATE_${state}`;
    await eventually('the stream is on air', () => isIn('ON'));
    relay.isOpen = false;
    await eventually('the stream is off', () => isIn('OFF'));
    await isDead(tab, 'bob plays ann');
    await tab.crash();
    relay.end();
  });

  it('host a live room with a phone, for viewers who only watch, and see both in one picture', async (test) => {
    const [kind, roomID] = ['live', 'show'];
    const [host, guest, viewer] = [await whole.logIn(), await whole.logIn(), await whole.logIn()];
    const profile = { roomID, userName: 'n', userAvatar: 'a.png' };
    await host.call('live_room/create_room', { roomID, roomInfo: 'show' });
    const { whipURL, pushURL } = await host.whip(kind, roomID);
    await host.call('live_room/add_pusher', { ...profile, pushURL });
    await eventually('the host publishes', async () => (await ann.publish('host', whipURL, as('ann'))).status === 201);
    await viewer.call('live_room/add_audience', { roomID, userInfo: '' });
    const plays = async (page, user, of) => {
      const session = `plays ${of}`;
      const url = await user.whep(kind, roomID, of);
      await eventually(session, async () => (await page.play(session, url)).status === 201);
      return session;
    };
    const open = new Set();
    const watchMix = (session, options, isGood) => eventually(session, async () => {
      // A mix that begins late, on a busy machine, finds no player any more.
      if (open.has(session) && !await bob.call(session, 'exists')) open.delete(session);
      if (!open.has(session)) {
        const { status } = await bob.play(session, await viewer.whep(kind, roomID, ''), options);
        if (status !== 201) return false;
        open.add(session);
      }
      return isGood();
    });
    await watchMix('the mix', {}, async () => (await bob.figures('the mix')).pictures > 0);
    await seesAndHears(bob, 'the mix', 'ann'); // the host alone, as it came
    const { pushURL: phoneURL } = await guest.call('live_room/get_push_url', { roomID });
    await guest.call('live_room/add_pusher', { ...profile, pushURL: phoneURL });
    whole.push(phoneURL, as('cat'));
    await seesAndHears(ann, await plays(ann, host, guest.userID), 'cat');
    await seesAndHears(bob, await plays(bob, viewer, guest.userID), 'cat');

    const streamIn = (url) => new URL(url).pathname.split('/').at(-1);
    const [ofHost, ofGuest] = [pushURL, phoneURL].map(streamIn);
    const place = (stream, layer, width, location = 0) => ({ input_stream_id: stream, layout_params: {
      image_layer: layer, image_width: width, image_height: width * 9 / 16, location_x: location, location_y: location * 9 / 16 } });
    const para = { output_stream_id: ofHost, input_stream_list: [place(ofHost, 1, 320), place(ofGuest, 2, 160, 160)] };
    await host.call('live_room/merge_stream', { roomID, mergeParams: { interface: { para } } });
    const since = Date.now();
    // Who has watched the host alone goes on in the same session.
    for (const [session, part, of] of [['the mix', [0, 0, 1], 'ann'], ['its corner', [0.5, 0.5, 0.5], 'cat']]) {
      let told;
      let areBothHeard = false;
      await watchMix(session, { part }, async () => {
        const levels = await Promise.all(['ann', 'cat'].map((name) => bob.call(session, 'levelOf', kTones[name])));
        areBothHeard ||= levels.every((level) => level > -50); // a busy machine has gaps
        const { pictures, damaged, sources } = await bob.figures(session, since);
        told = { pictures, damaged, sources, levels };
        return areBothHeard && pictures >= 10 && sources.join() === String(kSources[of]);
      }).catch((error) => { throw new Error(`${JSON.stringify(told)}\n${error.message}`); });
      test.diagnostic(`${session}: ${JSON.stringify(told)}`);
    }
  });

  it('see a phone whose encoder sends B-frames, and only hear the next one, which is counted', async () => {
    const [kind, roomID] = ['multi', 'reordered'];
    const phones = [];
    await whole.sit(kind, roomID, 'ann');
    // Names of their own: phones of `bob` and `cat`, which send no such pictures, may still be on air.
    const playNext = async (user, name) => {
      const { pushURL } = await whole.sit(kind, roomID, user);
      await play(ann, kind, roomID, 'ann', user); // who is not on air yet, so that it gets whatever comes
      // With few key frames it is heard for long before it is seen.
      phones.push(whole.push(pushURL, { ...as(name), video: ['-bf', '2', '-g', '250'] }));
    };
    await playNext('gus', 'cat');
    await eventually('pictures and tone of gus', async () => {
      const { pictures, sources, loudest } = await ann.figures('ann plays gus');
      return pictures >= 25 && sources.join() === String(kSources.cat) && Math.abs(loudest.frequency - kTones.cat) < 15;
    });
    const isCounted = () => whole.metric('rtcroomd_web_without_pictures_total');
    assert.strictEqual(await isCounted(), 0);
    await playNext('fay', 'bob');
    await eventually('fay is refused pictures', async () => await isCounted() === 1);
    const packets = async () => (await ann.call('ann plays fay', 'counts')).packets;
    const before_ = await packets();
    await eventually('the tone of fay goes on', async () =>
      (await packets()).audio >= before_.audio + 100 && Math.abs((await ann.call('ann plays fay', 'loudest')).frequency - kTones.bob) < 15);
    assert.strictEqual((await packets()).video, 0); // after one such picture, a browser may show no other any more
    await goesOn(ann, 'ann plays gus');
    for (const of of ['fay', 'gus']) assert.strictEqual(await ann.call(`ann plays ${of}`, 'remove'), 200);
    for (const phone of phones) await phone.stop();
  });

  it('talk without cameras', async () => {
    const [kind, roomID, kinds] = ['multi', 'talk', ['audio']];
    await publish(ann, kind, roomID, 'ann', { kinds });
    await publish(bob, kind, roomID, 'bob', { kinds });
    // A name of its own: a phone of `cat` may still be on air.
    const phone = whole.push((await whole.sit(kind, roomID, 'hal')).pushURL, { ...as('cat'), video: null });
    await play(ann, kind, roomID, 'ann', 'bob', { kinds });
    await play(bob, kind, roomID, 'bob', 'ann', { kinds });
    await play(bob, kind, roomID, 'bob', 'hal');
    const hears = (page, session, of) => eventually(`${session}: the tone`, async () => {
      const { frequency, level } = await page.call(session, 'loudest');
      return Math.abs(frequency - kTones[of]) < 15 && level > -50;
    });
    await hears(ann, 'ann plays bob', 'bob');
    await hears(bob, 'bob plays ann', 'ann');
    await hears(bob, 'bob plays hal', 'cat');
    await phone.stop();
  });

  it('reach the worker by a relay alone, over UDP, TCP and TLS', async () => {
    await whole.startRelay();
    const { iceServers: [relay] } = await whole.sit('multi', 'far', 'ann');
    const [udp, tcp, tls] = relay.urls.map((urls) =>
      ({ configuration: { iceServers: [{ ...relay, urls }], iceTransportPolicy: 'relay' } }));
    await publish(ann, 'multi', 'far', 'ann', udp);
    await publish(bob, 'multi', 'far', 'bob', tcp);
    await play(bob, 'multi', 'far', 'bob', 'ann', tls);
    await seesAndHears(bob, 'bob plays ann', 'ann');
    const ways = [await ann.call('ann', 'way'), await bob.call('bob', 'way'), await bob.call('bob plays ann', 'way')];
    assert.deepStrictEqual(ways.map((way) => way.replace(/ \S+$/, '')), ['relay udp', 'relay tcp', 'relay tls']);
  });

  it('give no media to a peer whose certificate is another one', async () => {
    const { whipURL } = await whole.sit('multi', 'forged', 'eve');
    await publish(bob, 'multi', 'forged', 'bob');
    await play(bob, 'multi', 'forged', 'bob', 'eve');
    assert.strictEqual((await ann.publish('forger', whipURL, { ...as('ann'), isForged: true })).status, 201);
    const whepURL = await whole.whep('multi', 'forged', 'eve', 'bob');
    assert.strictEqual((await ann.play('spy', whepURL, { isForged: true })).status, 201);
    await eventually('the publisher is ended', async () => !await ann.call('forger', 'exists'));
    await eventually('the player is ended', async () => !await ann.call('spy', 'exists'));
    assert.deepStrictEqual((await ann.call('spy', 'counts')).packets, { video: 0, audio: 0 });
    assert.deepStrictEqual((await bob.call('bob plays eve', 'counts')).packets, { video: 0, audio: 0 });
  });

  it('keep their seats by their streams alone, as phones do, even when their page hangs, and lose them with these', async () => {
    const [kind, roomID] = ['multi', 'seats'];
    const isThere = async (...names) => (await whole.members(kind, roomID)).map(({ userID }) => userID).join() === names.join();
    const phone = whole.push((await whole.sit(kind, roomID, 'cat')).pushURL, as('cat'));
    const tab = await whole.browser.open();
    await publish(tab, kind, roomID, 'bob', { isCamera: true });
    await whole.sit(kind, roomID, 'dan'); // who has no stream anywhere
    const viewer = whole.listen(await whole.rtmp(kind, roomID, 'bob'));
    await eventually('pictures of the camera', () => viewer.shownSince(0) > 0);
    await eventually('bob and the phone are on air', async () =>
      (await whole.members(kind, roomID)).filter(({ stream }) => stream === 'STREAM_STATE_ON').length === 2);
    tab.hang();
    await whole.restart({ 'room.heartbeat_timeout': '4s', 'room.sweep_period': '500ms', 'liveness.grace': '2s', 'live.poll_period': '500ms' });
    await eventually('who neither sends nor calls is evicted', () => isThere('cat', 'bob'));
    const since = Date.now();
    // Of which nothing is known keeps a seat for three timeouts; the camera makes five pictures a second.
    await eventually('pictures of the page that hangs go on', () => viewer.shownSince(since) > 75);
    assert(await isThere('cat', 'bob'));
    await tab.crash();
    await eventually('bob is evicted', () => isThere('cat'));
    await phone.stop();
    await eventually('the phone is, too, and with it the room is over', async () => (await whole.server.call('multi_room/get_pushers', { roomID })).code !== 0);
  });
});
