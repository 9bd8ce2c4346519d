// A stand-in of what browsers have for pictures and sound, and of a server that takes offers.
export const track = (kind, id = kind) => ({ kind, id, enabled: true, muted: true });

export class FakeStream {
  constructor(...tracks) { this.tracks = tracks; }

  getTracks() { return this.tracks; }

  addTrack(added) { this.tracks.push(added); }
}

/** An element that plays. With `refusesSound` it does so only without sound, as browsers do before a click. */
export class FakeElement {
  srcObject = null;
  muted = false;
  refusesSound = false;

  async play() {
    if (this.refusesSound && !this.muted) throw Object.assign(new Error('click first'), { name: 'NotAllowedError' });
  }
}

class FakePeer {
  connectionState = 'new';
  isClosed = false;
  transceivers = [];

  constructor(settings, id) { Object.assign(this, { settings, id }); }

  addTransceiver(what, options) {
    const sender = { track: what.kind ? what : null, parameters: {}, getParameters: () => ({ encodings: [{}] }),
      setParameters: async (parameters) => { sender.parameters = parameters; },
      replaceTrack: async (other) => {
        if (this.isClosed) throw Object.assign(new Error('closed'), { name: 'InvalidStateError' });
        sender.track = other;
      } };
    const transceiver = { kind: what.kind ?? what, ...options, sender,
      setCodecPreferences: (codecs) => { transceiver.codecs = codecs.map(({ sdpFmtpLine }) => sdpFmtpLine); } };
    this.transceivers.push(transceiver);
    return transceiver;
  }

  async createOffer() { return { type: 'offer', sdp: `offer ${this.id}` }; }

  async setLocalDescription(description) { this.localDescription = description; }

  async setRemoteDescription({ sdp }) { this.answer = sdp; }

  async getStats() { return this.stats ?? new Map(); }

  close() { this.isClosed = true; }

  become(state) {
    this.connectionState = state;
    this.onconnectionstatechange();
  }
}

export class FakeMedia {
  peers = [];
  /** Exchanges so far: {method, url, keepalive, at}. */
  exchanges = [];
  /** Replies to the next offers; others are answered with a session. */
  replies = [];
  hasH264 = true;

  /** @param clock  gives the time */
  constructor(clock) { this.clock = clock; }

  get newest() { return this.peers.at(-1); }

  offers() { return this.exchanges.filter(({ method }) => method === 'POST'); }

  removed() { return this.exchanges.filter(({ method }) => method === 'DELETE').map(({ url }) => url); }

  /** For the platform of a client. */
  get parts() {
    return {
      makePeer: (settings) => {
        this.peers.push(new FakePeer(settings, this.peers.length));
        return this.newest;
      },
      codecs: () => ['VP8', ...(this.hasH264 ? ['H264'] : []), 'rtx'].flatMap((name) => (name === 'H264'
        ? ['packetization-mode=0;42e01f', 'packetization-mode=1;profile-level-id=64001f', 'packetization-mode=1;profile-level-id=42e01f'] : [name])
        .map((sdpFmtpLine) => ({ mimeType: `video/${name}`, sdpFmtpLine }))),
      makeStream: () => new FakeStream(),
      exchange: async ({ url, method, keepalive }) => {
        this.exchanges.push({ url, method, keepalive, at: this.clock() });
        const id = this.offers().length;
        const usual = method === 'POST' ? { status: 201, location: `https://h/weapp/web/${id}` } : { status: 200 };
        const reply = { location: '', retryAfterMs: 0, text: `answer ${id}`, ...((method === 'POST' && this.replies.shift()) || usual) };
        if (reply.status === 0) throw new TypeError('no answer');
        return reply;
      },
    };
  }
}
