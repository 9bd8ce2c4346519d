// The stand-in for SRS, with real streams: it calls, answers and obeys as SRS 7.0.18 was seen to do.
import assert from 'node:assert';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { until } from '../console/support/until.js';
import { kSignature, makeClip } from './support/media_server.mjs';
import { freeAddress, Process } from './support/processes.mjs';

const kLogin = 'rtcroomd:password';
const kServer = path.resolve(import.meta.dirname, 'support/srs_server.mjs');
const kAccept = { status: 200, body: '0' };

const calls = [];
let decide;
let streams = 0;
let stream;  // a new one for each test
let folder;
let clip;
let rooms;
let srs;
let [rtmp, api] = [];
const pushers = [];

before(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rtcroomd-srs-'));
  clip = await makeClip(folder);
  rooms = http.createServer(async (request, reply) => {
    let text = '';
    for await (const bytes of request) text += bytes;
    const call = { line: `${request.method} ${request.url} ${request.httpVersion}`, headers: request.headers, body: JSON.parse(text) };
    calls.push(call);
    const answer = await decide(call.body);
    if (!answer) {
      request.socket.destroy();
      return;
    }
    reply.writeHead(answer.status);
    reply.end(answer.body);
  });
  await new Promise((resolve) => { rooms.listen(0, '127.0.0.1', resolve); });
  [rtmp, api] = [await freeAddress(), await freeAddress()];
  srs = new Process('node', [kServer, rtmp, api, `http://127.0.0.1:${rooms.address().port}/callback/srs/SECRET`, kLogin, folder]);
  await until('it has started', () => {
    assert.strictEqual(srs.result, undefined, srs.output);
    return srs.output === 'ready\n';
  });
});
after(async () => {
  for (const pusher of pushers) pusher.kill('SIGKILL');
  await srs.stop('SIGKILL');
  rooms.close();
  rooms.closeAllConnections();
  fs.rmSync(folder, { recursive: true });
});
beforeEach(() => {
  stream = `user_${++streams}`;
  calls.length = 0;
  decide = async () => kAccept;
});

function push() {
  const pusher = new Process('ffmpeg', ['-v', 'error', '-re', '-stream_loop', '-1', '-i', clip, '-c', 'copy',
    '-f', 'flv', `rtmp://${rtmp}/live/${stream}?${kSignature}`]);
  pushers.push(pusher);
  return pusher;
}

/** The calls of a kind, about `stream` as far as they name one. */
const of = (action) => calls.map(({ body }) => body).filter((body) => body.action === action && (body.stream ?? stream) === stream);

async function ask(target, options = {}) {
  const authorization = `Basic ${Buffer.from(kLogin).toString('base64')}`;
  return fetch(`http://${api}${target}`, { redirect: 'manual', headers: { authorization }, ...options });
}

const drop = async (client) => (await ask(`/api/v1/clients/${client}`, { method: 'DELETE' })).json();

/** @returns the ID of the client that publishes, or undefined */
async function publisher() {
  const { streams: list } = await (await ask('/api/v1/streams/?start=0&count=100')).json();
  const found = list.find(({ name }) => name === stream);
  return found?.publish.active ? found.publish.cid : undefined;
}

const isOnAir = async () => await publisher() !== undefined;

describe('a stream', () => {
  it('is asked for, listed, and told of at its end', async () => {
    const pusher = push();
    await until('it is on air', isOnAir);
    const { line, headers, body } = calls[0];
    assert.strictEqual(line, 'POST /callback/srs/SECRET 1.1');
    assert.strictEqual(headers['content-type'], 'application/json');
    assert.strictEqual(headers['user-agent'], 'SRS/7.0.18(Hang)');
    const { server_id, service_id, client_id, stream_id, ...rest } = body;
    for (const id of [server_id, service_id, client_id, stream_id]) assert.match(id, /^[a-z0-9-]{8,}$/);
    assert.deepStrictEqual(rest, {
      action: 'on_publish', ip: '127.0.0.1', vhost: '__defaultVhost__', app: 'live', tcUrl: `rtmp://${rtmp}/live`,
      stream, param: `?${kSignature}`, stream_url: `/live/${stream}`,
    });
    assert.strictEqual(await publisher(), client_id);

    await pusher.stop();
    await until('its end is told', () => of('on_unpublish').length === 1 && of('on_close').length >= 1);
    assert.deepStrictEqual(of('on_unpublish')[0], { ...body, action: 'on_unpublish' });
    assert.strictEqual(of('on_close')[0].stream, undefined);
    await until('its file is told of', () => of('on_dvr').length === 1);
    const [{ cwd, file }] = of('on_dvr');
    assert(!path.isAbsolute(file));
    assert.match(path.relative(folder, path.resolve(cwd, file)), new RegExp(`^${stream}-\\d{13}\\.flv$`));
    assert(!await isOnAir());
  });

  for (const [status, body] of [[200, '0'], [201, '0'], [200, '{"code":0}'], [200, '{"code":0,"data":{}}']]) {
    it(`is on air after ${status} ${body}`, async () => {
      decide = async () => ({ status, body });
      push();
      await until('it is on air', isOnAir);
    });
  }

  for (const [status, body] of [[204, ''], [403, '0'], [200, ''], [200, '00'], [200, '{"code":1}'], [200, '{"code":"0"}'], []]) {
    it(`is refused after ${status ? `${status} ${body}` : 'a lost connection'}`, async () => {
      decide = async () => status && { status, body };
      const pusher = push();
      assert.notStrictEqual(await pusher.ended, 0);
      await until('its connection is told of', () => of('on_close').length >= 1);
      assert(!await isOnAir());
      assert.deepStrictEqual(of('on_unpublish'), []);
    });
  }

  it('is not on air before the answer', async () => {
    let answer;
    decide = () => new Promise((resolve) => { answer = resolve; });
    push();
    await until('it is asked for', () => of('on_publish').length === 1);
    assert(!await isOnAir());
    answer(kAccept);
    await until('it is on air', isOnAir);
  });

  it('keeps its name, and the end of a second publisher is not its own', async () => {
    const first = push();
    await until('it is on air', isOnAir);
    const client = await publisher();
    await push().ended;
    await until('the second has gone', () => of('on_close').length >= 1);
    assert.deepStrictEqual(of('on_unpublish'), []);
    assert.strictEqual(await publisher(), client);
    assert.strictEqual(first.result, undefined);
  });

  it('passes to a second publisher when the first is dropped inside its call', async () => {
    const first = push();
    await until('it is on air', isOnAir);
    const client = await publisher();
    decide = async ({ action, client_id }) => {
      if (action === 'on_publish' && client_id !== client) assert.strictEqual((await drop(client)).code, 0);
      return kAccept;
    };
    const second = push();
    await until('the second is on air', async () => ![undefined, client].includes(await publisher()));
    assert.notStrictEqual(await first.ended, 0);
    assert.strictEqual(second.result, undefined);
  });
});

