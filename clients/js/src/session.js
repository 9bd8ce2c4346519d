// The login of one user, and the calls of the room API that need it.
import { pauseMs } from './backoff.js';
import { RtcRoomError, errorOfReply } from './errors.js';

const kTries = 4;
const kReplaced = '1'; // numbers in the message of code 7
const kExpired = ['3', '5'];

export class Session {
  /** @param onOver  called with the reason when the login has ended, and cannot or must not be renewed */
  constructor({ server, prefix, platform, onOver }) {
    this._server = server;
    this._url = server + prefix;
    this._platform = platform;
    this._onOver = onOver;
    this._identity = null;
    this._renewal = null;
    this.token = '';
  }

  get userID() { return this.token ? this._identity.userID : ''; }

  /** As the user with these credentials, or else as the one of this phone or tab. */
  async login(credentials) {
    const key = `rtcroom ${this._server}`;
    const saved = credentials || this._platform.load(key);
    const isDone = saved && await this._logIn(saved).then(() => true, (error) => {
      // The ticket of a saved user may have expired; the same phone gets the same user again.
      if (credentials || error.name !== 'NOT_AUTHORISED') throw error;
    });
    if (!isDone) await this._logIn(await this._newIdentity());
    if (!credentials) this._platform.save(key, this._identity);
  }

  async logout() {
    if (this.token) await this.call('multi_room/logout', {}, { tries: 1 }).catch(() => {});
    this.token = '';
  }

  /** Logs the same user in again; once, however many ask for it meanwhile. */
  renew() {
    if (!this._renewal) {
      this._renewal = this._renew();
      const done = () => { this._renewal = null; };
      this._renewal.then(done, done);
    }
    return this._renewal;
  }

  async _renew() {
    const { userID } = this._identity;
    try {
      await this._logIn(this._identity);
    } catch (error) {
      if (error.name !== 'NOT_AUTHORISED') throw error;
      const identity = await this._newIdentity();
      if (identity.userID !== userID) {
        this.end('login_expired');
        throw error;
      }
      await this._logIn(identity);
    }
  }

  /** The login is over: nothing renews it but the user. */
  end(reason) {
    if (!this.token) return;
    this.token = '';
    this._onOver(reason);
  }

  /** A call in the name of the user. Repeated with growing pauses while the server, or the network, fails.
   * @param path  such as `multi_room/add_pusher`
   * @param tries  1 for calls that must not be executed twice */
  async call(path, body, { tries = kTries } = {}) {
    for (let tried = 1; ; ++tried) {
      try {
        return await this._callOnce(path, body, true);
      } catch (error) {
        if (!error.isTemporary || tried >= tries) throw error;
      }
      await new Promise((resolve) => { this._platform.setTimer(pauseMs(tried, this._platform), resolve); });
    }
  }

  async _callOnce(path, body, mayRenew) {
    const { token } = this;
    if (!token) throw new RtcRoomError('NOT_AUTHORISED', 'log in first');
    const { userID } = this._identity;
    // The token goes unencoded; a status says nothing: `code` does.
    const reply = await this._send(`${path}?userID=${encodeURIComponent(userID)}&token=${token}`, { userID, ...body });
    if (reply.code === 0) return reply;
    const [, reason] = (reply.code === 7 && /错误码:(\d)/.exec(reply.message)) || [];
    if (reason && mayRenew && token !== this.token) return this._callOnce(path, body, false);
    if (reason === kReplaced) {
      this.end('other_login');
      throw new RtcRoomError('OTHER_LOGIN', 'the user has logged in elsewhere');
    }
    if (mayRenew && kExpired.includes(reason)) {
      await this.renew();
      return this._callOnce(path, body, false);
    }
    throw errorOfReply(path.split('/')[1], reply);
  }

  async _logIn(identity) {
    const { userID, userSig, sdkAppID, accountType = '0' } = identity;
    const query = Object.entries({ sdkAppID, accountType, userID, userSig })
      .map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
    const reply = await this._send(`multi_room/login?${query}`, {});
    if (reply.code !== 0) throw errorOfReply('login', reply);
    this._identity = identity;
    this.token = reply.token;
  }

  async _newIdentity() {
    // A code is good for one call.
    const code = await this._platform.loginCode();
    const query = code ? `?code=${encodeURIComponent(code)}` : '';
    const reply = await this._send(`utils/get_login_info${query}`, {}, 'GET');
    if (reply.code !== 0) throw errorOfReply('get_login_info', reply);
    const { userID, userSig, sdkAppID, accountType } = reply;
    return { userID, userSig, sdkAppID, accountType };
  }

  async _send(path, body, method) {
    const { data } = await this._platform.request({ url: `${this._url}/${path}`, body, method }).reply
      .catch((error) => { throw new RtcRoomError('NETWORK', error.message); });
    if (!data || typeof data.code !== 'number') throw new RtcRoomError('UNAVAILABLE', `${path.split('?')[0]}: not an answer of rtcroomd`);
    return data;
  }
}
