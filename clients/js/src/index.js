// rtcroom: rooms of rtcroomd for mini-programs, browsers and Node.
import { PageClient } from './page_client.js';
import { webPlatform } from './platform/web.js';
import { wxPlatform } from './platform/wx.js';

export { RtcRoomError } from './errors.js';
export { Room } from './room.js';
export * from './types.js';
export { webPlatform, wxPlatform };

/* global wx */
const isMiniProgram = () => typeof wx === 'object' && wx && typeof wx.request === 'function';

export class Client extends PageClient {
  /** @param {import('./types.js').ClientOptions} options */
  constructor(options) {
    super(options, { ...(isMiniProgram() ? wxPlatform(wx) : webPlatform(options)), ...options.platform });
  }
}
