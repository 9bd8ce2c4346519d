// Everything that a call with browsers takes: the media server, rtcroomd, its workers, and a browser.
import assert from 'node:assert';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { Server } from '../../../console/support/server.js';
import { until } from '../../../console/support/until.js';
import { MediaServer } from '../media_server.mjs';
import { freeAddress, Process, run } from '../processes.mjs';
import { Browser } from './browser.mjs';
import { PlayingPhone, PushingPhone } from './phone.mjs';

const kTurnSecret = '0123456789abcdef';
const kPatienceMs = 240_000; // beside builds a mix begins after half a minute, and players that waited for it come back
const kProgram = process.env.RTCROOMD ?? '';
const kWorker = path.join(path.dirname(kProgram), 'rtcroomd-web');
/** The reason to skip tests, or false. */
export const kNoWorker = !(kProgram && fs.existsSync(kWorker)) && 'RTCROOMD has no rtcroomd-web beside it';

const profile = (userID) => ({ userID, userName: userID, userAvatar: `${userID}.png` });

export class Whole {
  #ended = []; // of phones and workers: how to end them
  #outputs = [];

  /**
   * @param settings  of rtcroomd, and of the worker for browsers where they are of the section `web`
   * @param options  of `rtcroomd serve`
   */
  static async start(settings = {}, ...options) {
    const whole = new Whole();
    try {
      await whole.#begun(settings, options);
    } catch (error) {
      await whole.end();
      throw new Error(`${error.message}\n${whole.output}`);
    }
    return whole;
  }

