// The same for mini-programs alone.
import { Client as AnyClient } from './client.js';
import { wxPlatform } from './platform/wx.js';

export { RtcRoomError } from './errors.js';

/* global wx */
export class Client extends AnyClient {
  constructor(options) { super(options, { ...wxPlatform(wx), ...options.platform }); }
}
