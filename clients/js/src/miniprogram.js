// The same for mini-programs alone: calls and meetings.
import { CallClient } from './call_client.js';
import { refuse } from './errors.js';
import { wxPlatform } from './platform/wx.js';

export { CallRoom as Room } from './call_room.js';
export { RtcRoomError } from './errors.js';
export * from './types.js';

/** @returns {never} */
function refuseLive(what) { return refuse(`${what}: take Client of rtcroom/live`); }

/* global wx */
/**
 * One user of one server. Live rooms and `watchRooms` are in `rtcroom/live`.
 * @extends {CallClient<import('./call_room.js').CallRoom>}
 */
export class Client extends CallClient {
  /** @param {import('./types.js').ClientOptions} options */
  constructor(options) { super(options, { ...wxPlatform(wx), ...options.platform }); }

  /**
   * Fails: the `Client` of `rtcroom/live` has it.
   * @returns {Promise<never>}
   */
  async watchRoom() { return refuseLive('watchRoom'); }

  /**
   * Fails: the `Client` of `rtcroom/live` has it.
   * @returns {never}
   */
  watchRooms() { return refuseLive('watchRooms'); }

  async _enter(asked, options) {
    if (asked.kind === 'live') refuseLive('live rooms');
    return super._enter(asked, options);
  }
}
