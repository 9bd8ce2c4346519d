// The example mini-program on phones, against the real server: the binary that RTCROOMD names.
import assert from 'node:assert';
import fs from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { kNoServer, Server } from '../console/support/server.js';
import { until } from '../console/support/until.js';
import { Phone, prepareExample } from './support/mini_program.js';
import { kForClients } from './support/settings.js';

const folder = prepareExample();
after(() => fs.rmSync(path.dirname(folder), { recursive: true }));

function withServer(settings, tests) {
  const server = new Server({ ...kForClients, ...settings });
  const phones = [];
  const newPhone = async (name, options) => {
    const phone = new Phone(folder, server.host, options);
    phones.push(phone);
    await until('the login', () => phone.app.client.userID);
    if (name) phone.type(phone.all('input')[0].attributes.placeholder, name);
    return phone;
  };
  before(() => server.start());
  after(() => server.end());
  afterEach(() => Promise.all(phones.splice(0).map((phone) => phone.close())));
  tests(newPhone, server);
}

/** Of each kind: its name on the start page, and what makes and enters a room. */
const kWords = {
  double: ['Call', 'Start a call', 'Join'],
  multi: ['Meeting', 'Start a meeting', 'Join'],
  live: ['Live', 'Go live', 'Watch'],
};

/** The first of the phones makes a room, the others enter it. */
async function meet(kind, phones) {
  const [tab, create, enter] = kWords[kind];
  for (const phone of phones) {
    phone.tap(tab);
    if (phone === phones[0]) {
      phone.tap(create);
      await until('the seat', () => phone.room?.hasSeat);
    } else {
      await phone.sees(`${phones[0].storage.name}’s room`);
      phone.tap(enter);
      await until('the room', () => phone.room);
    }
  }
}

/** The names below the pictures of others. */
const others = (phone) => phone.all('player').map(({ attributes }) => attributes.name);

const seesOthers = (phone, ...names) => until(`«${names}» at ${phone.storage.name}`,
  () => others(phone).join() === names.join());