  async #begun(settings, options) {
    const admin = await freeAddress();
    this.browser = await Browser.start();
    this.media = await MediaServer.prepare(admin);
    await this.media.start();
    const secret = (name) => fs.readFileSync(path.join(this.media.folder, name), 'utf8').trim();
    this.socket = `unix:${path.join(this.media.folder, 'rtcroomd.sock')}`;
    this.workers = `unix:${path.join(this.media.folder, 'workers.sock')}`;
    [this.turn, this.turns] = [await freeAddress(), await freeAddress()];
    this.settings = { 'web.max_sessions': 64, 'web.addresses': ['127.0.0.1'], ...settings };
    this.server = new Server({
      'server.http_listen': await freeAddress(), 'server.cors_origins': [this.browser.origin],
      'admin.listen': admin, 'grpc.listen': this.socket, 'grpc.worker_listen': this.workers,
      'live.api': 'nginx-rtmp', 'live.api_base_url': `http://${this.media.control}`, 'live.control_key': secret('control-key'),
      'live.rtmp_callback_secret': secret('callback-secret'), 'live.push_key': secret('push-key'), 'live.play_key': secret('play-key'),
      'live.push_host': this.media.rtmp, 'live.play_host': this.media.rtmp, 'live.mixed_play_url': 'rtmp://{host}/mix/{stream}',
      'recording.root': path.join(this.media.folder, 'recordings'), 'mix.max': 4, 'im.sdk_app_id': 1400000000, 'im.secret_key': 'a key of this test',
      'web.turn_urls': [`turn:${this.turn}?transport=udp`, `turn:${this.turn}?transport=tcp`, `turns:${this.turns}?transport=tcp`],
      'web.turn_secret': kTurnSecret, ...this.settings,
    }, ...options);
    await this.server.start();
    this.startWorker();
    this.#begin('mix-worker');
    await until('the worker is there', () => this.hasWorker());
  }

  #begin(command, env = {}) {
    const worker = new Process(kProgram, [command, '--target', this.workers, '--server', `rtmp://${this.media.rtmp}`],
      { env: { ...process.env, ...env } });
    this.#ended.push(() => worker.stop());
    this.#outputs.push(() => `${command}: ${worker.output}`);
    return worker;
  }

  startWorker() {
    // How many sessions it takes is the room server's to say.
    const own = Object.entries(this.settings).filter(([key]) => key.startsWith('web.') && key !== 'web.max_sessions');
    const env = Object.fromEntries(own.map(([key, value]) => [`RTCROOMD_${key.replace('.', '_').toUpperCase()}`, String(value)]));
    this.worker = this.#begin('web-worker', env);
  }

  /** As docs/media-server.md configures it, but for this machine. */
  async startRelay() {
    const [host, port] = this.turn.split(':');
    const [key, certificate] = ['turn.key', 'turn.pem'].map((name) => path.join(this.media.folder, name));
    await run('openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-subj', '/CN=relay',
      '-keyout', key, '-out', certificate);
    const relay = new Process('turnserver', ['-n', '--listening-ip', host, '--relay-ip', host, '--listening-port', port,
      '--tls-listening-port', this.turns.split(':')[1], '--cert', certificate, '--pkey', key, '--realm', 'test',
      '--fingerprint', '--use-auth-secret', '--static-auth-secret', kTurnSecret, '--no-cli', '--no-dtls', '--no-tcp-relay',
      '--no-multicast-peers', '--denied-peer-ip', '0.0.0.0-255.255.255.255', '--allowed-peer-ip', '127.0.0.1', '--allow-loopback-peers',
      '--pidfile', path.join(this.media.folder, 'turn.pid'), '--userdb', path.join(this.media.folder, 'turn.db'), '--log-file', 'stdout']);
    this.#ended.push(() => relay.stop());
    this.#outputs.push(() => relay.output);
    await until('the relay listens', () => {
      assert.strictEqual(relay.result, undefined, relay.output);
      return new Promise((resolve) => {
        const socket = net.connect(Number(port), host, () => { socket.destroy(); resolve(true); });
        socket.on('error', () => resolve(false));
      });
    });
  }

  /** Restarts the room server with other settings. Sessions go on. */
  async restart(settings) {
    await this.server.stop();
    Object.assign(this.server.settings, settings);
    await this.server.start();
    await this.eventually('the worker is there', () => this.hasWorker());
  }

  /** Kills it, and starts another one at once, as its service manager would. */
  async killWorker() {
    await this.worker.stop('SIGKILL');
    this.startWorker();
  }

  async metric(line) {
    const text = await (await fetch(`http://${this.server.settings['admin.listen']}/metrics`,
      { headers: { Authorization: `Bearer ${this.server.settings['admin.token']}` } })).text();
    const found = text.split('\n').filter((one) => one.startsWith(line));
    return found.reduce((sum, one) => sum + Number(one.slice(one.lastIndexOf(' ') + 1)), 0);
  }

  async hasWorker() {
    assert.strictEqual(this.worker.result, undefined, this.worker.output);
    return await this.metric('rtcroomd_web_workers') === 1;
  }

  /** Fails with what the programs have printed. */
  eventually(what, condition) {
    return until(what, condition, kPatienceMs).catch((error) => { throw new Error(`${error.message}\n${this.output}`); });
  }

  /** What was printed, for a test that fails. */
  get output() { return [...this.#outputs.map((one) => one()), this.server?.log].join('\n').slice(-20_000); }

  /** The members of a room, in the order of their seats: userID and state of the stream. */
  async members(kind, roomID) {
    const room = JSON.parse(await run(kProgram, 'rooms', 'show', kind, roomID, '--json', '--target', this.socket));
    return room.pushers.map(({ user_id: userID, signs }) => ({ userID, stream: signs?.stream }));
  }

  /** The files of recordings of rooms with that ID. */
  async recordings(roomID) {
    const rows = await run(kProgram, 'recordings', 'list', '--room', roomID, '--json', '--target', this.socket);
    return rows.split('\n').filter(Boolean).map((row) => path.join(this.server.settings['recording.root'], JSON.parse(row).file));
  }

  async kick(kind, roomID, userID) { await run(kProgram, 'rooms', 'kick', kind, roomID, userID, '--target', this.socket); }

  #onServer(reference) { return new URL(reference, this.server.host).href; }

  /** A user of gen-2: its name, and how it calls. */
  async logIn() {
    const login = await this.server.newUser();
    const { token } = await this.server.mustCall(`live_room/login?${new URLSearchParams(login)}`, {});
    const userID = login.userID;
    const call = (endpoint, body) => this.server.mustCall(`${endpoint}?${new URLSearchParams({ userID, token })}`, { userID, ...body });
    return {
      userID, call,
      whip: async (kind, roomID) => {
        const reply = await call(`${kind}_room/get_whip_url`, { roomID });
        return { pushURL: reply.pushURL, whipURL: this.#onServer(reply.whipURL) };
      },
      whep: async (kind, roomID, of) => this.#onServer((await call(`${kind}_room/get_whep_url`, { roomID, of })).whepURL),
    };
  }

  /** Takes a seat. @returns where to publish from a browser and from a phone, and relays */
  async sit(kind, roomID, userID) {
    const { whipURL, pushURL, iceServers } = await this.server.mustCall(`${kind}_room/get_whip_url`, { userID, roomID });
    const { code } = await this.server.call(`${kind}_room/get_pushers`, { roomID });
    const name = code === 0 ? {} : { roomName: roomID };
    await this.server.mustCall(`${kind}_room/${code === 0 ? 'add_pusher' : 'create_room'}`, { roomID, ...profile(userID), pushURL, ...name });
    return { whipURL: this.#onServer(whipURL), pushURL, iceServers };
  }

  /** Where `userID` plays the stream of another one in a browser; of "": the mix. */
  async whep(kind, roomID, userID, of) {
    return this.#onServer((await this.server.mustCall(`${kind}_room/get_whep_url`, { userID, roomID, of })).whepURL);
  }

  /** Where a phone plays the stream of a member. */
  async rtmp(kind, roomID, of) {
    const { pushers } = await this.server.mustCall(`${kind}_room/get_pushers`, { roomID });
    return pushers.find(({ userID }) => userID === of).accelerateURL;
  }

  push(url, options) {
    const phone = new PushingPhone(url, options);
    this.#ended.push(() => phone.stop());
    return phone;
  }

  listen(url) {
    const phone = new PlayingPhone(url);
    this.#ended.push(() => phone.stop());
    return phone;
  }

  async end() {
    await this.browser?.end();
    for (const stop of this.#ended) await stop();
    await this.server?.end();
    await this.media?.end();
  }
}
