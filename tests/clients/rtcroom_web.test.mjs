// The entry rtcroom/web, in an environment that the test controls: its server, its connections, its time.
import assert from 'node:assert';
import { describe, it } from 'node:test';
import { Client } from '../../clients/js/src/web.js';
import { FakeElement, FakeMedia, FakeStream, track } from './support/fake_media.js';
import { makeScriptedUser } from './support/scripted_platform.js';

const kDeadline = { timeout: 60_000 };
const kIce = [{ urls: 'turn:h', username: 'u', credential: 'c' }];
const kWithSeat = { stream: false };

/** A user with a camera. @param options  of the environment */
function makeUser(options) {
  const media = new FakeMedia(() => user.platform.nowMs);
  const user = makeScriptedUser(options, { UserClient: Client, media: media.parts });
  let streams = 0;
  Object.assign(user.platform.replies, {
    add_pusher: () => ({ stay: 's' }),
    get_whip_url: () => ({ whipURL: `/weapp/whip/s${++streams}?q`, pushURL: `rtmp://h/live/s${streams}?q`, iceServers: kIce }),
    get_whep_url: ({ of }) => ({ whepURL: `/weapp/whep/${of || 'mix'}_${++streams}`, iceServers: [] }),
  });
  const camera = new FakeStream(track('audio'), track('video'));

  /** In a room, with the camera. */
  const publish = async () => {
    const room = await user.join(kWithSeat);
    const publication = await room.publish(camera, { maxBitrate: 800_000 });
    const told = [];
    publication.on('state', ({ state, problem }) => told.push(problem ? `${state} ${problem}` : state));
    await user.platform.settle();
    return { room, publication, told };
  };
  const pusher = (userID, stream, signature = '') =>
    ({ userID, userName: userID, userAvatar: '', accelerateURL: stream && `rtmp://h/live/${stream}?${signature}` });
  /** The channel tells of the room. */
  const tell = async (event) => {
    user.platform.sockets.at(-1).receive({ event: { kind: 'multi', roomID: 'r', cursor: 'c1', ...event } });
    await user.platform.settle();
  };
  /** The newest connection is up, and has pictures. */
  const connect = async () => {
    media.newest.become('connected');
    await user.platform.settle();
  };
  /** How long after `since` offers were posted. */
  const pausesSince = (since) => media.offers().map(({ at }) => at - since).filter((ms) => ms > 0);
  return { ...user, media, camera, publish, pusher, tell, connect, pausesSince };
}

const named = (name) => (error) => error.name === name;

