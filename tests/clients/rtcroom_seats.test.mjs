// The library rtcroom in Node, against the real server: who keeps a seat, and who hears a room.
import assert from 'node:assert';
import { describe, it } from 'node:test';
import { webPlatform } from '../../clients/js/src/platform/web.js';
import { kNoServer } from '../console/support/server.js';
import { until } from '../console/support/until.js';
import { WebSocket } from './support/packages.js';
import { names, pair, texts, withServer } from './support/users.js';

describe('rtcroom where heartbeats matter', { skip: kNoServer }, () => {
  withServer({ 'room.heartbeat_timeout': '20s', 'room.sweep_period': '200ms' }, (server, newUser, operate) => {
    const kWays = { 'a socket': {}, polls: { platform: { hasSockets: false } }, 'no channel': { channel: false } };
    for (const [way, options] of Object.entries(kWays)) {
      for (const [reason, words] of [['kicked', []], ['banned', ['--ban', '10m']]]) {
        it(`a user who was ${reason} in the background stays out, with ${way}`, async () => {
          const [ann, bob] = await pair(newUser, options);
          ann.room.on('pushURL', (url) => url && ann.room.pusherState(1002));
          ann.cut();
          operate('kick', 'multi', ann.room.roomID, ann.userID, ...words);
          ann.show();
          await until('it is over', () => ann.of('closed').length === 1);
          assert.ok(['kicked', reason].includes(ann.of('closed')[0].reason)); // the channel tells of the kick
          assert.deepStrictEqual([ann.of('evicted'), ann.room.hasSeat], [[], false]);
          const [{ pushers }] = await bob.client.listRooms('multi');
          assert.deepStrictEqual(names(pushers), ['Bob']);
        });
      }
    }

    for (const [way, options] of Object.entries(kWays)) {
      it(`a user whose room was dismissed in the background stays out, with ${way}`, async () => {
        const [ann, bob] = await pair(newUser, options);
        ann.cut();
        operate('dismiss', 'multi', ann.room.roomID);
        ann.show();
        await until('it is over', () => [ann, bob].every((user) => user.of('closed').length === 1));
        assert.match(ann.of('closed')[0].reason, /^(dismissed|gone)$/); // by a heartbeat, or by looking
        assert.strictEqual(ann.room.hasSeat, false);
        assert.deepStrictEqual(await bob.client.listRooms('multi'), []);
      });
    }

    it('a seat is kept by heartbeats', async () => {
      const [ann, bob] = await pair(newUser);
      await bob.room.leave();
      const isEvicted = () => ann.of('evicted').length > 0;
      // A user without heartbeats measures the time.
      const eve = await newUser({ channel: false, platform: { setTimer: () => () => {} } });
      const silent = await eve.client.joinRoom('multi', ann.room.roomID, { stream: false });
      await until('the silent one is there', () => ann.room.others.some(({ userID }) => userID === eve.userID));
      await until('the silent one is gone', () => !ann.room.others.length);
      assert.deepStrictEqual([isEvicted(), ann.room.hasSeat], [false, true]);
      await silent.leave();
    });

    it('an evicted user returns with a fresh stream', async () => {
      const [ann, bob] = await pair(newUser);
      ann.follow(ann.room, { streams: true });
      const before = ann.room.pushURL;
      ann.cut();
      await until('Ann is evicted', () => bob.room.others.length === 0);
      ann.show();
      await until('Ann is back', () => bob.room.others.length === 1 && ann.room.hasSeat);
      assert.ok(ann.of('evicted').length);
      assert.notStrictEqual(ann.room.pushURL, before);
      assert.deepStrictEqual([names(bob.room.pushers), ann.room.hasSeat], [['Bob', 'Ann'], true]);
    });
  });
});

describe('rtcroom where only members hear a room', { skip: kNoServer }, () => {
  const settings = { 'channel.join': 'members', 'room.heartbeat_timeout': '20s', 'room.sweep_period': '200ms' };
  withServer(settings, (server, newUser, operate) => {
    for (const [way, hasSockets] of [['a socket', true], ['polls', false]]) {
      it(`members hear it until they are kicked, with ${way}`, async () => {
        const [ann, bob] = await pair(newUser, { platform: { hasSockets } });
        await bob.room.sendText('hello');
        await until('the text', () => [ann, bob].every((user) => texts(user).length === 1));
        operate('kick', 'multi', ann.room.roomID, bob.userID);
        await until('the end for Bob', () => bob.of('closed').length === 1);
        await ann.room.sendText('without Bob');
        await until('the next text', () => texts(ann).length === 2);
        assert.deepStrictEqual([bob.of('closed'), bob.of('evicted'), texts(bob)], [[{ reason: 'kicked' }], [], ['hello']]);
      });

      it(`a member that was evicted returns and hears it, with ${way}`, async () => {
        let isSilent = false;
        const web = webPlatform({ WebSocket, storage: null });
        const request = (sent) => web.request(isSilent && /heartbeat/.test(sent.url)
          ? { ...sent, url: `${server.host}/nowhere` } : sent);
        const [ann, bob] = [await newUser(), await newUser({ platform: { hasSockets, request } })];
        ann.room = ann.follow(await ann.client.createRoom('multi', { stream: false }));
        bob.room = bob.follow(await bob.client.joinRoom('multi', ann.room.roomID, { stream: false }));
        await until('Bob', () => ann.room.others.length === 1);
        isSilent = true;
        await until('Bob is evicted', () => ann.room.others.length === 0);
        await ann.room.sendText('without Bob');
        assert.deepStrictEqual(bob.of('message'), []);
        isSilent = false;
        await until('Bob is back', () => ann.room.others.length === 1);
        await ann.room.sendText('with Bob');
        await until('the text', () => texts(bob).includes('with Bob'));
        assert.deepStrictEqual([bob.of('evicted').length, bob.of('closed')], [1, []]);
      });
    }
  });
});

describe('rtcroom without a message channel', { skip: kNoServer }, () => {
  withServer({ 'channel.enabled': false, 'im.sdk_app_id': 1400000000, 'im.secret_key': 'key' }, (server, newUser) => {
    for (const [how, options] of [['the server has none', {}], ['it is switched off', { channel: false }]]) {
      it(`follows the pushers where ${how}`, async () => {
        const [ann, bob] = await pair(newUser, options);
        assert.deepStrictEqual(names(bob.room.others), ['Ann']);
        assert.strictEqual(bob.client.connection, 'none');
        await assert.rejects(bob.room.sendText('x'), { name: 'NO_CHANNEL' });
        await ann.room.destroy();
        await until('the end', () => bob.of('closed').length === 1);
        assert.match(bob.of('closed')[0].reason, /^(destroyed|gone)$/); // by a heartbeat, or by looking
      });
    }
  });
});
