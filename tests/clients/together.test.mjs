// All kinds of clients in one room, against the real server: the binary that RTCROOMD names. RTCROOM_SECONDS says how
// long they talk and how long the network is away, and has two servers on PostgreSQL; SDKS names other SDKs of today.
import assert from 'node:assert';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { kNoServer, person, Server } from '../console/support/server.js';
import { until } from '../console/support/until.js';
import { OldPhone } from './support/old_phone.js';
import { Phone } from './support/phone.js';
import { Postgres } from './support/postgres.js';
import { kForSdks, readSdks } from './support/sdk_fixture.js';
import { SdkUser } from './support/sdk_user.js';
import { SilentProxy } from './support/silent_proxy.js';
import { texts as textsOf, User } from './support/users.js';

const kSdks = readSdks(process.env.SDKS ?? 'tim-js-sdk tim-wx-sdk:wx @tencentcloud/chat');
const kSeconds = Number(process.env.RTCROOM_SECONDS ?? 0);
/** Servers that share logins have one. */
const kImKey = { 'im.sdk_app_id': 1400000001, 'im.secret_key': 'a key of the test application' };
const kPhoneSecond = 300; // of webim_wx, in milliseconds

/** Adds what comes to a list to another one, too. */
function copyTo(heard, list, form) {
  const push = list.push.bind(list);
  list.push = (one) => {
    heard.push(form(one));
    return push(one);
  };
}

