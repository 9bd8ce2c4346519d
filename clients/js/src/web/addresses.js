// Asks for addresses of WHIP and WHEP.
import { pause } from '../backoff.js';
import { fail } from '../errors.js';

const kTries = 4; // while the server or the network fails
const kNoWeb = [1, 6]; // codes: a server that knows no such call, and one that has no sessions for browsers

/** Fails with `NO_WEB` where there are none.
 * @param session  of the client
 * @param path  such as `multi_room/get_whip_url`
 * @returns what `read` makes of the reply */
export async function askAddress(session, platform, path, body, read, tried = 1) {
  try {
    return await session.call(path, body, read, 1);
  } catch (error) {
    if (kNoWeb.includes(error.code)) fail('NO_WEB', error.detail);
    if (!error.isTemporary || tried >= kTries) throw error;
    await pause(tried, platform);
    return askAddress(session, platform, path, body, read, tried + 1);
  }
}