describe('a browser', () => {
  const offer = (query) => ask(`/rtc/v1/whip/?app=live&stream=${stream}&${query}`, { method: 'POST', headers: {}, body: 'v=0\r\n' });

  it('is asked for like a phone, without an address of RTMP', async () => {
    const { status } = await offer(kSignature);
    assert.strictEqual(status, 201);
    const { tcUrl, param, client_id } = of('on_publish')[0];
    assert.deepStrictEqual([tcUrl, param], ['', `app=live&stream=${stream}&${kSignature}`]);
    assert.strictEqual((await drop(client_id)).code, 0);
  });

  it('that is refused gets no reply, and has the name until it is dropped', async () => {
    decide = async () => ({ status: 200, body: '{"code":1}' });
    await assert.rejects(offer('forged'), TypeError);
    const [{ client_id }] = of('on_publish');
    decide = async () => kAccept;
    assert.notStrictEqual(await push().ended, 0);
    await assert.rejects(offer(kSignature), TypeError);
    assert.strictEqual((await drop(client_id)).code, 0);
    push();
    await until('the phone is on air', isOnAir);
  });
});

describe('a browser that plays', () => {
  const offer = (query, body = 'v=0\r\n') =>
    ask(`/rtc/v1/whep/?app=live&stream=${stream}&${query}`, { method: 'POST', headers: {}, body });
  /** @returns the IDs of the clients that do */
  const players = async () => {
    const { clients } = await (await ask('/api/v1/clients/?start=0&count=100')).json();
    return clients.filter(({ type }) => type === 'rtc-play').map(({ id }) => id);
  };

  it('is asked for before there is a client, is listed, and can be dropped', async () => {
    let before;
    decide = async () => {
      before = await players();
      return kAccept;
    };
    assert.strictEqual((await offer(kSignature)).status, 201);
    assert.deepStrictEqual(before, []);
    const { tcUrl, param, client_id } = of('on_play')[0];
    assert.deepStrictEqual([tcUrl, param], ['', `app=live&stream=${stream}&${kSignature}`]);
    assert.deepStrictEqual(await players(), [client_id]);
    assert.strictEqual((await drop(client_id)).code, 0);
    assert.strictEqual((await drop(client_id)).code, 2049);
    assert.deepStrictEqual(await players(), []);
  });

  it('that is refused, or has no codec, gets no reply and is no client', async () => {
    await assert.rejects(offer(kSignature, 'm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 VP8/90000\r\n'), TypeError);
    decide = async () => ({ status: 200, body: '{"code":1}' });
    await assert.rejects(offer('forged'), TypeError);
    assert.strictEqual(of('on_play').length, 2);
    assert.deepStrictEqual(await players(), []);
  });
});

describe('the API', () => {
  it('needs the login and the slash, and drops clients', async () => {
    push();
    await until('the stream is on air', isOnAir);
    assert.strictEqual((await ask('/api/v1/streams/', { headers: {} })).status, 401);
    assert.strictEqual((await ask('/api/v1/streams')).status, 302);
    assert.strictEqual((await drop('unknown')).code, 2049);
    assert.strictEqual((await drop(await publisher())).code, 0);
    await until('its end is told', () => of('on_unpublish').length === 1);
    assert(!await isOnAir());
  });
});
