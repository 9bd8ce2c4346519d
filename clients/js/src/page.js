// The same for a page without modules: <script src="rtcroom.min.js"> makes `rtcroom.Client`.
import { Client as AnyClient } from './client.js';
import { RtcRoomError } from './errors.js';
import { webPlatform } from './platform/web.js';

class Client extends AnyClient {
  constructor(options) { super(options, webPlatform(options)); }
}

globalThis.rtcroom = { Client, RtcRoomError };
