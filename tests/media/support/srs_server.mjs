// A media server with the callbacks and the control API of SRS 7: node-media-server, without its own
// callbacks, which do not wait for an answer.
//
//   node srs_server.mjs RTMP-ADDRESS API-ADDRESS CALLBACK-URL USER:PASSWORD [RECORDINGS [MILLISECONDS]]
//
// It prints `ready` once it listens, and records all streams if it has a folder for them. Like SRS it
// does not tell of the streams that end with itself.
import { randomBytes } from 'node:crypto';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import Context from 'node-media-server/src/core/context.js';
import logger from 'node-media-server/src/core/logger.js';
import RecordSession from 'node-media-server/src/session/record_session.js';
import RtmpSession from 'node-media-server/src/session/rtmp_session.js';

const [rtmp, api, callbacks, login, recordings, normalTimeoutMs = '60000'] = process.argv.slice(2);
const kVhost = '__defaultVhost__';
const kHookTimeoutMs = 30_000;
const kUnknownClient = 2049;
/** A publisher that sends nothing for that long is disconnected, as `normal_timeout` of SRS says: there 5 s. */
const kNormalTimeoutMs = Number(normalTimeoutMs);
const service = randomBytes(4).toString('hex');
const identity = { server_id: 'vid-0000001', service_id: service };
logger.level = 'error';

