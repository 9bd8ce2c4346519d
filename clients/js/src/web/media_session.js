// One session of media with the server, by WHIP (RFC 9725) or WHEP: an offer is posted, and another one whenever the
// connection breaks, for as long as the session is wanted.
import { RtcRoomError, ignore, kLoggedInElsewhere } from '../errors.js';
import { makeTimer } from '../timer.js';
import { kSteadyMs } from '../times.js';

const kFirstPauseMs = 500;
const kLongestPauseMs = 4000;
const kSpread = 0.2; // of pauses: else all pages return at the same moment
const kConnectMs = 10000; // after the answer: the server waits no longer
const kDisconnectedMs = 3000; // most networks that come back do so sooner
const kHerdMs = 1000; // in which the pages of a worker return that has ended
const kRelay = /<([^>]+)>; rel="ice-server"(?:; username="([^"]*)"; credential="([^"]*)")?/g; // in `Link`

/**
 * States are `connecting` and `connected`. A problem is a name of an error, or `NO_ROUTE`: no media gets through.
 * @param platform  with what `browserMedia` has
 * @param owner  offers `prepare(peer)`, which adds what is sent or received; `onState(state, problem)`;
 *   `onOver(problem)`, after which nothing is tried; `mostRefusals` in a row; and either `ask()`, which promises an
 *   address {url, iceServers}, or `onRefused()`, after which `open` gets another one */
export function makeMediaSession(platform, owner) {
  const next = makeTimer(platform); // the next attempt
  const patience = makeTimer(platform); // with a connection that is not up
  let isOpen = false;
  let address;
  let current; // the attempt: what belongs to an earlier one comes too late
  let peer;
  let location = ''; // of the session at the server
  let connectedAt;
  let tries = 0; // that failed in a row
  let refusals = 0; // the same, of addresses

  const remove = (url, keepalive) => { if (url) ignore(platform.exchange({ url, method: 'DELETE', keepalive })); };

  const release = (keepalive) => {
    remove(location, keepalive);
    location = '';
  };

  const drop = () => {
    current = connectedAt = undefined;
    next.stop();
    patience.stop();
    peer?.close();
    peer = undefined;
    release(false);
  };

  const nextPause = () => {
    const pauseMs = Math.min(kFirstPauseMs * 2 ** tries++, kLongestPauseMs);
    return Math.round(pauseMs * (1 - kSpread + 2 * kSpread * platform.random()));
  };

  const retryIn = (ms, problem) => {
    drop();
    next.start(ms, attempt);
    owner.onState('connecting', problem);
  };

  const retry = (problem, leastMs = 0) => {
    if (platform.now() - connectedAt > kSteadyMs) tries = 0;
    retryIn(Math.max(leastMs, nextPause()), problem);
  };

  const give = (problem) => {
    drop();
    isOpen = false;
    owner.onOver(problem);
  };

  const onRefused = (problem) => {
    address = undefined;
    if (++refusals > owner.mostRefusals) {
      give(problem);
    } else if (owner.ask) {
      retry(problem);
    } else {
      drop();
      owner.onState('connecting', problem);
    }
    owner.onRefused?.();
  };

  const onConnection = (state) => {
    if (state === 'connected') {
      patience.stop();
      connectedAt = platform.now();
      refusals = 0;
      owner.onState(state, '');
    } else if (state === 'disconnected') {
      patience.start(kDisconnectedMs, () => retry(''));
    } else if (state === 'failed' || state === 'closed') {
      retry(connectedAt === undefined ? 'NO_ROUTE' : '');
    }
  };

  const onAnswer = async ({ status, retryAfterMs, link = '', text }) => {
    if (status === 201) {
      // For the next connection: the credentials that came with the address may end days before it.
      const iceServers = [...link.matchAll(kRelay)]
        .map(([, urls, username, credential]) => ({ urls, username, credential }));
      if (iceServers.length) address = { ...address, iceServers };
      patience.start(kConnectMs, () => retry('NO_ROUTE'));
      await peer.setRemoteDescription({ type: 'answer', sdp: text });
    } else if (status === 403) {
      onRefused('NOT_ALLOWED');
    } else if (status === 429 || status >= 500) {
      retry('UNAVAILABLE', retryAfterMs);
    } else {
      give({ 404: 'NO_WEB', 406: 'NO_H264' }[status] ?? 'BAD_REQUEST');
    }
  };

  const onError = ({ name, isTemporary }) => {
    if (owner.ask) address = undefined; // SRS refuses one that is over without a reply
    if (name === 'NO_WEB' || name === 'NO_H264') give(name);
    else if (isTemporary) retry(name);
    else onRefused(name);
  };

  const attempt = async () => {
    drop();
    const mine = {};
    current = mine;
    try {
      const found = address ?? await owner.ask();
      if (mine !== current) return; // it may be of another stream
      address = found;
      const made = platform.makePeer({ iceServers: address.iceServers, bundlePolicy: 'max-bundle' });
      peer = made;
      made.onconnectionstatechange = () => { if (mine === current) onConnection(made.connectionState); };
      owner.prepare(made);
      await made.setLocalDescription(await made.createOffer());
      if (mine !== current) return;
      // Without waiting for candidates: the server learns the address from the checks of the browser.
      const { url } = address;
      const answer = await platform.exchange({ url, method: 'POST', body: made.localDescription.sdp })
        .catch((error) => { throw new RtcRoomError('NETWORK', `${error}`); });
      if (mine !== current) {
        remove(answer.location, false);
        return;
      }
      location = answer.location;
      await onAnswer(answer);
    } catch (error) {
      if (mine !== current) return;
      if (error instanceof RtcRoomError) onError(error);
      else retry('UNAVAILABLE'); // the browser does not take the answer
    }
  };

  return {
    get peer() { return peer; },

    /** @param to  an address, in place of the one before; `ask` gives one if absent */
    open(to) {
      isOpen = true;
      address = to;
      tries = 0;
      attempt();
    },

    /** The program has changed something: the same once more. */
    again() {
      if (!isOpen || !(current || next.isRunning)) return; // else it waits for an address
      tries = 0;
      retryIn(0, '');
    },

    /** The server has ended a session, of which browsers hear seconds later.
     * @param reason  as the push `web_ended` has it */
    onEnded(session, reason) {
      if (!location.endsWith(`/${session}`)) return;
      location = ''; // there is nothing to be removed
      if (reason === 'taken_over') give(kLoggedInElsewhere); // two would end each other in turn
      else if (reason === 'worker') retryIn(kHerdMs * platform.random(), '');
      else retry(reason === 'never_connected' ? 'NO_ROUTE' : '');
    },

    /** The page may end now. One that comes back notices that the session is over. */
    release() { release(true); },

    /** @param isGone  the server has ended it already */
    close(isGone = false) {
      if (isGone) location = '';
      drop();
      isOpen = false;
      address = undefined;
      refusals = 0;
    },
  };
}
