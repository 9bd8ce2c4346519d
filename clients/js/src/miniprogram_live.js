// The same for mini-programs with live rooms, or with lists of rooms that are kept up to date.
import { Client as AnyClient } from './client.js';
import { wxPlatform } from './platform/wx.js';

export { RtcRoomError } from './errors.js';
export { Room } from './room.js';
export * from './types.js';

/* global wx */
export class Client extends AnyClient {
  /** @param {import('./types.js').ClientOptions} options */
  constructor(options) { super(options, { ...wxPlatform(wx), ...options.platform }); }
}