describe('All clients together', { skip: kNoServer }, () => {
  const settings = { ...kForSdks, 'auth.interop': 'shared', 'channel.account_rate': '0/s', 'channel.group_rate': '0/s' };
  const server = new Server(settings);
  server.settings['grpc.listen'] = `unix:${path.join(server.folder, 'grpc.sock')}`;
  const other = new Server(settings);
  let postgres;
  let serving = server;
  const network = new SilentProxy(() => serving.host);
  let all = [];
  let host; // of the room
  let room;

  before(async () => {
    if (kSeconds) {
      postgres = await Postgres.start();
      for (const node of [server, other]) Object.assign(node.settings, kImKey, { 'store.url': postgres.url });
      await other.start();
    }
    await server.start();
    await network.start();
  });
  after(async () => {
    network.close();
    await server.end();
    await other.end();
    await postgres?.end();
  });
  afterEach(() => Promise.all(all.splice(0).map(({ end }) => end())));

  const operate = (...words) => {
    const ran = spawnSync(process.env.RTCROOMD, ['rooms', ...words, '--target', server.settings['grpc.listen']]);
    assert.strictEqual(ran.status, 0, `rooms ${words}: ${ran.stderr}`);
  };

  async function addSdk(sdk) {
    const identity = await server.newUser();
    const user = await new SdkUser({ host: network.host, settings: server.settings }, sdk, identity).login();
    await user.join(room);
    const heard = () => user.messages.filter(({ type }) => type === 'TIMTextElem' || type === 'TIMGroupSystemNoticeElem')
      .map(({ payload }) => payload.text ?? payload.operationType);
    return { name: sdk.name, userID: user.userID, user, heard, texts: () => user.texts(),
      say: (text) => user.say('GROUP', room, text), end: () => user.kill() };
  }

  /** @param at  the host that it calls */
  async function addPhone(name, at, { Kind = Phone, hasSockets = true } = {}) {
    const identity = await server.newUser();
    const phone = new Kind(at, identity.userID, { second: kPhoneSecond });
    if (!hasSockets) phone.wx.connectSocket = () => undefined;
    const heard = [];
    copyTo(heard, phone.notices, (type) => type);
    copyTo(heard, phone.messages ?? phone.texts, (one) => one.text ?? one);
    await phone.login(identity);
    await phone.join(room);
    return { name, userID: identity.userID, heard: () => heard, texts: () => phone.texts, say: (text) => phone.say(text),
      end: () => phone.logout() };
  }

  async function addLibrary(kind) {
    const user = await new User({ host: network.host }).login();
    user.room = user.follow(await user.client.joinRoom(kind, room, { userName: 'Lib', stream: false }));
    // It is told of pushers and of the end in events of its own.
    const types = { pushers: 255, closed: 5 };
    const heard = () => {
      const all = user.events.filter(([name]) => name === 'message' || name in types).map(([name, value]) => types[name] ?? value.body);
      // Before the end it is told of each pusher that leaves by it.
      while (all.at(-1) === 5 && all.at(-2) === 255) all.splice(-2, 1);
      return all;
    };
    return { name: 'rtcroom', userID: user.userID, user, heard, texts: () => textsOf(user), say: (text) => user.room.sendText(text),
      end: () => user.client.logout().catch(() => {}) };
  }

  /** The host's room, and one of each client in it; the phone of the host is not behind the network that is taken away. */
  async function meet(kind) {
    host = await new User(server).login();
    all.push({ end: () => host.client.logout().catch(() => {}) });
    host.room = await host.client.createRoom(kind, { roomInfo: 'talk', userName: 'Host', stream: false });
    room = host.room.roomID;
    const speaker = await addPhone('speaker', (postgres ? other : server).host);
    all.push(speaker);
    for (const sdk of kSdks) all.push(await addSdk(sdk));
    all.push(await addPhone('webim_wx', network.host));
    all.push(await addPhone('webim_wx by polls', network.host, { hasSockets: false }));
    all.push(await addPhone('the SDK of 2018', network.host, { Kind: OldPhone }));
    all.push(await addLibrary(kind));
    const members = all.slice(1);
    return { speaker, members };
  }

  /** Until all have seen the same as the speaker, which sees its own texts, too: each once, in one order. */
  async function agree(speaker, members, acknowledged) {
    const ownedBy = ({ name }) => (text) => text.startsWith(`${name}: `);
    const others = (member, texts) => texts.filter((text) => !ownedBy(member)(text));
    await until('the speaker has all', () => acknowledged.every((text) => speaker.texts().includes(text)));
    const order = [...speaker.texts()];
    assert.strictEqual(new Set(order).size, order.length, `twice: ${order}`);
    for (const member of members) {
      const expected = others(member, order);
      await until(`${member.name} has all`, () => others(member, member.texts()).length >= expected.length).catch((error) => {
        throw new Error(`${error.message}: ${expected.filter((text) => !member.texts().includes(text))}`);
      });
      assert.deepStrictEqual(others(member, member.texts()), expected, member.name);
    }
  }

  /** Each sends one text after the other until `isOver`. @returns those that were acknowledged, as they are */
  function talk(members, isOver) {
    const acknowledged = [];
    const talking = members.map(async (member) => {
      for (let at = 0; !isOver(); at += 1) {
        const text = `${member.name}: ${at}`;
        await member.say(text).then(() => acknowledged.push(text), () => {});
        await setTimeout(60 * members.length); // of a room, a login gets at most the newest 200 that it missed
      }
    });
    return { acknowledged, done: Promise.all(talking) };
  }

  for (const kind of ['multi', 'live']) {
    it(`each sees each text and notice once, in a ${kind} room`, async () => {
      const { members } = await meet(kind);
      const said = [];
      for (let at = 0; at < 3; at += 1) {
        for (const member of members) {
          said.push(`${member.name}: ${at} <b> }} 你好`);
          await member.say(said.at(-1));
        }
      }
      const plain = (text) => text.replace(/&lt;/g, '<').replace(/&gt;/g, '>');
      for (const member of members) {
        const expected = said.filter((text) => !text.startsWith(`${member.name}: `));
        const others = () => member.texts().map(plain).filter((text) => !text.startsWith(`${member.name}: `));
        await until(`${member.name} has all`, () => others().length >= expected.length);
        assert.deepStrictEqual(others(), expected, member.name);
      }
      // Texts of others, and types of notices: the library may show its own last text later.
      const heard = (member) => member.heard().filter((one) => !`${one}`.startsWith(`${member.name}: `));
      const begun = new Map(members.map((member) => [member, heard(member).length]));
      const since = (member) => heard(member).slice(begun.get(member));
      const expected = [];
      let listeners = members;
      const hear = async (what, change) => {
        expected.push(what);
        await change();
        for (const member of listeners) await until(`${member.name} hears ${what}`, () => since(member).length >= expected.length && since(member).at(-1) === what);
      };
      const say = (text) => hear(text, () => host.room.sendText(text));
      await hear(255, () => server.mustCall(`${kind}_room/add_pusher`, { roomID: room, ...person('cat') }));
      await say('host: 1');
      await hear(255, () => operate('kick', kind, room, 'cat'));
      await say('host: 2');
      const [banned] = members.filter(({ name }) => name === kSdks[0].name);
      await hear(255, () => server.mustCall(`${kind}_room/add_pusher`, { roomID: room, ...person(banned.userID) }));
      listeners = members.filter((one) => one !== banned);
      await hear(255, () => operate('kick', kind, room, banned.userID, '--ban', '10m'));
      await until('it is told of its ban', () => banned.heard().includes(kind === 'live' ? 21 : 4));
      await assert.rejects(banned.user.join(room), { code: 10007 });
      await say('host: 3');
      await hear(5, () => operate('dismiss', kind, room));
      assert.deepStrictEqual(Object.fromEntries(listeners.map((member) => [member.name, since(member)])),
        Object.fromEntries(listeners.map(({ name }) => [name, expected])));
      assert.ok(!banned.texts().includes('host: 3'));
    });
  }

  it('a server that is killed while all send loses nothing, and nothing comes twice', async () => {
    const { speaker, members } = await meet('multi');
    let isOver = false;
    const { acknowledged, done } = talk(members, () => isOver);
    for (let round = 0; round <= Math.ceil(kSeconds / 20); round += 1) {
      const before = acknowledged.length;
      await until('some are sent', () => acknowledged.length > before + 20);
      await server.kill();
      await server.start();
    }
    const count = ({ name }) => acknowledged.filter((text) => text.startsWith(`${name}: `)).length;
    const sent = members.map(count);
    await until('each can send again', () => members.every((member, at) => count(member) > sent[at]));
    isOver = true;
    await done;
    await agree(speaker, members, acknowledged);
  });

  it('all go on at the other server when theirs has died, and lose nothing', { skip: !kSeconds && 'one server' }, async () => {
    const { speaker, members } = await meet('multi');
    let isOver = false;
    const { acknowledged, done } = talk(members, () => isOver);
    const count = ({ name }) => acknowledged.filter((text) => text.startsWith(`${name}: `)).length;
    await until('some are sent', () => acknowledged.length > 50);
    await server.kill();
    serving = other;
    const sent = members.map(count);
    await until('each can send again', () => members.every((member, at) => count(member) > sent[at]));
    isOver = true;
    await done;
    await agree(speaker, members, acknowledged);
    serving = server;
    await server.start();
  });

  for (const kind of ['multi', 'live']) {
    it(`nothing is missed without a network, in a ${kind} room`, async () => {
      const { speaker, members } = await meet(kind);
      await speaker.say('speaker: before');
      await agree(speaker, members, ['speaker: before']);
      network.silence();
      const begun = Date.now();
      const said = [];
      for (let at = 0; at < 20 || Date.now() < begun + kSeconds * 1000; at += 1) {
        said.push(`speaker: ${at}`);
        await speaker.say(said.at(-1));
        await setTimeout(kSeconds * 10); // at most a hundred
      }
      network.mend();
      await until('each is back', async () => {
        await speaker.say(`speaker: after ${said.length}`);
        said.push(`speaker: after ${said.length}`);
        await setTimeout(200);
        return members.every((member) => member.texts().some((text) => text.startsWith('speaker: after')));
      });
      await agree(speaker, members, said);
    });
  }
});
