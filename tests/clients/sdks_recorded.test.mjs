// What three of today's IM SDKs have asked another server, recorded with its replies and pushes: the real server, the binary
// that RTCROOMD names, takes each request, and what it answers has all members of what was recorded.
import assert from 'node:assert';
import fs from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { kNoServer, person, Server } from '../console/support/server.js';
import { until } from '../console/support/until.js';
import { WebSocket } from './support/packages.js';
import { identityFor, kForSdks } from './support/sdk_fixture.js';

const kRecorded = JSON.parse(fs.readFileSync(new URL('support/recorded_sdks.json', import.meta.url), 'utf8'));
const kPrefix = 'group_open_http_svc.';
const kMeeting = 'meet_1';
/** What this server refuses, though the other one did not. */
const kRefused = {
  'openim.msgwithdraw': 20016,
  [`${kPrefix}group_msg_recall`]: 10031,
  [`${kPrefix}create_group ChatRoom`]: 10016,
  [`${kPrefix}destroy_group`]: 10007, // of a room
};
/** The notice of an end has no receiver, since all get the same frame, and that of a kick does not say who is there now. */
const kLeftOut = /(GroupTips\[0\]\/To_Account|NewInstInfo\/\w+): undefined/;
/** Pushes of what this server has not: messages that are withdrawn. */
const isWithdrawal = (push) => /"(GroupWithdrawInfoArray|WithdrawC2cMsgNotify)"/.test(JSON.stringify(push));

const typeOf = (value) => (Array.isArray(value) ? 'array' : typeof value);

/** How what was made lacks what was recorded; empty: it has all. An empty list shows nothing. */
function difference(recorded, made, path = '') {
  if (typeOf(recorded) !== typeOf(made)) return `${path}: ${typeOf(made)} and not ${typeOf(recorded)}`;
  if (Array.isArray(recorded)) return recorded.length && made.length ? difference(recorded[0], made[0], `${path}[0]`) : '';
  if (typeof recorded !== 'object') return '';
  return Object.entries(recorded).map(([name, value]) => difference(value, made[name], `${path}/${name}`))
    .find((lack) => lack && !kLeftOut.test(lack)) ?? '';
}

/** The connection of one SDK. */
class Connection {
  pushes = [];
  login = {};
  #replies = new Map();
  #socket;

