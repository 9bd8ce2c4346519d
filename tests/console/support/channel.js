// A client of the message channel, as the SDK of a mini-program calls it.

const kRoomPoll = 'v1/group_open_long_polling_http_noauth_svc/get_msg';
const kGroups = 'v4/group_open_http_svc';

/** What a server needs so that a test can log in by any name. A poll waits for what the test does meanwhile. */
export const kWithChannel = { 'channel.enabled': true, 'channel.hold': '55s', 'auth.trust_userid': true };

export class ChannelClient {
  #origin;
  #proof;
  #random = 1;
  /** The room poll's key. */
  key = '';

  /**
   * @param {string} origin
   * @param {string} userID
   * @param {string} proof
   */
  constructor(origin, userID, proof) {
    this.#origin = origin;
    this.userID = userID;
    this.#proof = proof;
  }

  /**
   * @param {import('./server.js').Server} server
   * @param {string} userID
   */
  static async logIn(server, userID) {
    const { origin } = new URL(server.publicUrl);
    const response = await fetch(`${server.publicUrl}/utils/get_login_info?userID=${userID}`);
    const { sdkAppID, userSig } = await response.json();
    const query = `sdkappid=${sdkAppID}&identifier=${userID}&usersig=${userSig}`;
    const reply = await post(`${origin}/v4/openim/login?${query}`, { State: 'Online' });
    return new ChannelClient(origin, userID, `sdkappid=${sdkAppID}&tinyid=${reply.TinyId}&a2=${reply.A2Key}`);
  }

  /** @param {string} roomID */
  async join(roomID) {
    this.key = (await this.call(`${kGroups}/apply_join_group`, { GroupId: roomID })).LongPollingKey;
  }

  /**
   * @param {string} roomID
   * @param {string} text
   */
  sendText(roomID, text) {
    const body = [{ MsgType: 'TIMTextElem', MsgContent: { Text: text } }];
    return this.call(`${kGroups}/send_group_msg`, { GroupId: roomID, Random: this.#random++, MsgBody: body });
  }

  /** The reply to one poll of the room. */
  pollRoom() {
    return post(`${this.#origin}/${kRoomPoll}?${this.#proof}`, { StartSeq: 0, HoldTime: 90, Key: this.key });
  }

  /**
   * A call that must succeed.
   * @param {string} command
   * @param {object} body
   */
  call(command, body) {
    return post(`${this.#origin}/${command}?${this.#proof}`, body);
  }
}

/**
 * @param {string} url
 * @param {object} body
 */
async function post(url, body) {
  const reply = await (await fetch(url, { method: 'POST', body: JSON.stringify(body) })).json();
  if (reply.ErrorCode !== 0) throw new Error(`${new URL(url).pathname}: ${JSON.stringify(reply)}`);
  return reply;
}
