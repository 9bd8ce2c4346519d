// The library rtcroom in Node, against the real server: calls, rooms and messages.
import assert from 'node:assert';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { describe, it } from 'node:test';
import { Client } from '../../clients/js/src/index.js';
import { webPlatform } from '../../clients/js/src/platform/web.js';
import { kNoServer } from '../console/support/server.js';
import { until } from '../console/support/until.js';
import { WebSocket } from './support/packages.js';
import { names, pair, texts, User, withServer } from './support/users.js';

describe('rtcroom with the real server', { skip: kNoServer }, () => {
  withServer({}, (server, newUser) => {
    for (const way of ['sockets', 'polls']) {
      const options = way === 'polls' ? { platform: { hasSockets: false } } : {};

      it(`two users hold a call and talk by ${way}`, async () => {
        const [ann, bob] = await pair(newUser, options);
        assert.strictEqual(ann.client.connection, way === 'sockets' ? 'connected' : 'polling');
        assert.match(ann.room.pushURL, /^rtmp:/);
        assert.strictEqual(bob.room.pushURL, '');
        assert.deepStrictEqual([names(bob.room.pushers), bob.room.roomInfo, bob.room.roomCreator],
          [['Ann', 'Bob'], 'talk', ann.userID]);
        assert.match(bob.room.others[0].accelerateURL, /^rtmp:/);
        const { seq } = await ann.room.sendText('hello <你好> }} "x"');
        await bob.room.sendCustom('{"to":"left"}', 'turn');
        for (const user of [ann, bob]) {
          await until('both messages', () => user.of('message').length === 2);
          const [text, turn] = user.of('message');
          assert.deepStrictEqual([text.seq, text.from, text.nick, text.avatar, text.type, text.body],
            [seq, ann.userID, 'Ann', 'a.png', 'text', 'hello <你好> }} "x"']);
          assert.deepStrictEqual([turn.type, turn.cmd, turn.body], ['custom', 'turn', '{"to":"left"}']);
        }
        assert.deepStrictEqual((await bob.room.history({ limit: 1 })).messages.map(({ cmd }) => cmd), ['turn']);
        assert.ok((await bob.room.presence()).users.includes(ann.userID));
        await bob.room.leave();
        await until('Bob gone at Ann\'s', () => ann.room.others.length === 0);
        assert.deepStrictEqual(ann.of('pushers').map(({ added, removed }) => [names(added), names(removed)]),
          [[['Ann'], []], [['Bob'], []], [[], ['Bob']]]);
        assert.deepStrictEqual(bob.of('closed'), []);
        assert.deepStrictEqual(bob.client.rooms, []);
      });

      it(`a direct message arrives once by ${way}`, async () => {
        const [ann, bob] = [await newUser(options), await newUser(options)];
        await ann.client.sendDirect(bob.userID, '1');
        await until('the first', () => bob.of('direct').length === 1);
        await ann.client.sendDirect(bob.userID, '{}', { cmd: 'ask' });
        await until('the second', () => bob.of('direct').length === 2);
        assert.deepStrictEqual(bob.of('direct').map(({ from, type, body, cmd }) => [from, type, body, cmd]),
          [[ann.userID, 'text', '1', undefined], [ann.userID, 'custom', '{}', 'ask']]);
        const { messages } = await bob.client.history(ann.userID);
        assert.deepStrictEqual(messages.map(({ body }) => body), ['1', '{}']);
      });
    }

    it('500 texts at once arrive in order or fail at once, by sockets and by polls', async () => {
      const { setTimer } = webPlatform(); // in the server's time
      await Promise.all([true, false].map(async (hasSockets) => {
        const [ann, bob] = await pair(newUser, { platform: { hasSockets, setTimer } });
        const outcomes = await Promise.all(Array.from({ length: 500 }, (_, index) =>
          ann.room.sendText(`${index}`).then(() => `${index}`, ({ name }) => name)));
        const taken = outcomes.slice(0, 100);
        assert.deepStrictEqual(outcomes, Array.from({ length: 500 }, (_, index) => (index < 100 ? `${index}` : 'RATE_LIMITED')));
        await until('the last text', () => texts(bob).at(-1) === '99');
        assert.deepStrictEqual(texts(bob), taken);
      }));
    });

    it('a live room has viewers, likes and guests', async () => {
      const [host, viewer] = [await newUser(), await newUser()];
      host.room = host.follow(await host.client.createRoom('live', { userName: 'Host' }));
      await host.room.streamStarted();
      viewer.room = viewer.follow(await viewer.client.watchRoom(host.room.roomID, { userName: 'Vera', userInfo: 'hi' }));
      assert.deepStrictEqual(names(viewer.room.pushers), ['Host']);
      assert.match(viewer.room.mixedPlayURL, /^https:/);
      await until('the viewer is counted', () => host.room.audienceCount === 1);
      assert.deepStrictEqual(await host.room.audience(), [{ userID: viewer.userID, userInfo: 'hi' }]);
      assert.strictEqual(await viewer.room.increment('likes'), 1);
      assert.strictEqual(await viewer.room.increment('likes'), 2);
      assert.strictEqual(await viewer.room.decrement('likes'), 1);
      await host.room.setField('topic', 'tea');
      for (const user of [host, viewer]) {
        await until('the fields', () => user.room.fields.topic === 'tea' && user.room.fields.likes === 1);
      }
      await assert.rejects(viewer.room.setField('topic', 'x'), { name: 'NOT_ALLOWED' });
      assert.deepStrictEqual((await viewer.client.listRooms('live')).map(({ roomID }) => roomID), [host.room.roomID]);
      await viewer.room.takeSeat({ stream: false, userName: 'Vera on stage' });
      await until('the guest', () => host.room.others.length === 1);
      assert.deepStrictEqual(names(host.room.others), ['Vera on stage']);
      await viewer.room.giveUpSeat();
      await until('the guest gone', () => host.room.others.length === 0);
      await viewer.room.leave();
      await until('the viewer gone', () => host.room.audienceCount === 0);
      viewer.room = viewer.follow(await viewer.client.watchRoom(host.room.roomID));
      await host.room.destroy();
      await until('the end', () => viewer.of('closed').length === 1);
      assert.deepStrictEqual(viewer.of('closed'), [{ reason: 'destroyed' }]);
      assert.deepStrictEqual(host.of('closed'), []);
    });

    it('viewers of a live room are told where another stream of the host is played', async () => {
      const [host, viewer] = [await newUser(), await newUser()];
      host.room = host.follow(await host.client.createRoom('live'), { streams: true });
      await host.room.streamStarted();
      viewer.room = viewer.follow(await viewer.client.watchRoom(host.room.roomID));
      const first = viewer.room.mixedPlayURL;
      let atUpdate;
      viewer.room.on('pushers', ({ updated }) => { if (updated.length) atUpdate = viewer.room.mixedPlayURL; });
      await host.room.streamBroken();
      await until('another URL', () => atUpdate);
      assert.notStrictEqual(atUpdate, first);
      const [{ mixedPlayURL }] = await viewer.client.listRooms('live');
      assert.strictEqual(atUpdate, mixedPlayURL);
    });

    it('a list of rooms is told as it changes', async () => {
      const [ann, bob] = [await newUser(), await newUser()];
      await until('the socket', () => bob.client.connection === 'connected');
      let told;
      const stop = bob.client.watchRooms('double', (rooms) => { told = rooms; });
      await until('the list', () => told);
      const room = await ann.client.createRoom('double', { roomInfo: 'tea', stream: false });
      const listed = () => told.find(({ roomID }) => roomID === room.roomID);
      await until('the room', () => listed());
      assert.deepStrictEqual([listed()], (await bob.client.listRooms('double')).filter(({ roomID }) => roomID === room.roomID));
      await bob.client.joinRoom('double', room.roomID, { stream: false });
      await until('the second member', () => listed().seats === 0);
      await room.destroy();
      await until('the end', () => !listed());
      stop();
    });

    it('names what is wrong', async () => {
      const [ann, bob, eve] = [await newUser(), await newUser(), await newUser()];
      const room = await ann.client.createRoom('double', { stream: false });
      const { roomID } = room;
      assert.deepStrictEqual(names(room.pushers), ['']);
      assert.deepStrictEqual((await bob.client.listRooms('double')).map(({ seats }) => seats), [1]);
      await assert.rejects(bob.client.createRoom('double', { roomID, stream: false }), { name: 'ROOM_EXISTS', code: 11 });
      await assert.rejects(bob.client.joinRoom('double', 'absent'), { name: 'NO_ROOM', code: 3 });
      await assert.rejects(bob.client.joinRoom('double', 'a/b'), { name: 'BAD_REQUEST' });
      await assert.rejects(bob.client.joinRoom('video', 'a'), { name: 'BAD_REQUEST' });
      await assert.rejects(bob.client.createRoom('double', { roomInfo: 'x'.repeat(1025) }), { name: 'BAD_REQUEST', code: 10 });
      const second = await bob.client.joinRoom('double', roomID, { stream: false });
      await assert.rejects(second.destroy(), { name: 'NOT_CREATOR' });
      await assert.rejects(bob.client.joinRoom('double', roomID), { name: 'BAD_REQUEST' });
      await assert.rejects(eve.client.joinRoom('double', roomID, { stream: false }), { name: 'ROOM_FULL', code: 5001 });
      assert.deepStrictEqual(eve.client.rooms, []);
      await assert.rejects(room.sendText('x'.repeat(8001)), { name: 'TOO_LONG' });
      await room.leave();
      await assert.rejects(room.sendText('x'), { name: 'CLOSED' });
      assert.throws(() => new Client({ server: 'rooms.example.com' }), { name: 'BAD_REQUEST' });
      await assert.rejects(new Client({ server: server.host }).listRooms('live'), { name: 'NOT_AUTHORISED' });
      await assert.rejects(new User(server).login({ userID: 'ann', userSig: 'eJwrong', sdkAppID: 1 }), { name: 'NOT_AUTHORISED' });
    });

    it('a user that was cut off gets what it missed', async () => {
      const [ann, bob] = await pair(newUser);
      bob.cut();
      for (const text of ['1', '2', '3']) await ann.room.sendText(text);
      await ann.client.sendDirect(bob.userID, 'direct');
      bob.show();
      await until('all', () => bob.of('message').length === 3 && bob.of('direct').length === 1);
      assert.deepStrictEqual(texts(bob), ['1', '2', '3']);
      await bob.room.sendText('4');
      await until('the answer', () => texts(ann).includes('4') && texts(bob).includes('4'));
      assert.deepStrictEqual([texts(bob), bob.of('direct').length], [['1', '2', '3', '4'], 1]);
    });

    it('a leave that arrives late ends neither the show of a host nor the place of a viewer', async () => {
      const late = [];
      const web = webPlatform({ WebSocket, storage: null });
      const request = (sent) => {
        if (!/delete_(pusher|audience)/.test(sent.url)) return web.request(sent);
        late.push(sent);
        return { reply: Promise.reject(new Error('lost')), abort() {} };
      };
      const [host, viewer] = [await newUser({ platform: { request } }), await newUser({ platform: { request } })];
      const room = await host.client.createRoom('live', { stream: false });
      const watched = await viewer.client.watchRoom(room.roomID);
      for (const left of [room, watched]) await assert.rejects(left.leave(), { name: 'NETWORK' });
      const again = await host.client.joinRoom('live', room.roomID, { stream: false });
      await viewer.client.watchRoom(room.roomID);
      assert.deepStrictEqual([...new Set(late.map(({ url }) => /delete_\w+/.exec(url)[0]))], ['delete_pusher', 'delete_audience']);
      for (const { url, body } of late) await web.request({ url, body }).reply;
      const [{ pushers, audienceCount }] = await viewer.client.listRooms('live');
      assert.deepStrictEqual([pushers.length, audienceCount, again.isClosed], [1, 1, false]);
      await again.destroy();
    });

    for (const way of ['sockets', 'polls']) {
      it(`a user that was cut off from a busy room loses no text by ${way}`, async () => {
        const options = way === 'polls' ? { platform: { hasSockets: false } } : {};
        const [host, viewer] = [await newUser(), await newUser(options)];
        host.room = await host.client.createRoom('live', { stream: false });
        viewer.room = viewer.follow(await viewer.client.watchRoom(host.room.roomID));
        await host.room.sendText('before');
        await until('the first text', () => texts(viewer).length === 1);
        viewer.cut();
        if (way === 'polls') await until('the cut', () => viewer.client.connection === 'connecting');
        const long = (index) => `${index}`.padEnd(7900, '.'); // more than comes along with the cursor
        for (let index = 0; index < 30; ++index) {
          await Promise.all(Array.from({ length: 20 }, () => host.room.increment('likes')));
          await host.room.sendText(long(index));
        }
        viewer.show();
        await until('all', () => texts(viewer).length >= 31 && viewer.room.fields.likes === 600);
        await host.room.sendText('after');
        await until('the next text', () => texts(viewer).includes('after'));
        assert.deepStrictEqual(texts(viewer), ['before', ...Array.from({ length: 30 }, (_, index) => long(index)), 'after']);
        assert.deepStrictEqual(viewer.of('gap'), []);
      });
    }

    it('goes on after a restart of the server', async () => {
      const [ann, bob] = await pair(newUser);
      await ann.room.sendText('before');
      await until('the first text', () => texts(bob).length === 1);
      await server.stop();
      await server.start();
      await ann.room.sendText('after');
      await until('both', () => texts(bob).length === 2);
      assert.deepStrictEqual([texts(bob), names(bob.room.pushers), bob.of('closed')],
        [['before', 'after'], ['Ann', 'Bob'], []]);
    });
  });
});