  async open(server, sdkAppID) {
    const host = server.host.replace(/^http/, 'ws');
    this.#socket = new WebSocket(`${host}/binfo?sdkappid=${sdkAppID}&instanceid=0&random=0.5&sdkversion=2.27.6`);
    this.#socket.on('message', (data) => {
      const { head, body } = JSON.parse(String(data));
      if (head.seq === 0) this.pushes.push({ head, body });
      else this.#replies.set(`${head.servcmd} ${head.seq}`, body);
    });
    await until('it is open', () => this.#socket.readyState === WebSocket.OPEN);
    return this;
  }

  /** @returns {Promise<any>} the body of the reply */
  async ask({ head, body }) {
    this.send({ head, body });
    const name = `${head.servcmd} ${head.seq}`;
    await until(`the reply to ${name}`, () => this.#replies.has(name));
    return this.#replies.get(name);
  }

  send({ head, body }) { this.#socket.send(Buffer.from(JSON.stringify({ head: { ...head, ...this.login }, body }))); }

  close() { this.#socket.terminate(); }
}

for (const [sdk, { requests, pushes }] of Object.entries(kRecorded)) {
  describe(`What ${sdk} has asked`, { skip: kNoServer }, () => {
    const server = new Server({ ...kForSdks, 'channel.create_groups': true });
    const connections = [];
    const joined = new Set();
    let seq = 0; // above those that were recorded
    let hasMeeting = false;

    async function logIn(account, request = { head: { servcmd: 'im_open_status.wslogin', seq: 1 }, body: { State: 'Online' } }) {
      const { userSig: usersig, sdkAppID } = await identityFor(server, account, 3600);
      const connection = await new Connection().open(server, sdkAppID);
      connections.push(connection);
      connection.login = { identifier: account, usersig };
      const reply = await connection.ask(request);
      connection.login = { tinyid: reply.TinyId, a2: reply.A2Key };
      return { connection, reply };
    }
    before(() => server.start());
    after(async () => {
      connections.forEach((one) => one.close());
      await server.end();
    });

    it('is answered with all that it got, and so are its pushes', async () => {
      const own = (servcmd, body) => ({ head: { servcmd, seq: 2 ** 32 + (seq += 1) }, body });
      const [alice, bob, dave] = [await logIn('alice'), await logIn('bob'), await logIn('dave')].map(({ connection }) => connection);
      const text = { MsgType: 'TIMTextElem', MsgContent: { Text: 'hi' } };
      const custom = { MsgType: 'TIMCustomElem', MsgContent: { Data: '{"x":1}', Desc: 'd', Ext: 'e' } };
      for (const [from, to, element] of [[alice, 'bob', text], [bob, 'alice', custom], [dave, 'alice', text]]) {
        await from.ask(own('openim.sendmsg', { To_Account: to, MsgSeq: 1, MsgRandom: 1, MsgBody: [element] }));
      }

      /** A group that is asked about is there, and its members ask. */
      async function prepare(connection, servcmd, body) {
        const groups = [body.GroupId ?? body.GroupIdList ?? []].flat().map((one) => one.GroupId ?? one);
        const isOnly = /(create|destroy|apply_join|public_info)/.test(servcmd);
        if (groups.includes(kMeeting) && !hasMeeting && !servcmd.includes('create')) {
          hasMeeting = true;
          await server.mustCall('multi_room/create_room', { roomID: kMeeting, roomName: 'n', ...person('host') });
        }
        for (const group of isOnly ? [] : groups) {
          const place = `${connections.indexOf(connection)} ${group}`;
          if (joined.has(place)) continue;
          joined.add(place);
          await connection.ask(own(`${kPrefix}apply_join_group`, { GroupId: group }));
          await connection.ask(own(`${kPrefix}send_group_msg`, { GroupId: group, Random: joined.size, MsgBody: [text] }));
        }
      }

      const faults = [];
      const check = (servcmd, { head: { tinyid }, body }, recorded, made) => {
        const expected = kRefused[`${servcmd} ${body.Type}`] ?? kRefused[servcmd] ?? 0;
        if (made.ErrorCode !== expected) faults.push(`${servcmd}: ${JSON.stringify(made)}`);
        const lack = expected ? '' : difference(recorded, made);
        if (lack) faults.push(`${servcmd} of ${tinyid}${lack}`);
      };
      const isLast = ({ request }) => /wslogout/.test(request.head.servcmd);
      const repeat = async ({ request, reply }) => {
        const { servcmd, tinyid } = request.head;
        if (servcmd === 'im_open_status.wslogin') {
          return check(servcmd, request, reply, (await logIn('carol', request)).reply);
        }
        const connection = tinyid?.endsWith('2') ? bob : alice;
        await prepare(connection, servcmd, request.body);
        return reply ? check(servcmd, request, reply, await connection.ask(request)) : connection.send(request);
      };
      for (const one of requests) if (!isLast(one)) await repeat(one);
      await server.mustCall('multi_room/destroy_room', { roomID: kMeeting, userID: 'host' });
      await until('the end of the room', () => bob.pushes.some((push) => JSON.stringify(push).includes('"ReportType":5')));
      for (const one of requests) if (isLast(one)) await repeat(one);
      await logIn('bob');

      const got = () => [...alice.pushes, ...bob.pushes];
      for (const push of pushes.filter((one) => !isWithdrawal(one))) {
        const isLike = ({ head, body }) => head.servcmd === push.head.servcmd &&
          difference(push.body.EventArray, body.EventArray) === '' &&
          body.EventArray[0].Event === push.body.EventArray[0].Event;
        await until(`a push like ${JSON.stringify(push)}`, () => got().some(isLike), 20_000)
          .catch(({ message }) => faults.push(message));
      }
      assert.deepStrictEqual(faults, []);
    });
  });
}
