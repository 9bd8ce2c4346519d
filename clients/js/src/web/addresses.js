// Asks for addresses of WHIP and WHEP.
import { pause } from '../backoff.js';
import { fail } from '../errors.js';

const kTries = 4; // while the server or the network fails
// Codes: a server that knows no such call, and one that has no sessions for browsers. It says the latter, too, while its
// store is away, or when it is asked too often.
const kUnknown = 1;
const kFailed = 6;

/** Fails with `NO_WEB` where there are none.
 * @param session  of the client
 * @param path  such as `multi_room/get_whip_url`
 * @returns what `read` makes of the reply */
export async function askAddress(session, platform, path, body, read, tried = 1) {
  try {
    const address = await session.call(path, body, read, 1);
    session.hasWeb = true;
    return address;
  } catch (error) {
    const { code } = error;
    if (code === kUnknown || (code === kFailed && !session.hasWeb)) fail('NO_WEB', error.detail);
    if (!error.isTemporary || tried >= kTries) throw error;
    await pause(tried, platform);
    return askAddress(session, platform, path, body, read, tried + 1);
  }
}
