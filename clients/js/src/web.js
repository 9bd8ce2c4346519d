// The same for pages with cameras: rooms that publish and play by WebRTC (WHIP and WHEP).
import { PageClient } from './page_client.js';
import { webPlatform } from './platform/web.js';
import { askAddress } from './web/addresses.js';
import { browserMedia } from './web/browser_media.js';
import { Room } from './web/room.js';

export { RtcRoomError } from './errors.js';
export * from './types.js';
export * from './web/types.js';
export { Playback } from './web/playback.js';
export { Publication } from './web/publication.js';
export { Room, webPlatform };

/** One user of one server, in a page with a camera. */
export class Client extends
  /** @type {new (...values: any[]) => import('./web/types.js').WebCalls & PageClient} */ (/** @type {unknown} */ (PageClient)) {
  /** @param {import('./types.js').ClientOptions} options */
  constructor(options) {
    super(options, { ...webPlatform(options), ...browserMedia, ...options.platform });
    this._Room = Room;
    this._hide({ _given: undefined }); // the stream for the rooms that `rejoin` enters
  }

  /**
   * Whether the server has sessions for browsers: ask before the user is asked for a camera. After the login.
   * @returns {Promise<boolean>}
   */
  async hasWebSessions() {
    try {
      await askAddress(this._session, this._platform, 'multi_room/get_whip_url', {}, () => {});
      return true;
    } catch (error) {
      if (error.name === 'NO_WEB') return false;
      throw error;
    }
  }

  /**
   * In a page that was loaded again: enters the rooms that it was in, where they still exist and have a seat; those
   * that had a stream with this one, or else without.
   * @param {{stream?: MediaStream}} [options]
   * @returns {Promise<Room[]>}
   */
  rejoin({ stream } = {}) {
    this._given = { stream: stream ?? false };
    const rejoining = super.rejoin(); // it begins to enter them at once
    this._given = undefined;
    return /** @type {Promise<Room[]>} */ (rejoining);
  }

  _enter(facts, options) {
    if (this._given && options.stream) Object.assign(options, this._given);
    return super._enter(facts, options);
  }

  _onHide(...values) {
    this.rooms.forEach((room) => room._releaseMedia());
    super._onHide(...values);
  }

  _onPush(push) {
    super._onPush(push);
    const ended = push.web_ended;
    if (ended) this.rooms.forEach((room) => room._onWebEnded(ended)); // a session has one room
  }
}
