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
const kProgram = process.env.RTCROOMD ?? '';
const kWorker = path.join(path.dirname(kProgram), 'rtcroomd-web');
/** The reason to skip tests, or false. */
export const kNoWorker = !(kProgram && fs.existsSync(kWorker)) && 'RTCROOMD has no rtcroomd-web beside it';

const profile = (userID) => ({ userID, userName: userID, userAvatar: `${userID}.png` });

export class Whole {
  #ended = []; // of phones and workers: how to end them
  #outputs = [];

  /** @param settings  of rtcroomd, and of the worker for browsers where they are of the section `web` */
  static async start(settings = {}) {
    const whole = new Whole();
    const admin = await freeAddress();
    whole.browser = await Browser.start();
    whole.media = await MediaServer.prepare(admin);
    await whole.media.start();
    const secret = (name) => fs.readFileSync(path.join(whole.media.folder, name), 'utf8').trim();
    whole.socket = `unix:${path.join(whole.media.folder, `rtcroomd.sock`)}`;
    whole.turn = await freeAddress();
    whole.webSettings = { 'web.max_sessions': 64, 'web.addresses': ['127.0.0.1'], ...settings };
    whole.server = new Server({
      'server.http_listen': await freeAddress(), 'server.cors_origins': [whole.browser.origin],
      'admin.listen': admin, 'grpc.listen': whole.socket,
      'live.api': 'nginx-rtmp', 'live.api_base_url': `http://${whole.media.control}`, 'live.control_key': secret('control-key'),
      'live.rtmp_callback_secret': secret('callback-secret'), 'live.push_key': secret('push-key'), 'live.play_key': secret('play-key'),
      'live.push_host': whole.media.rtmp, 'live.play_host': whole.media.rtmp, 'live.mixed_play_url': 'rtmp://{host}/mix/{stream}',
      'mix.max': 4, 'web.turn_urls': ['udp', 'tcp'].map((transport) => `turn:${whole.turn}?transport=${transport}`),
      'web.turn_secret': kTurnSecret, ...whole.webSettings,
    });
    await whole.server.start();
    whole.startWorker();
    whole.#begin('mix-worker');
    await until('the worker is there', () => whole.hasWorker());
    return whole;
  }

  #begin(command, env = {}) {
    const worker = new Process(kProgram, [command, '--target', this.socket, '--server', `rtmp://${this.media.rtmp}`],
      { env: { ...process.env, ...env } });
    this.#ended.push(() => worker.stop());
    this.#outputs.push(() => `${command}: ${worker.output}`);
    return worker;
  }

  startWorker() {
    const env = Object.fromEntries(Object.entries(this.webSettings).map(([key, value]) =>
      [`RTCROOMD_${key.replace('.', '_').toUpperCase()}`, String(value)]));
    this.worker = this.#begin('web-worker', env);
  }

  /** As docs/media-server.md configures it, but for this machine. */
  async startRelay() {
    const [host, port] = this.turn.split(':');
    const relay = new Process('turnserver', ['-n', '--listening-ip', host, '--relay-ip', host, '--listening-port', port, '--realm', 'test',
      '--fingerprint', '--use-auth-secret', '--static-auth-secret', kTurnSecret, '--no-cli', '--no-tls', '--no-dtls', '--no-tcp-relay',
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

  /** What was printed, for a test that fails. */
  get output() { return [...this.#outputs.map((one) => one()), this.server.log].join('\n').slice(-20_000); }

  /** The members of a room, in the order of their seats: userID and state of the stream. */
  async members(kind, roomID) {
    const room = JSON.parse(await run(kProgram, 'rooms', 'show', kind, roomID, '--json', '--target', this.socket));
    return room.pushers.map(({ user_id: userID, signs }) => ({ userID, stream: signs?.stream }));
  }

  async kick(kind, roomID, userID) { await run(kProgram, 'rooms', 'kick', kind, roomID, userID, '--target', this.socket); }

  /** Takes a seat. @returns where to publish from a browser and from a phone, and relays */
  async sit(kind, roomID, userID) {
    const { whipURL, pushURL, iceServers } = await this.server.mustCall(`${kind}_room/get_whip_url`, { userID, roomID });
    const { code } = await this.server.call(`${kind}_room/get_pushers`, { roomID });
    const name = code === 0 ? {} : { roomName: roomID };
    await this.server.mustCall(`${kind}_room/${code === 0 ? 'add_pusher' : 'create_room'}`, { roomID, ...profile(userID), pushURL, ...name });
    return { whipURL, pushURL, iceServers };
  }

  /** Where `userID` plays the stream of another one in a browser; of "": the mix. */
  async whep(kind, roomID, userID, of) {
    return (await this.server.mustCall(`${kind}_room/get_whep_url`, { userID, roomID, of })).whepURL;
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
    await this.browser.end();
    for (const stop of this.#ended) await stop();
    await this.server.end();
    await this.media.end();
  }
}
