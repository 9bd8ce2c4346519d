// A stand-in of a server's sessions for browsers: connections of a page of the same Chromium, which give what publishers
// send to whoever plays it.

/** In the page of the worker. */
function work() {
  const sessions = new Map(); // id -> {peer, stream, isPublished}
  const publisherOf = (stream) => [...sessions.values()].filter((each) => each.isPublished && each.stream === stream).at(-1);

  const give = (viewer) => {
    const tracks = publisherOf(viewer.stream)?.peer.getReceivers().map(({ track }) => track) ?? [];
    viewer.peer.getTransceivers().forEach(({ sender, receiver }) =>
      sender.replaceTrack(tracks.find(({ kind }) => kind === receiver.track.kind) ?? null));
  };

  const remove = (id) => {
    sessions.get(id)?.peer.close();
    sessions.delete(id);
  };

  /** Sound flows only where it is heard. */
  const hear = ({ track, streams: [stream] }) => {
    const audio = Object.assign(new Audio(), { muted: true, srcObject: stream });
    if (track.kind === 'audio') audio.play();
  };

  globalThis.worker = {
    async open(id, isPublished, stream, sdp) {
      const peer = new RTCPeerConnection();
      const session = { peer, stream, isPublished };
      sessions.set(id, session);
      if (isPublished) peer.ontrack = hear;
      await peer.setRemoteDescription({ type: 'offer', sdp });
      peer.getTransceivers().forEach((each) => { each.direction = isPublished ? 'recvonly' : 'sendonly'; });
      await peer.setLocalDescription(await peer.createAnswer());
      if (isPublished) [...sessions.values()].filter((each) => !each.isPublished && each.stream === stream).forEach(give);
      else give(session);
      await new Promise((resolve) => {
        const check = () => { if (peer.iceGatheringState === 'complete') resolve(); };
        peer.onicegatheringstatechange = check;
        check();
      });
      return peer.localDescription.sdp;
    },
    remove,
    removeAll: () => [...sessions.keys()].forEach(remove),
    count: () => sessions.size,
  };
}

export class WebWorker {
  /** Offers so far: {isPublished, stream, sdp}. */
  offers = [];
  /** Statuses that the next offers get in place of an answer. */
  refusals = [];
  isThere = true; // else the server has no sessions for browsers
  isDeaf = false; // answers lead nowhere, as behind a firewall
  #page;
  #ids = 0;

  /** @param server  whose room API is asked for addresses of streams */
  static async start(context, server) {
    const worker = new WebWorker();
    worker.#page = await context.newPage();
    await worker.#page.goto(`${server.host}/demo/icon.svg`);
    await worker.#page.evaluate(work);
    // Only a page that may hear tells its addresses.
    await worker.#page.evaluate(async () => { await navigator.mediaDevices.getUserMedia({ audio: true }); });
    await context.route(/\/get_wh[ie]p_url\?|\/wh[ie]p\/|\/web\/\d+$/, (route) =>
      worker.#answer(route).catch(() => {})); // the page may be gone
    return worker;
  }

  call(name, ...values) {
    return this.#page.evaluate(([name, values]) => globalThis.worker[name](...values), [name, values]);
  }

  async #answer(route) {
    const request = route.request();
    const [, what, id] = /\/(get_whip_url|get_whep_url|whip|whep|web)[/?]([\w-]*)/.exec(request.url());
    if (what.startsWith('get')) {
      await route.fulfill({ json: await this.#addressFor(what, request) });
    } else if (what === 'web') {
      await this.call('remove', id);
      await route.fulfill({ status: 200 });
    } else if (this.refusals.length) {
      await route.fulfill({ status: this.refusals.shift() });
    } else {
      await route.fulfill(await this.#open(what === 'whip', id, request.postData()));
    }
  }

  async #open(isPublished, stream, sdp) {
    this.offers.push({ isPublished, stream, sdp });
    const session = `${++this.#ids}`;
    const answer = await this.call('open', session, isPublished, stream, sdp);
    const body = this.isDeaf ? answer.replace(/^a=candidate:.*\r\n/gm, '') : answer;
    return { status: 201, contentType: 'application/sdp', headers: { Location: `/weapp/web/${session}` }, body };
  }

  /** The stream of a push or play address of the server. */
  async #addressFor(what, request) {
    if (!this.isThere) return { code: 6, message: 'no sessions for browsers' };
    const ask = async (endpoint) => (await fetch(request.url().replace(/get_wh[ie]p_url/, endpoint),
      { method: 'POST', body: request.postData() })).json();
    const address = (verb, url) => `/weapp/${verb}/${/\/([\w-]+)(\?|$)/.exec(url)[1]}`;
    if (what === 'get_whip_url') {
      if (!request.postDataJSON().roomID) return { code: 0 }; // whether there are sessions
      const { pushURL } = await ask('get_push_url');
      return { code: 0, pushURL, whipURL: address('whip', pushURL), iceServers: [] };
    }
    const { pushers } = await ask('get_pushers');
    const member = pushers.find(({ userID }) => userID === request.postDataJSON().of);
    return member ? { code: 0, whepURL: address('whep', member.accelerateURL), iceServers: [] } : { code: 5, message: 'no pusher' };
  }
}