/** @returns whether the answer is that of consent: 200 or 201 with 0, or with an object whose code is 0 */
function call(hook) {
  const body = JSON.stringify({ ...identity, ...hook });
  return new Promise((resolve) => {
    const request = http.request(callbacks, {
      method: 'POST',
      agent: false,
      timeout: kHookTimeoutMs,
      headers: {
        Connection: 'Keep-Alive',
        'Content-Length': Buffer.byteLength(body),
        'Content-Type': 'application/json',
        'User-Agent': 'SRS/7.0.18(Hang)',
      },
    }, async (reply) => {
      let text = '';
      try {
        for await (const bytes of reply) text += bytes;
      } catch {
        // The reply is not whole.
      }
      request.destroy();
      resolve([200, 201].includes(reply.statusCode) && isConsent(text));
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
    request.end(body);
  });
}

function isConsent(text) {
  if (text === '0') return true;
  try {
    return JSON.parse(text).code === 0;
  } catch {
    return false;
  }
}

/** Sessions of browsers, without their media: the stream of each client. */
const browsers = new Map();

const isBrowsers = (app, stream) => [...browsers.values()].includes(`${app}/${stream}`);

/** The clients that are browsers which play. */
const players = new Set();

/**
 * SRS closes the connection of a refused offer without a reply. It makes the session of a publisher before it asks, and
 * keeps it when it is refused; that of a player it makes afterwards, unless the offer has no codec that it knows.
 */
async function takeOffer(action, request, reply) {
  let offer = '';
  for await (const bytes of request) offer += bytes;
  const param = request.url.slice(request.url.indexOf('?') + 1);
  const { app = 'live', stream = 'livestream' } = Object.fromEntries(new URLSearchParams(param));
  const client_id = randomBytes(4).toString('hex');
  const publishes = action === 'on_publish';
  const isBusy = publishes && (isBrowsers(app, stream) || Context.broadcasts.get(`/${app}/${stream}`)?.publisher);
  if (publishes && !isBusy) browsers.set(client_id, `${app}/${stream}`);
  const mayGoOn = !isBusy && await call({
    action, client_id, ip: request.socket.remoteAddress, vhost: kVhost, app, tcUrl: '', stream, param,
    stream_url: `/${app}/${stream}`, stream_id: `vid-${randomBytes(4).toString('hex').slice(1)}`,
    ...(publishes ? {} : { pageUrl: '' }),
  });
  if (!mayGoOn || offer.includes('VP8')) {
    request.socket.destroy();
    return;
  }
  if (!publishes) players.add(client_id);
  reply.writeHead(201, { 'Content-Type': 'application/sdp', Connection: 'Close' });
  reply.end('v=0\r\n');
}

/** A client, which asks before it publishes or plays. */
class Session extends RtmpSession {
  #stream = null;  // what its callbacks tell of the stream; null before it has asked for one
  #recording = null;

  start() {
    this.run();
    const { onPublish, onPlay } = this.rtmp;  // of the prototype
    this.rtmp.onPublish = (message) => this.#ask('on_publish', message, onPublish);
    this.rtmp.onPlay = (message) => this.#ask('on_play', message, onPlay);
    // After node-media-server's own.
    this.socket.on('close', () => this.#tellEnd());
  }

  get #client() {
    return { client_id: this.id, ip: this.ip.replace(/:\d+$/, ''), vhost: kVhost, app: this.rtmp.streamApp };
  }

  /** Lets node-media-server go on only when it may; until then nothing is read. */
  async #ask(action, message, goOn) {
    if (this.#stream) {
      this.socket.destroy();  // one stream for each connection
      return;
    }
    const [stream, ...rest] = message.streamName.split('?');
    this.#stream = {
      tcUrl: this.rtmp.connectCmdObj.tcUrl,
      stream,
      param: rest.length === 0 ? '' : `?${rest.join('?')}`,
      stream_url: `/${this.rtmp.streamApp}/${stream}`,
      stream_id: `vid-${randomBytes(4).toString('hex').slice(1)}`,
    };
    this.socket.pause();
    const mayGoOn = await call({ action, ...this.#client, ...this.#stream });
    if (this.socket.destroyed) return;
    if (!mayGoOn || (action === 'on_publish' && isBrowsers(this.rtmp.streamApp, stream))) {
      this.socket.destroy();
      return;
    }
    this.socket.resume();
    goOn.call(this.rtmp, message);
    if (!this.isPublisher) return;
    this.broadcast.publishGraceMs = 0;
    this.socket.setTimeout(kNormalTimeoutMs, () => this.socket.destroy());
    if (recordings) this.#record();
  }

  #record() {
    this.#recording = new RecordSession(this, path.join(recordings, `${this.#stream.stream}-${Date.now()}.flv`));
    const { fileStream, filePath } = this.#recording;
    fileStream.on('close', () => call({
      action: 'on_dvr', ...this.#client, ...this.#stream,
      cwd: process.cwd(), file: path.relative(process.cwd(), filePath),
    }));
    this.#recording.run();
  }

  #tellEnd() {
    this.#recording?.stop();
    if (this.isPublisher) call({ action: 'on_unpublish', ...this.#client, ...this.#stream });
    call({ action: 'on_close', ...this.#client, send_bytes: this.outBytes, recv_bytes: this.inBytes });
  }
}

function listStreams() {
  return [...Context.broadcasts.values()].map(({ streamPath, publisher, getPublishStatus, subscribers }) => {
    const [, app, name] = streamPath.split('/');
    const active = getPublishStatus() === 'publishing';
    return {
      id: `vid-${name}`, name, vhost: kVhost, app, url: streamPath, clients: subscribers.size,
      send_bytes: publisher?.outBytes ?? 0, recv_bytes: publisher?.inBytes ?? 0,
      publish: active ? { active, cid: publisher.id } : { active },
    };
  });
}

const listClients = () => [
  ...[...Context.sessions.values()].map(({ id, isPublisher }) => ({ id, type: isPublisher ? 'fmle-publish' : 'rtmp-play' })),
  ...[...browsers.keys()].map((id) => ({ id, type: 'rtc-publish' })),
  ...[...players].map((id) => ({ id, type: 'rtc-play' })),
];

/** @returns the code of the reply */
function dropClient(id) {
  if (browsers.delete(id) || players.delete(id)) return 0;
  const session = Context.sessions.get(id);
  if (!session) return kUnknownClient;
  session.socket.destroy();
  return 0;
}

const apiServer = http.createServer((request, reply) => {
  const send = (status, object, headers = {}) => {
    reply.writeHead(status, { 'Content-Type': 'application/json', ...headers });
    reply.end(JSON.stringify({ ...object, server: identity.server_id, service, pid: String(process.pid) }));
  };
  const [place] = request.url.split('?');
  const client = /^\/api\/v1\/clients\/([^/]+)$/.exec(place);
  const offered = { '/rtc/v1/whip/': 'on_publish', '/rtc/v1/whep/': 'on_play' }[place];
  if (offered && request.method === 'POST') {
    void takeOffer(offered, request, reply);
  } else if (request.headers.authorization !== `Basic ${Buffer.from(login).toString('base64')}`) {
    send(401, { code: 401 }, { 'WWW-Authenticate': 'Basic realm="SRS"' });
  } else if (place === '/api/v1/streams') {
    send(302, {}, { Location: request.url.replace(place, `${place}/`) });
  } else if (place === '/api/v1/streams/' && request.method === 'GET') {
    send(200, { code: 0, streams: listStreams() });
  } else if (place === '/api/v1/clients/' && request.method === 'GET') {
    send(200, { code: 0, clients: listClients() });
  } else if (client && request.method === 'DELETE') {
    send(200, { code: dropClient(decodeURIComponent(client[1])) });
  } else {
    send(404, { code: 404 });
  }
});

const rtmpServer = net.createServer((socket) => {
  const session = new Session(socket);
  Context.sessions.set(session.id, session);
  session.start();
});

function listen(server, address) {
  const [host, port] = address.split(':');
  return new Promise((resolve) => { server.listen(Number(port), host, resolve); });
}

await Promise.all([listen(rtmpServer, rtmp), listen(apiServer, api)]);
console.log('ready');