describe('The example mini-program', { skip: kNoServer }, () => {
  withServer({}, (newPhone) => {
    it('holds a call of two, who talk, and see each other leave', async () => {
      const [ann, bob] = [await newPhone('Ann'), await newPhone('Bob')];
      await meet('double', [ann, bob]);
      assert.deepStrictEqual([ann.title, ann.isScreenOn, [...ann.authorised]],
        ['Call', true, ['scope.camera', 'scope.record']]);
      await seesOthers(ann, 'Bob');
      await seesOthers(bob, 'Ann');
      const [player] = bob.all('live-player');
      assert.match(player.attributes.src, /^rtmp:/);
      assert.deepStrictEqual([player.attributes.mode, bob.all('live-pusher')[0].attributes.mode], ['RTC', 'RTC']);
      ann.type('Write a message', ' hello <你好> ');
      bob.type('Write a message', '  ');
      for (const phone of [ann, bob]) await phone.sees('hello <你好>');
      assert.deepStrictEqual([ann, bob].map(({ page }) => page.data.messages.map(({ nick, isOwn }) => [nick, isOwn])),
        [[['Ann', true]], [['Ann', false]]]);
      bob.tap('Leave');
      await ann.sees('Waiting for others');
      assert.deepStrictEqual([bob.pages.length, bob.title, bob.isScreenOn, others(ann)], [1, 'Rooms', false, []]);
      ann.tap('Leave');
      bob.tap('Call');
      await until('no rooms', async () => {
        await bob.page.onPullDownRefresh();
        return bob.texts().includes('No rooms yet. Start one, or pull down to look again.');
      });
    });

    it('holds a meeting of three, who read what was said before they came', async () => {
      const phones = [await newPhone('Ann'), await newPhone('Bob'), await newPhone()];
      const [ann, bob, guest] = phones;
      await meet('multi', [ann, bob]);
      ann.type('Write a message', 'welcome');
      await bob.sees('welcome');
      await seesOthers(ann, 'Bob');
      guest.tap('Meeting');
      await guest.sees('2 members');
      guest.tap('Join');
      await seesOthers(guest, 'Ann', 'Bob');
      await guest.sees('welcome');
      await seesOthers(ann, 'Bob', 'Guest');
      ann.tap('Leave');
      await seesOthers(bob, 'Guest');
      await seesOthers(guest, 'Bob');
    });

    it('mutes, flips the camera, and plays a lost stream again', async () => {
      const [ann, bob] = [await newPhone('Ann'), await newPhone('Bob')];
      await meet('double', [ann, bob]);
      await seesOthers(ann, 'Bob');
      ann.tap('Mute');
      assert.strictEqual(ann.all('live-pusher')[0].attributes.muted, true);
      ann.tap('Unmute');
      assert.strictEqual(ann.all('live-pusher')[0].attributes.muted, false);
      ann.tap('Flip');
      ann.tellPlayer({ code: 2103 });
      ann.tellPlayer({ code: -2301 });
      assert.deepStrictEqual([ann.pusherCalls, ann.playerCalls], [['switchCamera'], ['play']]);
    });

    it('has live rooms with viewers, likes, messages and guests', async () => {
      const [host, vera] = [await newPhone('Hao'), await newPhone('Vera')];
      await meet('live', [host, vera]);
      await host.sees('1 viewer');
      await seesOthers(vera, 'Hao');
      const picture = () => vera.all('live-player')[0].attributes;
      assert.match(picture().src, /^https:.*\.flv$/);
      assert.deepStrictEqual([picture().mode, vera.authorised.size, vera.all('live-pusher').length], ['live', 0, 0]);
      for (const likes of ['♥ 1', '♥ 2']) {
        vera.tap(vera.texts().find((text) => text.startsWith('♥')));
        for (const phone of [host, vera]) await phone.sees(likes);
      }
      vera.type('Write a message', 'hi');
      await host.sees('hi');
      vera.tap('Join in');
      await seesOthers(host, 'Vera');
      assert.deepStrictEqual([picture().mode, vera.all('live-pusher')[0].attributes.class], ['RTC', 'guest']);
      vera.tap('Step down');
      await seesOthers(host);
      assert.deepStrictEqual([picture().mode, vera.all('live-pusher')], ['live', []]);
      host.tap('End');
      await until('the end', () => vera.modal);
      assert.match(vera.modal.content, /^(The host has left|The room was ended)\.$/);
      vera.confirm();
      assert.deepStrictEqual([vera.pages.length, host.pages.length], [1, 1]);
    });

    it('tells who comes too late that all seats are taken, and lets nobody enter a full room', async () => {
      const [ann, bob, eve] = [await newPhone('Ann'), await newPhone('Bob'), await newPhone('Eve')];
      await meet('double', [ann]);
      for (const phone of [eve, bob]) {
        phone.tap('Call');
        await phone.sees('Join');
      }
      bob.tap('Join');
      await seesOthers(ann, 'Bob');
      eve.tap('Join');
      await until('the refusal', () => eve.modal);
      assert.strictEqual(eve.modal.content, 'All seats are taken.');
      eve.confirm();
      await eve.sees('Full');
      eve.authorised.clear();
      eve.tap('Full');
      assert.deepStrictEqual([eve.pages.length, eve.authorised.size], [1, 0]);
    });

    it('tells a viewer who finds all seats taken, who goes on watching', async () => {
      const [host, ...guests] = await Promise.all(['Hao', 'A', 'B', 'C', 'D'].map((name) => newPhone(name)));
      await meet('live', [host, ...guests]);
      for (const [at, guest] of guests.slice(0, 3).entries()) {
        guest.tap('Join in');
        await seesOthers(host, ...['A', 'B', 'C'].slice(0, at + 1));
      }
      const last = guests[3];
      last.tap('Join in');
      await until('the refusal', () => last.toasts.length);
      assert.deepStrictEqual([last.toasts, last.modal, last.all('live-pusher')], [['All seats are taken.'], null, []]);
      await last.sees('Join in');
    });

    it('asks for the camera again once the settings are changed', async () => {
      const ann = await newPhone('Ann', { refuses: ['scope.record'] });
      ann.tap('Start a call');
      await ann.sees('To be seen and heard, allow camera and microphone in the settings.');
      assert.strictEqual(ann.room, undefined);
      ann.tap('Open settings');
      await until('the seat', () => ann.room?.hasSeat);
      const first = ann.all('live-pusher')[0].attributes.url;
      ann.tellPusher('bindstatechange', { code: -1301 });
      await ann.sees('Camera or microphone cannot be opened. Another program may use them.');
      ann.tap('Try again');
      await until('another stream', () => ann.all('live-pusher')[0].attributes.url !== first);
      ann.tellPusher('binderror', { errCode: 10002 });
      await ann.sees('Open settings');
    });

    it('tells a viewer without a camera, who goes on watching', async () => {
      const [host, vera] = [await newPhone('Hao'), await newPhone('Vera', { refuses: ['scope.camera'] })];
      await meet('live', [host, vera]);
      vera.tap('Join in');
      await vera.sees('Open settings');
      vera.tap('Not now');
      assert.ok(!vera.texts().includes('Open settings'));
      await seesOthers(vera, 'Hao');
      vera.tap('Join in');
      await vera.sees('Open settings');
      vera.tap('Open settings');
      await seesOthers(host, 'Vera');
    });

    it('leaves a room that the user no longer waits for', async () => {
      const [ann, bob] = [await newPhone('Ann'), await newPhone('Bob')];
      ann.tap('Start a call');
      const { page } = ann;
      const { open } = page;
      let room;
      page.open = async (...values) => {
        room = await open.call(page, ...values);
        return room;
      };
      ann.tap('Leave');
      await until('the end', () => room?.isClosed);
      await until('no room', async () => !(await bob.app.client.listRooms('double')).length);
      assert.strictEqual(ann.modal, null);
    });

    it('is paused in the background, and goes on when it is shown', async () => {
      const [ann, bob] = [await newPhone('Ann'), await newPhone('Bob')];
      await meet('double', [ann, bob]);
      ann.hide();
      bob.type('Write a message', 'are you there?');
      await bob.sees('are you there?');
      ann.show();
      await ann.sees('are you there?');
      assert.deepStrictEqual([ann.pusherCalls, ann.room.hasSeat], [['pause', 'resume'], true]);
    });

    it('leaves the room to the phone of a later login, and does not log in again by itself', async () => {
      const ann = await newPhone('Ann');
      await meet('double', [ann]);
      const second = await newPhone('', { storage: structuredClone(ann.storage) });
      await until('the end', () => ann.modal);
      assert.strictEqual(ann.modal.content, 'You have logged in on another phone.');
      ann.confirm();
      await ann.sees('You have logged in on another phone.');
      assert.deepStrictEqual([ann.app.client.userID, Boolean(second.app.client.userID)], ['', true]);
      ann.tap('Try again');
      await second.sees('You have logged in on another phone.');
    });

    it('leads from an invitation into the room, and from there to the start', async () => {
      const [ann, bob] = [await newPhone('Ann'), await newPhone('Bob')];
      await meet('multi', [ann]);
      const invitation = ann.page.onShareAppMessage();
      assert.strictEqual(invitation.title, 'Ann invites you');
      bob.wx.reLaunch({ url: invitation.path });
      await seesOthers(bob, 'Ann');
      bob.tap('Leave');
      assert.deepStrictEqual([bob.title, bob.pages.length], ['Rooms', 1]);
    });

    it('says what fails, and tries again', async () => {
      const ann = await newPhone('Ann');
      ann.isCut = true;
      ann.tap('Live');
      await ann.sees('No connection to the server.');
      ann.isCut = false;
      ann.tap('Try again');
      await ann.sees('No rooms yet. Start one, or pull down to look again.');
    });

    it('speaks the language of the system, or the one that is chosen, which it remembers', async () => {
      const [li, ann] = [await newPhone('', { language: 'zh_CN' }), await newPhone('Ann')];
      await meet('double', [ann]);
      li.tap('双人通话');
      await li.sees('Ann的房间');
      assert.deepStrictEqual([li.title, li.texts().includes('1 人')], ['房间', true]);
      li.tap('English');
      await li.sees('Ann’s room');
      assert.strictEqual(li.title, 'Rooms');
      const again = await newPhone('', { language: 'zh_CN', storage: li.storage });
      await again.sees('Start a call');
    });
  });

  withServer({ 'room.heartbeat_timeout': '20s', 'room.sweep_period': '200ms' }, (newPhone) => {
    it('returns with another stream after too long in the background', async () => {
      const [ann, bob] = [await newPhone('Ann'), await newPhone('Bob')];
      await meet('double', [ann, bob]);
      await seesOthers(bob, 'Ann');
      const url = () => ann.all('live-pusher')[0]?.attributes.url;
      const first = url();
      ann.hide();
      await seesOthers(bob);
      ann.show();
      await seesOthers(bob, 'Ann');
      assert.deepStrictEqual(ann.toasts, ['You were away for too long. Returning…']);
      assert.notStrictEqual(url(), first);
    });

    it('tells who comes back that the room has ended', async () => {
      const [host, vera] = [await newPhone('Hao'), await newPhone('Vera')];
      await meet('live', [host, vera]);
      host.hide();
      await until('the end', () => vera.modal);
      assert.strictEqual(vera.modal.content, 'The host has left.');
      host.show();
      await until('the news', () => host.modal);
      assert.match(host.modal.content, /^The room ended while you were away\.$|^The host has left\.$/);
    });
  });

  withServer({ 'channel.enabled': false, 'im.sdk_app_id': 1400000000, 'im.secret_key': 'key' }, (newPhone) => {
    it('has no field for messages where the server has none', async () => {
      const ann = await newPhone('Ann');
      await meet('double', [ann]);
      await until('no field', () => !ann.all('input').length);
    });
  });
});