describe('A room with a camera', kDeadline, () => {
  it('takes the seat with the address of the stream, and then offers H.264 and sound', async () => {
    const { client, platform, media, camera, login, of, connect } = makeUser();
    await login();
    const creating = client.createRoom('multi', { roomID: 'r', userName: 'Ann', stream: camera, maxBitrate: 800_000 });
    await platform.settle();
    await platform.answerAll();
    const { publication } = await creating;
    const [{ body: seat }] = of('add_pusher');
    assert.deepStrictEqual([seat.pushURL, seat.userName], ['rtmp://h/live/s1?q', 'Ann']);
    assert.deepStrictEqual(media.offers().map(({ url }) => url), ['https://h/weapp/whip/s1?q']);
    const { settings, answer, transceivers: [sound, picture] } = media.newest;
    assert.deepStrictEqual([settings.iceServers, answer, sound.direction], [kIce, 'answer 1', 'sendonly']);
    assert.deepStrictEqual(picture.sendEncodings, [{ maxBitrate: 800_000 }]);
    assert.deepStrictEqual(picture.codecs,
      ['packetization-mode=1;profile-level-id=42e01f', 'packetization-mode=1;profile-level-id=64001f', 'rtx']);
    assert.strictEqual(picture.sender.parameters.degradationPreference, 'maintain-resolution');
    assert.strictEqual(publication.state, 'connecting');
    await connect();
    assert.strictEqual(publication.state, 'live');
  });

  it('fails in words where the server or the browser cannot, and keeps a seat without a stream', async () => {
    for (const [code, has, name] of [[6, true, 'NO_WEB'], [1, true, 'NO_WEB'], [0, false, 'NO_H264'], [7, true, 'NOT_ALLOWED']]) {
      const { client, platform, media, camera, join, of } = makeUser();
      const room = await join(kWithSeat);
      if (code !== 6) assert.strictEqual(await client.hasWebSessions(), true);
      media.hasH264 = has;
      platform.replies.get_whip_url = { code, message: 'no' };
      if (name === 'NO_WEB') assert.strictEqual(await client.hasWebSessions(), false);
      await assert.rejects(room.publish(camera), named(name));
      assert.deepStrictEqual([room.hasSeat, room.pushURL, room.publication, of('add_pusher').length], [true, '', undefined, 1]);
    }
  });

  it('posts again with growing pauses, and removes the session before', async () => {
    const user = makeUser();
    const { platform, media, connect } = user;
    const { told } = await user.publish();
    await connect();
    const since = platform.nowMs;
    for (let i = 0; i < 5; ++i) {
      media.newest.become('failed');
      await platform.advance(4800);
    }
    assert.deepStrictEqual(user.pausesSince(since).map((ms, index) => ms - 4800 * index), [600, 1200, 2400, 4800, 4800]);
    assert.deepStrictEqual(media.removed(), [1, 2, 3, 4, 5].map((id) => `https://h/weapp/web/${id}`));
    assert.strictEqual(media.peers.filter(({ isClosed }) => !isClosed).length, 1);
    await connect();
    assert.deepStrictEqual(told, ['live', 'connecting', 'connecting NO_ROUTE', 'live']);
  });

  it('waits 3 s for a lost connection, 10 s for a new one, and as long as the server says', async () => {
    const user = makeUser();
    const { platform, media, connect } = user;
    media.replies.push({ status: 503, retryAfterMs: 5000 }, { status: 0 });
    const { publication } = await user.publish();
    assert.strictEqual(publication.problem, 'UNAVAILABLE');
    await platform.advance(5000 + 1200);
    assert.deepStrictEqual(media.offers().map(({ at }) => at), [0, 5000, 6200]);
    assert.strictEqual(publication.problem, 'NETWORK');
    await platform.advance(10_000);
    assert.strictEqual(publication.problem, 'NO_ROUTE');
    await platform.advance(2400);
    await connect();
    media.newest.become('disconnected');
    await platform.advance(2999);
    await connect();
    await platform.advance(kDeadline.timeout);
    assert.strictEqual(media.offers().length, 4);
    media.newest.become('disconnected');
    await platform.advance(3000 + 600); // a connection that lasted ends the row of failures
    assert.strictEqual(media.offers().length, 5);
  });

  it('asks for another address when its own is refused, and gives up when that is, too', async () => {
    const user = makeUser();
    const { media, of } = user;
    media.replies.push({ status: 403 });
    const { publication } = await user.publish();
    await user.platform.settle();
    assert.deepStrictEqual(of('add_pusher').map(({ body }) => body.pushURL), ['', 'rtmp://h/live/s1?q', 'rtmp://h/live/s2?q']);
    assert.strictEqual(media.offers().at(-1).url, 'https://h/weapp/whip/s2?q');
    media.newest.become('failed');
    media.replies.push({ status: 403 }, { status: 403 });
    await user.platform.advance(2000);
    assert.deepStrictEqual([publication.state, publication.problem], ['stopped', 'NOT_ALLOWED']);
    assert.strictEqual(of('add_pusher').at(-1).body.pushURL, '');
  });

  it('has fresh credentials for relays from each answer', async () => {
    const user = makeUser();
    const { media } = user;
    media.replies.push({ status: 201, location: 'https://h/weapp/web/1', link: '<stun:s>; rel="ice-server", '
      + '<turn:t?transport=udp>; rel="ice-server"; username="9:ann"; credential="c="; credential-type="password"' });
    await user.publish();
    media.newest.become('failed');
    await user.platform.advance(600);
    assert.deepStrictEqual(media.peers.map(({ settings }) => settings.iceServers), [kIce, [
      { urls: 'stun:s', username: undefined, credential: undefined },
      { urls: 'turn:t?transport=udp', username: '9:ann', credential: 'c=' }]]);
  });

  it('gives up with the reason for which it has lost the seat, and returns after an eviction', async () => {
    const user = makeUser();
    const { platform, media, of, events } = user;
    const { publication, told } = await user.publish();
    const reply = { code: 5, message: 'no', reason: 'heartbeat_timeout' };
    platform.replies.pusher_heartbeat = () => (of('pusher_heartbeat').length ? reply : {});
    media.replies.push({ status: 403 });
    media.newest.become('failed');
    await platform.advance(1000);
    delete platform.replies.pusher_heartbeat;
    await platform.advance(1000);
    assert.deepStrictEqual(events.filter(([name]) => name === 'evicted').length, 1);
    assert.strictEqual(of('add_pusher').at(-1).body.pushURL, room(media.offers().at(-1)));
    assert.strictEqual(publication.state, 'connecting');
    platform.replies.pusher_heartbeat = { code: 5, message: 'no', reason: 'kicked' };
    media.replies.push({ status: 403 });
    media.newest.become('failed');
    await platform.advance(5000);
    assert.deepStrictEqual(told.at(-1), 'stopped kicked');
    assert.deepStrictEqual(events.at(-1), ['closed', { reason: 'kicked' }]);

    // The server has ended the sessions of who is banned.
    const banned = makeUser();
    const { told: toldBanned } = await banned.publish();
    await banned.connect();
    banned.platform.sockets.at(-1).receive({ kicked: { kind: 'multi', roomID: 'r', reason: 'banned' } });
    assert.deepStrictEqual([toldBanned.at(-1), banned.media.removed(), banned.media.newest.isClosed], ['stopped banned', [], true]);
    function room({ url }) { return url.replace('https://h/weapp/whip', 'rtmp://h/live'); }
  });

  it('returns when the server says that its session has ended, by a socket or a poll', async () => {
    const user = makeUser();
    const { room, publication } = await user.publish();
    await user.connect();
    const end = async (session, reason, ms) => {
      user.platform.sockets.at(-1).receive({ web_ended: { kind: 'multi', roomID: 'r', session, reason } });
      await user.platform.advance(ms);
      return user.media.offers().length;
    };
    assert.strictEqual(await end('9', 'worker', 1000), 1); // another one
    assert.strictEqual(await end('1', 'worker', 999), 1);
    await user.platform.advance(1);
    assert.strictEqual(await end('2', 'rtmp', 600), 3);
    assert.deepStrictEqual(user.media.removed(), []);
    assert.strictEqual(await end('3', 'taken_over', 10_000), 3); // two would end each other in turn
    assert.deepStrictEqual([publication.state, publication.problem], ['stopped', 'OTHER_LOGIN']);
    assert.deepStrictEqual([room.hasSeat, room.pushURL], [true, '']);
    const entered = user.of('add_pusher').length;
    assert.strictEqual(user.of('add_pusher').at(-1).body.pushURL, 'rtmp://h/live/s1?q'); // the seat has the other's stream
    user.platform.replies.pusher_heartbeat = { code: 5, message: 'no', reason: 'heartbeat_timeout' };
    await user.platform.advance(60_000);
    // It is not taken again without that stream.
    assert.deepStrictEqual([room.hasSeat, user.of('add_pusher').length], [false, entered]);
    delete user.platform.replies.pusher_heartbeat;
    await room.publish(user.camera);
    await user.platform.settle();
    assert.deepStrictEqual([room.hasSeat, user.of('add_pusher').length], [true, entered + 1]);

    const polling = makeUser({ hasSockets: false });
    const { platform, client } = polling;
    await client.login();
    await platform.advance(0);
    const answer = (reply) => platform.requests.filter(({ endpoint }) => endpoint === 'poll').at(-1)
      .answer({ replies: [], rooms: [], pushes: [], ...reply });
    answer({});
    await platform.settle();
    const joining = client.joinRoom('multi', 'r', { stream: polling.camera });
    await platform.settle();
    answer({ rooms: [{ kind: 'multi', roomID: 'r', recovered: false, cursor: 'c', room: { pushers: [] } }] });
    await joining;
    await platform.settle();
    answer({ pushes: [{ web_ended: { session: '1', reason: 'worker' } }] });
    await platform.advance(1000);
    assert.strictEqual(polling.media.offers().length, 2);
  });

  it('removes its sessions when the page is closed, left, or stops its camera', async (test) => {
    const window = new EventTarget();
    globalThis.window = window;
    test.after(() => { delete globalThis.window; });
    const user = makeUser();
    const { room, publication } = await user.publish();
    window.dispatchEvent(Object.assign(new Event('pagehide'), { persisted: true }));
    assert.deepStrictEqual(user.media.exchanges.at(-1),
      { method: 'DELETE', url: 'https://h/weapp/web/1', keepalive: true, at: user.platform.nowMs });

    await publication.stop();
    assert.deepStrictEqual([publication.state, room.hasSeat, user.of('add_pusher').at(-1).body.pushURL], ['stopped', true, '']);
    await room.publish(user.camera);
    await user.platform.settle();
    await room.leave();
    assert.strictEqual(user.media.removed().at(-1), 'https://h/weapp/web/2');
    assert.strictEqual(user.platform.endpoints().at(-1), 'delete_pusher');
    assert.strictEqual(user.media.peers.filter(({ isClosed }) => !isClosed).length, 0);
  });

  it('sends another track, nothing, or black and silence', async () => {
    const user = makeUser();
    const { publication } = await user.publish();
    const { media, camera } = user;
    const [, picture] = media.newest.transceivers;
    const screen = track('video', 'screen');
    publication.mute('video', true);
    assert.strictEqual(camera.tracks[1].enabled, false);
    await publication.replaceTrack('video', screen);
    assert.deepStrictEqual([picture.sender.track, screen.enabled], [screen, false]);
    publication.mute('video', false);
    assert.strictEqual(screen.enabled, true);
    await publication.replaceTrack('audio', null);
    assert.strictEqual(media.newest.transceivers[0].sender.track, null);
    media.newest.become('failed');
    await user.platform.advance(600);
    assert.deepStrictEqual(media.newest.transceivers.map(({ kind, sender }) => [kind, sender.track]),
      [['audio', null], ['video', screen]]);

    // A medium that was not in the offer needs another one.
    const other = makeUser();
    const room = await other.join(kWithSeat);
    const voice = await room.publish(new FakeStream(track('audio')));
    await other.platform.settle();
    await voice.replaceTrack('video', screen);
    await other.platform.advance(0);
    assert.deepStrictEqual(other.media.newest.transceivers.map(({ kind }) => kind), ['audio', 'video']);
  });

  it('takes another track while its connection is broken', async () => {
    const user = makeUser();
    const { publication } = await user.publish();
    const screen = track('video', 'screen');
    user.media.newest.become('failed');
    await publication.replaceTrack('video', screen);
    await user.platform.advance(600);
    assert.strictEqual(user.media.newest.transceivers[1].sender.track, screen);
  });

  it('is entered with its camera again after a reload', async (test) => {
    globalThis.window = new EventTarget();
    globalThis.sessionStorage = { values: {}, getItem(key) { return this.values[key]; }, setItem(key, value) { this.values[key] = value; } };
    test.after(() => { ['window', 'sessionStorage'].forEach((name) => delete globalThis[name]); });
    const before = makeUser();
    await before.publish();
    window.dispatchEvent(Object.assign(new Event('pagehide'), { persisted: false }));
    for (const [stream, offers] of [[before.camera, 1], [undefined, 0]]) {
      const stored = structuredClone(sessionStorage.values);
      const user = makeUser();
      await user.login();
      const rejoining = user.client.rejoin({ stream });
      await user.platform.settle();
      await user.platform.answerAll();
      const [room] = await rejoining;
      assert.strictEqual(room.hasSeat, true);
      assert.strictEqual(user.media.offers().length, offers);
      sessionStorage.values = stored;
    }
  });

  it('tells how good a connection is', async () => {
    const user = makeUser();
    const { publication } = await user.publish();
    const at = (timestamp, bytesSent) => new Map([
      ['a', { type: 'outbound-rtp', kind: 'video', timestamp, bytesSent, frameWidth: 640, frameHeight: 360, framesPerSecond: 15 }],
      ['b', { type: 'remote-inbound-rtp', kind: 'video', fractionLost: 0.25 }],
      ['c', { type: 'candidate-pair', nominated: true, currentRoundTripTime: 0.04 }],
      ['d', { type: 'media-source', kind: 'audio', totalAudioEnergy: timestamp / 4000, totalSamplesDuration: timestamp / 1000 }],
    ]);
    user.media.newest.stats = at(1000, 0);
    await publication.stats();
    user.media.newest.stats = at(2000, 100_000);
    assert.deepStrictEqual(await publication.stats(),
      { kbps: 800, loss: 0.25, rttMs: 40, audioLevel: 0.5, width: 640, height: 360, framesPerSecond: 15 });
  });
});

