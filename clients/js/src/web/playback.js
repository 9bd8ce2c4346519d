// A member's stream, or the picture of the whole room, in an element of the page.
import { Emitter } from '../emitter.js';
import { ignore } from '../errors.js';
import { codecsOf, prefer } from './codecs.js';
import { makeMediaSession } from './media_session.js';
import { makeStats } from './stats.js';

const kMostRefusals = 5; // after an eviction the user is not in the room for a moment

/** @typedef {import('./publication.js').MediaBase} MediaBase */

/** What this user plays of a room by WHEP. It follows its member through broken streams and evictions. */
export class Playback extends /** @type {MediaBase} */ (Emitter) {
  /**
   * Playbacks are made by `play` and `playMix`.
   * @private
   */
  constructor(room, of, element, { video = true, audio = true }) {
    const { _platform: platform } = room;
    super(platform, 'state blocked');
    this._hide({
      _room: room, _of: of, _element: element, _kinds: [...(audio ? ['audio'] : []), ...(video ? ['video'] : [])],
      _codecs: undefined, _state: 'waiting', _problem: '', _isBlocked: false, _stream: undefined, _media: undefined, _shown: undefined,
      _stats: makeStats(),
      _session: makeMediaSession(platform, {
        mostRefusals: kMostRefusals,
        prepare: (peer) => this._prepare(peer),
        ask: () => room._askAddress('get_whep_url', { of }, ({ whepURL, iceServers }) => ({ url: room._resolve(whepURL), iceServers })),
        onState: (state, problem) => this._set(state === 'connected' ? this._flow() : state, problem),
        onOver: (problem) => this._end(problem),
        onRefused: () => room._seat.sendBeat(), // whose answer says whether this user is still in the room
      }),
      _stopListening: room.on('pushers', () => this._follow()),
    });
    try {
      if (video) this._codecs = codecsOf(platform, false);
      this._follow();
    } catch (error) { // there is no H.264
      this._end(error.name);
    }
  }

  /**
   * `waiting`: there is no stream, or nothing of it has come yet. `connecting`: also while it tries again. `live`: it
   * is played. `stopped`: for good.
   * @returns {import('./types.js').PlaybackState}
   */
  get state() { return this._state; }

  /**
   * Why it is not live, if that is known.
   * @returns {import('./types.js').MediaProblem}
   */
  get problem() { return this._problem; }

  /**
   * Whether the browser plays it without sound only, until the user has clicked.
   * @returns {boolean}
   */
  get isBlocked() { return this._isBlocked; }

  /** With sound: call it when the user clicks. */
  async unblock() {
    this._element.muted = false;
    await this._begin();
  }

  /**
   * Since the call before.
   * @returns {Promise<import('./types.js').MediaStats>}
   */
  async stats() { return this._stats(await this._session.peer?.getStats()); }

  stop() { this._end(''); }

  // ---- For the room

  _release() { this._session.release(); }

  _onEnded(session, reason) { this._session.onEnded(session, reason); }

  _end(problem, isGone = false) {
    if (this._state === 'stopped') return;
    this._stopListening();
    this._room._playbacks.delete(this);
    this._session.close(isGone);
    this._show(null);
    this._set('stopped', problem);
  }

  // ---- Inside

  /** Each stream of a member has an address of its own. */
  _follow() {
    const room = this._room;
    const url = this._of ? room.pushers.find(({ userID }) => userID === this._of)?.accelerateURL : room.mixedPlayURL;
    const [stream] = (url ?? '').split('?'); // the signature is another one each time
    if (stream === this._stream) return;
    this._stream = stream;
    this._session.close();
    if (stream) this._session.open();
    else this._show(null);
    this._set(stream ? 'connecting' : 'waiting', '');
  }

  _prepare(peer) {
    const media = this._platform.makeStream();
    this._media = media;
    this._stats = makeStats();
    for (const kind of this._kinds) {
      const transceiver = peer.addTransceiver(kind, { direction: 'recvonly' });
      if (kind === 'video') prefer(transceiver, this._codecs);
    }
    peer.ontrack = ({ track }) => {
      if (media !== this._media) return;
      media.addTrack(track);
      track.onmute = track.onunmute = () => {
        if (media === this._media && /^(live|waiting)$/.test(this._state)) this._set(this._flow(), '');
      };
      if (this._shown === media) return;
      this._show(media); // the last picture of the stream before was shown until now
      ignore(this._begin());
    };
  }

  /** The program may have given the element to another playback. */
  _show(media) {
    const element = this._element;
    if (media || element.srcObject === this._shown) element.srcObject = media;
    this._shown = media;
  }

  /** Tracks are muted until something of them arrives. */
  _flow() { return this._media.getTracks().some(({ muted }) => !muted) ? 'live' : 'waiting'; }

  async _begin() {
    const element = this._element;
    try {
      await element.play();
      this._block(false);
    } catch ({ name }) {
      if (name !== 'NotAllowedError' || element.muted) return; // another stream has taken its place
      element.muted = true;
      this._block(true);
      await ignore(element.play());
    }
  }

  _block(isBlocked) {
    if (isBlocked === this._isBlocked || (!isBlocked && this._element.muted)) return;
    this._isBlocked = isBlocked;
    this._emit('blocked', isBlocked);
  }

  _set(state, problem) {
    if (state === this._state && problem === this._problem) return;
    this._state = state;
    this._problem = problem;
    this._emit('state', { state, problem });
  }
}
