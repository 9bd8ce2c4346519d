// The own camera and microphone in a room.
import { Emitter } from '../emitter.js';
import { ignore, kLoggedInElsewhere } from '../errors.js';
import { codecsOf, prefer } from './codecs.js';
import { makeMediaSession } from './media_session.js';
import { makeStats } from './stats.js';

const kMostRefusals = 1; // the first may be of an old address

/** @typedef {new (...values: any[]) => Emitter<import('./types.js').MediaEvents>} MediaBase */

/** What this user sends to a room by WHIP, until it is stopped or the room is over. */
export class Publication extends /** @type {MediaBase} */ (Emitter) {
  /**
   * Publications are made by `publish`, and by `createRoom`, `joinRoom` and `takeSeat` with a stream.
   * @private
   */
  constructor(room, stream, maxBitrate) {
    const { _platform: platform } = room;
    super(platform, 'state');
    const tracks = {}; // by kind; null: the medium was sent before, and may be again
    for (const track of stream.getTracks()) tracks[track.kind] ??= track;
    this._hide({
      _room: room, _stream: stream, _maxBitrate: maxBitrate, _tracks: tracks, _muted: {}, _senders: {},
      _state: 'connecting', _problem: '', _address: undefined, _isBeginning: true, _stats: makeStats(),
      _codecs: tracks.video && codecsOf(platform, true), _stopListening: undefined,
      _session: makeMediaSession(platform, {
        mostRefusals: kMostRefusals,
        prepare: (peer) => this._prepare(peer),
        onState: (state, problem) => this._set(state === 'connected' ? 'live' : 'connecting', problem),
        onOver: (problem) => { this._end(problem); },
        // Whether the seat is still this user's is asked before the address is used, and the room ends if it is not.
        onRefused: () => { if (this._state !== 'stopped') room._seat.report(false); },
      }),
    });
    this._stopListening = room.on('pushURL', (url) => {
      if (!url) this._wait();
      else if (!this._isBeginning) room._seat.report(true);
    });
  }

  /**
   * `connecting`: also while it tries again. `live`: the server gets it. `stopped`: for good.
   * @returns {import('./types.js').PublicationState}
   */
  get state() { return this._state; }

  /**
   * Why it is not live, if that is known.
   * @returns {import('./types.js').MediaProblem}
   */
  get problem() { return this._problem; }

  /**
   * Sends another track, such as another camera or the screen; `null`: nothing of this kind. The program stops tracks.
   * @param {'audio' | 'video'} kind
   * @param {MediaStreamTrack | null} track
   */
  async replaceTrack(kind, track) {
    if (track && kind === 'video') this._codecs ??= codecsOf(this._platform, true);
    this._tracks[kind] = track ?? (kind in this._tracks ? null : undefined);
    this._applyMute(kind);
    if (!this._session.peer) return; // the next offer has it; the senders are of a closed connection
    const sender = this._senders[kind];
    if (sender) await sender.replaceTrack(track);
    else if (track) this._session.again(); // another medium needs another offer
  }

  /**
   * Black pictures or silence are sent, so that whoever plays the stream needs not begin anew.
   * @param {'audio' | 'video'} kind
   * @param {boolean} isMuted
   */
  mute(kind, isMuted) {
    this._muted[kind] = isMuted;
    this._applyMute(kind);
  }

  /**
   * Since the call before.
   * @returns {Promise<import('./types.js').MediaStats>}
   */
  async stats() { return this._stats(await this._session.peer?.getStats()); }

  /** Ends it, and keeps the seat. The program stops the tracks. */
  stop() { return this._end(''); }

  // ---- For the room

  /** The seat has this stream now. */
  _open() { if (this._state !== 'stopped') this._session.open(this._address); }

  _release() { this._session.release(); }

  _onEnded(session, reason) { this._session.onEnded(session, reason); }

  async _end(problem, isGone = false) {
    if (this._state === 'stopped') return;
    const room = this._room;
    this._stopListening();
    this._session.close(isGone);
    room._publication = undefined;
    this._set('stopped', problem);
    if (room.isClosed || !room.hasSeat) return;
    // The seat keeps the stream, which is another program's now: nothing more is reported of it.
    if (problem === kLoggedInElsewhere) room._follower.set('pushURL', '');
    else await ignore(room._seat.take(false));
  }

  // ---- Inside

  _wait() {
    this._session.close();
    this._set('connecting', this._problem);
  }

  _set(state, problem) {
    if (state === this._state && problem === this._problem) return;
    this._state = state;
    this._problem = problem;
    this._emit('state', { state, problem });
  }

  _applyMute(kind) {
    const track = this._tracks[kind];
    if (track && kind in this._muted) track.enabled = !this._muted[kind];
  }

  _prepare(peer) {
    this._senders = {};
    this._stats = makeStats();
    for (const [kind, track] of Object.entries(this._tracks)) {
      if (track === undefined) continue;
      const isVideo = kind === 'video';
      const limits = isVideo && this._maxBitrate ? { sendEncodings: [{ maxBitrate: this._maxBitrate }] } : {};
      const transceiver = peer.addTransceiver(track ?? kind, { direction: 'sendonly', streams: [this._stream], ...limits });
      const { sender } = transceiver;
      this._senders[kind] = sender;
      if (!isVideo) continue;
      prefer(transceiver, this._codecs);
      // Pictures that change their size in mid-stream are not played everywhere: rather fewer of them.
      ignore(sender.setParameters({ ...sender.getParameters(), degradationPreference: 'maintain-resolution' }));
    }
  }
}
