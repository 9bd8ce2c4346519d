// Today's IM SDKs by thousands, as far as their wire goes: no package could be run so often. RTCROOMD names the release.
//   node sdk_fleet.mjs idle [SOCKETS [SECONDS]]            10000, 30
//     the server's memory for each socket, and its CPU while the SDKs only greet it, each after the interval that it is given
//   node sdk_fleet.mjs texts [MEMBERS [TEXTS [ROUNDS]]]    1000, 50, 3
//     texts, ten a second, to members with SDKs, and to as many new clients at /channel/ws, in turn: the server's CPU for a
//     delivery, receipts included, and the ratio
// The package ws comes from `npm ci --prefix tests/clients`.
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { kForSdks } from '../clients/support/sdk_fixture.js';
import { person, Server } from '../console/support/server.js';

const WebSocket = createRequire(new URL('../clients/package.json', import.meta.url))('ws');
const kHead = { ver: 'v4', platform: 7, websdkappid: 537048168, websdkversion: '1.7.3', contenttype: 'json', sdkability: 192371 };

const [what, ...numbers] = process.argv.slice(2);
const server = new Server({ ...kForSdks, 'server.max_connections': 25000, 'server.max_connections_per_address': 25000 });
await server.start();
let received = 0;

/** CPU of the server in seconds, and its memory in KiB. */
async function used() {
  const metrics = await (await fetch(`http://${server.settings['admin.listen']}/metrics`)).text();
  const value = (name) => Number(new RegExp(`^${name} (.*)$`, 'm').exec(metrics)[1]);
  return { cpu: value('process_cpu_seconds_total'), memory: value('process_resident_memory_bytes') / 1024 };
}

class Client {
  #waiting = new Map();
  #last = 1000;
  constructor(path, protocols) {
    this.socket = new WebSocket(`${server.host.replace('http', 'ws')}${path}`, protocols, { perMessageDeflate: false });
    this.socket.on('message', (bytes) => this.onMessage(bytes.toString()));
    this.opened = new Promise((resolve, reject) => this.socket.on('open', resolve).on('error', reject));
  }
  /** The reply to what `frame` makes of the request's number. */
  request(frame) {
    this.#last += 1;
    this.socket.send(frame(this.#last));
    return new Promise((resolve) => this.#waiting.set(this.#last, resolve));
  }
  onReply(number, reply) {
    this.#waiting.get(number)?.(reply);
    this.#waiting.delete(number);
  }
}

class Sdk extends Client {
  static async login({ sdkAppID, userID, userSig }) {
    const sdk = new Sdk(`/binfo?sdkappid=${sdkAppID}&instanceid=x&random=0.5&platform=7&sdkversion=2.27.6`);
    await sdk.opened;
    sdk.head = { ...kHead, sdkappid: sdkAppID, identifier: userID, usersig: userSig };
    const login = await sdk.ask('im_open_status.wslogin', { State: 'Online', is_web_uniapp: 0, InstType: 0 });
    sdk.head = { ...kHead, sdkappid: sdkAppID, a2: login.A2Key, tinyid: login.TinyId, status_instid: login.InstId };
    sdk.interval = login.HelloInterval * 1000;
    return sdk;
  }
  async ask(servcmd, body) {
    const reply = await this.request((seq) => Buffer.from(JSON.stringify({ head: { ...this.head, servcmd, seq }, body })));
    if (reply.ErrorCode) throw new Error(`${servcmd}: ${JSON.stringify(reply)}`);
    return reply;
  }
  onMessage(text) {
    const { head, body } = JSON.parse(text);
    if (head.servcmd !== 'im_open_push.msg_push') return this.onReply(head.seq, body);
    for (const event of body.EventArray) received += event.GroupMsgArray?.length ?? 0;
    if (body.NeedAck) void this.ask('openim.ws_msg_push_ack', { SessionData: body.SessionData });
  }
  join(room) { return this.ask('group_open_http_svc.apply_join_group', { GroupId: room }); }
  say(room, text, number) {
    return this.ask('group_open_http_svc.send_group_msg',
      { GroupId: room, Random: number, ClientSeq: number, MsgBody: [{ MsgType: 'TIMTextElem', MsgContent: { Text: text } }] });
  }
}

class NewClient extends Client {
  static async login({ userID, userSig }) {
    const client = new NewClient('/channel/ws', 'rtcroomd.v1');
    await client.opened;
    await client.ask({ connect: { userID, userSig } });
    return client;
  }
  async ask(verb) {
    const reply = await this.request((id) => JSON.stringify({ id, ...verb }));
    if (reply.error) throw new Error(JSON.stringify(reply));
    return reply;
  }
  onMessage(text) {
    for (const line of text.split('\n')) {
      const { id, event } = JSON.parse(line);
      if (event?.message) received += 1;
      if (id) this.onReply(id, JSON.parse(line));
    }
  }
  join(room) { return this.ask({ subscribe: { kind: 'multi', roomID: room } }); }
  say(room, text, number) { return this.ask({ send: { kind: 'multi', roomID: room, type: 'text', body: text, key: `${number}` } }); }
}

/** Some at a time. @returns {Promise<Client[]>} */
async function open(kind, count) {
  const clients = [];
  while (clients.length < count) {
    const some = Array.from({ length: Math.min(50, count - clients.length) }, async () => kind.login(await server.newUser()));
    clients.push(...await Promise.all(some));
  }
  return clients;
}

async function measureIdle(sockets = 10_000, seconds = 30) {
  const before = await used();
  const sdks = await open(Sdk, sockets);
  console.log(`${sockets} sockets: ${(((await used()).memory - before.memory) / sockets).toFixed(1)} KiB each`);
  const greet = async (sdk) => {
    for (await sleep(Math.random() * sdk.interval); ; await sleep(sdk.interval)) await sdk.ask('im_open_status.wshello', {});
  };
  for (const sdk of sdks) void greet(sdk);
  await sleep(10_000);
  const begun = await used();
  await sleep(seconds * 1000);
  console.log(`the server's CPU: ${(100 * ((await used()).cpu - begun.cpu) / seconds).toFixed(1)} % of a core`);
}

async function measureTexts(members = 1000, texts = 50, rounds = 3) {
  const fleets = new Map();
  for (const kind of [Sdk, NewClient]) {
    await server.mustCall('multi_room/create_room', { roomID: kind.name, roomName: kind.name, ...person(kind.name) });
    const clients = await open(kind, members + 1);
    for (const client of clients) await client.join(kind.name);
    fleets.set(kind.name, clients);
  }
  const ratios = [];
  for (let round = 0; round < rounds; round += 1) {
    const each = [];
    for (const [room, clients] of fleets) {
      await sleep(2000);
      received = 0;
      const begun = await used();
      for (let i = 0; i < texts; i += 1) {
        await clients[0].say(room, 'x'.repeat(70), (round * texts) + i + 1);
        await sleep(100);
      }
      // Whoever has sent is not told with an SDK.
      while (received < texts * members) await sleep(100);
      each.push(1e6 * ((await used()).cpu - begun.cpu) / received);
      console.log(`${room}: ${received} deliveries, ${each.at(-1).toFixed(1)} us of CPU each`);
    }
    ratios.push(each[0] / each[1]);
  }
  console.log(`ratio: ${ratios.toSorted((a, b) => a - b)[Math.floor(rounds / 2)].toFixed(2)} (median of ${rounds})`);
}

await (what === 'idle' ? measureIdle : measureTexts)(...numbers.map(Number));
await server.end();
process.exit();