describe('A playback', kDeadline, () => {
  /** Bob, who streams `b1`, in a room with a user who plays him. */
  async function playBob(options) {
    const user = makeUser();
    const room = await user.join(kWithSeat);
    await user.tell({ pusher_added: user.pusher('bob', 'b1', 't=1') });
    const element = Object.assign(new FakeElement(), options);
    const playback = room.play('bob', element);
    await user.platform.settle();
    return { user, room, element, playback };
  }

  it('shows the stream of a member, and the next one, until it is stopped', async () => {
    const { user, room, element, playback } = await playBob();
    const { media, pusher, tell } = user;
    const urls = () => media.offers().map(({ url }) => url.replace('https://h/weapp/whep/', ''));
    assert.deepStrictEqual(media.newest.transceivers.map(({ kind, direction }) => `${kind} ${direction}`), ['audio recvonly', 'video recvonly']);
    await user.connect();
    const picture = track('video');
    media.newest.ontrack({ track: picture });
    assert.deepStrictEqual([playback.state, element.srcObject.tracks], ['waiting', [picture]]);
    picture.muted = false;
    picture.onunmute();
    assert.strictEqual(playback.state, 'live');
    await tell({ pusher_updated: pusher('bob', 'b1', 't=2') }); // the same stream
    assert.deepStrictEqual(urls(), ['bob_1']);
    await tell({ pusher_updated: pusher('bob', '') });
    assert.deepStrictEqual([playback.state, element.srcObject, media.removed().length], ['waiting', null, 1]);
    await tell({ pusher_updated: pusher('bob', 'b2') });
    assert.deepStrictEqual([playback.state, urls().at(-1)], ['connecting', 'bob_2']);
    playback.stop();
    assert.deepStrictEqual([playback.state, element.srcObject, media.removed().length], ['stopped', null, 2]);
    await tell({ pusher_updated: pusher('bob', 'b3') });
    assert.strictEqual(urls().length, 2);
    room.mixedPlayURL = 'rtmp://h/live/mix';
    room.playMix(element, { video: false });
    await user.platform.settle();
    assert.strictEqual(urls().at(-1), 'mix_3');
    assert.deepStrictEqual(media.newest.transceivers.map(({ kind }) => kind), ['audio']);
    await room.leave();
    assert.strictEqual(media.removed().length, 3);
  });

  it('keeps the newest address, however late that of the stream before comes', async () => {
    const { user } = await playBob();
    const { platform, media, tell, pusher, of } = user;
    const { get_whep_url: reply } = platform.replies;
    platform.replies.get_whep_url = 'wait';
    await tell({ pusher_updated: pusher('bob', 'b2') });
    platform.replies.get_whep_url = reply;
    await tell({ pusher_updated: pusher('bob', 'b3') });
    of('get_whep_url')[1].answer({ code: 0, message: 'ok', whepURL: '/weapp/whep/late', iceServers: [] });
    await platform.settle();
    media.newest.become('failed');
    await platform.advance(600);
    assert.deepStrictEqual(media.offers().map(({ url }) => url.replace('https://h/weapp/whep/', '')), ['bob_1', 'bob_2', 'bob_2']);
  });

  it('plays without sound until the user has clicked, where the browser wants that', async () => {
    const { user, element, playback } = await playBob({ refusesSound: true });
    const told = [];
    playback.on('blocked', (isBlocked) => told.push(isBlocked));
    user.media.newest.ontrack({ track: track('audio') });
    await user.platform.settle();
    assert.deepStrictEqual([playback.isBlocked, element.muted], [true, true]);
    element.refusesSound = false;
    await playback.unblock();
    assert.deepStrictEqual([told, element.muted], [[true, false], false]);
  });

  it('waits for a server that fails, when it has had an address of it', async () => {
    const { user, playback } = await playBob();
    const { platform, media } = user;
    const { get_whep_url: reply } = platform.replies;
    platform.replies.get_whep_url = { code: 6, message: 'no' };
    media.replies.push({ status: 403 });
    media.newest.become('failed');
    await platform.advance(30_000);
    assert.deepStrictEqual([playback.state, playback.problem], ['connecting', 'UNAVAILABLE']);
    platform.replies.get_whep_url = reply;
    await platform.advance(12_000);
    assert.deepStrictEqual([playback.state, media.offers().length], ['connecting', 3]);
  });

  it('asks for another address when there was no reply, as SRS refuses the one that is over', async () => {
    const { user, playback } = await playBob();
    const { platform, media, connect } = user;
    const [{ url }] = media.offers();
    media.replies.push({ status: 0 });
    media.newest.become('failed');
    await platform.advance(600 + 1200);
    const [, again, other] = media.offers().map((offer) => offer.url);
    assert.strictEqual(again, url);
    assert.notStrictEqual(other, url);
    await connect();
    assert.strictEqual(playback.problem, '');
  });

  it('asks again while it is refused, and gives up when it always is', async () => {
    const { user, playback } = await playBob();
    user.platform.replies.get_whep_url = { code: 5, message: 'not yet' };
    user.media.replies.push({ status: 403 });
    user.media.newest.become('failed');
    await user.platform.advance(600 + 1200);
    assert.deepStrictEqual([playback.state, playback.problem], ['connecting', 'NOT_MEMBER']);
    await user.platform.advance(kDeadline.timeout);
    assert.deepStrictEqual([playback.state, playback.problem], ['stopped', 'NOT_MEMBER']);
    assert.strictEqual(user.media.offers().length, 2);
  });
});
