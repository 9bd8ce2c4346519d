// The same for a page without modules: <script src="rtcroom.min.js"> makes `rtcroom.Client`.
import { RtcRoomError } from './errors.js';
import { PageClient } from './page_client.js';
import { webPlatform } from './platform/web.js';

class Client extends PageClient {
  constructor(options) { super(options, webPlatform(options)); }
}

globalThis.rtcroom = { Client, RtcRoomError };