describe('rtcroom where few messages are kept', { skip: kNoServer }, () => {
  withServer({ 'channel.max_group_log': 3 }, (server, newUser) => {
    it('a user is told which are missing', async () => {
      const [ann, bob] = await pair(newUser);
      bob.cut();
      for (const text of '12345') await ann.room.sendText(text);
      bob.show();
      await until('the others', () => texts(bob).length === 3);
      assert.deepStrictEqual([bob.of('gap'), texts(bob)], [[{ from: 1, to: 2 }], ['3', '4', '5']]);
    });

    it('a user is told of a server that was restored from a backup', async () => {
      const [ann, bob] = await pair(newUser);
      await ann.room.sendText('1');
      await until('the first text', () => texts(bob).length === 1);
      const backup = path.join(server.folder, 'backup');
      const run = (...words) => execFileSync(process.env.RTCROOMD,
        [...words, backup, '--config', path.join(server.folder, 'rtcroomd.toml')], { stdio: 'ignore' });
      run('backup', '--url', `http://${server.settings['admin.listen']}`);
      await server.stop();
      run('restore', '--force');
      await server.start();
      await until('the gap', () => bob.of('gap').length === 1);
      await ann.room.sendText('2');
      await until('the next text', () => texts(bob).length === 2);
      assert.deepStrictEqual([bob.of('gap'), texts(bob)], [[{ from: 1, to: 1 }], ['1', '2']]);
    });
  });
});
