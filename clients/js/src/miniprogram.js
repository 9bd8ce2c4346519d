// The same for mini-programs alone.
import { wxPlatform } from './platform/wx.js';
import { ListingClient } from './room_list.js';

export { RtcRoomError } from './errors.js';
export { Room } from './room.js';
export * from './types.js';

/* global wx */
export class Client extends ListingClient {
  /** @param {import('./types.js').ClientOptions} options */
  constructor(options) { super(options, { ...wxPlatform(wx), ...options.platform }); }
}
