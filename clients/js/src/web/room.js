// A room whose user may send and play by WebRTC.
import { refuse } from '../errors.js';
import { Room as AnyRoom } from '../room.js';
import { askAddress } from './addresses.js';
import { Playback } from './playback.js';
import { Publication } from './publication.js';


/** @typedef {AnyRoom & import('../types.js').RoomState} AnyRoomState */
/** @typedef {new (...values: any[]) => AnyRoomState} WebRoomBase */

/** A room that can publish a camera and play the streams of its members. */
export class Room extends /** @type {WebRoomBase} */ (AnyRoom) {
  /**
   * Rooms are made by `createRoom`, `joinRoom` and `watchRoom`.
   * @private
   */
  constructor(facts) {
    super(facts);
    this._hide({ _publication: undefined, _playbacks: new Set(), _reason: '' });
  }

  /**
   * What this user sends, until it is stopped.
   * @returns {Publication | undefined}
   */
  get publication() { return this._publication; }

  /**
   * Sends a stream, and takes a seat for it where the user has none. Resolves when the others know of it; its `state`
   * tells the rest. Fails with `NO_WEB` where the server has no sessions for browsers, and with `NO_H264` where the
   * browser cannot send what phones play.
   * @param {MediaStream} stream
   * @param {{maxBitrate?: number}} [options]  `maxBitrate`: of the picture, in bits a second
   * @returns {Promise<Publication>}
   */
  async publish(stream, { maxBitrate } = {}) {
    this._checkOpen();
    if (this._publication) refuse('the room has a publication: replace its tracks, or stop it');
    // @ts-expect-error only here
    const publication = new Publication(this, stream, maxBitrate);
    this._publication = publication;
    try {
      await this._seat.take(true);
      publication._isBeginning = false;
      await this._seat.onStream();
      this._checkOpen();
    } catch (error) {
      await publication._end(error.name);
      throw error;
    }
    return publication;
  }

  /**
   * Plays a member's stream in a `<video>` or `<audio>`, and whatever stream the member has later, until it is
   * stopped.
   * @param {import('../types.js').Pusher | string | number} member  or its user ID
   * @param {HTMLMediaElement} element
   * @param {{video?: boolean, audio?: boolean}} [options]  `false`: leave this out
   * @returns {Playback}
   */
  play(member, element, options = {}) {
    const of = typeof member === 'object' ? member.userID : `${member}`;
    if (!of) refuse('member: a user ID');
    return this._play(of, element, options);
  }

  /**
   * Plays the picture of a whole live room.
   * @param {HTMLMediaElement} element
   * @param {{video?: boolean, audio?: boolean}} [options]
   * @returns {Playback}
   */
  playMix(element, options = {}) { return this._play('', element, options); }

  /**
   * A viewer becomes a pusher, with a camera if `stream` is one; a pusher keeps its seat.
   * @param {import('./types.js').WebSeatOptions} [options]
   */
  async takeSeat(options = {}) {
    const { stream, maxBitrate, userName = this._names.userName, userAvatar = this._names.userAvatar } = options;
    if (typeof stream !== 'object') {
      await super.takeSeat({ stream, userName, userAvatar });
      return;
    }
    this._checkOpen();
    this._names = { userName, userAvatar };
    await this.publish(stream, { maxBitrate });
  }

  async giveUpSeat() {
    const giving = super.giveUpSeat();
    await this._publication?.stop();
    await giving;
  }

  // ---- For the client, the publication and the playbacks

  _releaseMedia() { this._media.forEach((each) => each._release()); }

  _onWebEnded({ session, reason }) { this._media.forEach((each) => each._onEnded(session, reason)); }

  /** Addresses have no host where they are on the server of the room API. */
  _resolve(url) { return new URL(url.trim(), this._client._session.addressOf('')).href; }

  _askAddress(endpoint, body, read) {
    return askAddress(this._client._session, this._platform, `${this.kind}_room/${endpoint}`,
      { roomID: this.roomID, ...body }, read);
  }

  /** The seat asks for the address of its stream, and enters the room with it, as it does for phones. */
  async _call(endpoint, body, read, tries) {
    const publication = this._publication;
    const isAddress = endpoint === 'get_push_url';
    const isEntry = endpoint === 'add_pusher' && body.pushURL;
    if (!publication || !(isAddress || isEntry)) return super._call(endpoint, body, read, tries);
    try {
      if (isAddress) {
        return await this._askAddress('get_whip_url', {}, (reply) => {
          publication._address = { url: this._resolve(reply.whipURL), iceServers: reply.iceServers };
          return read(reply);
        });
      }
      const reply = await super._call(endpoint, body, read, tries);
      publication._open();
      return reply;
    } catch (error) {
      if (!error.isTemporary && !publication._isBeginning) publication._end(error.name);
      throw error;
    }
  }

  _end(reason = '') {
    this._reason ||= reason;
    super._end(reason);
  }

  _close() {
    super._close();
    // Who is no member any more has no sessions; a login that has ended leaves them.
    const isGone = /^(?!.*login)./.test(this._reason);
    this._media.forEach((each) => each._end(this._reason, isGone));
  }

  // ---- Inside

  get _media() { return [...(this._publication ? [this._publication] : []), ...this._playbacks]; }

  _play(of, element, options) {
    this._checkOpen();
    // @ts-expect-error only here
    const playback = new Playback(this, of, element, options);
    if (playback.state !== 'stopped') this._playbacks.add(playback);
    return playback;
  }
}
