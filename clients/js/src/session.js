// The login of one user, and the calls of the room API that need it.
import { pause } from './backoff.js';
import {
  errorOfReply, fail, failLoggedOut, ignore, kLoggedInElsewhere, kNetwork, kNotAuthorised, kUnavailable, refuse,
} from './errors.js';

const kTries = 4;
export const kClient = 'rtcroom/1'; // to which the server says more

const queryOf = (values) => Object.entries(values)
  .map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');

/** @param url  of the room API
 * @param client  offers `_channel` and `_onOver` */
export function makeSession(url, platform, client) {
  const key = `rtcroom ${url}`;
  // {identity, give, token, renewal, done, abort}; there is no token until the server has given one
  /** @type {any} */
  let login;

  /** The token goes unencoded. */
  const addressOf = (path, query = `${queryOf({ userID: session.userID })}&token=${login.token}`) =>
    `${url}/${path}${query && `?${query}`}`;

  /** @param mine  the login that the request is for, which gets what aborts it; null for calls
   * @param read  takes the reply; what it cannot read is no reply of rtcroomd */
  const ask = async (mine, path, query, body, read = (reply) => reply) => {
    const checkWanted = () => { if (mine && mine !== login) failLoggedOut(); };
    checkWanted();
    const { reply, abort } = platform.request({ url: addressOf(path, query), body });
    if (mine) mine.abort = abort;
    const { data, error } = await reply.catch((error) => ({ error }));
    checkWanted(); // or it was aborted
    client._channel.onNetwork(!error);
    if (error) fail(kNetwork, error.message);
    // A status says nothing: `code` does.
    if (data?.code) throw errorOfReply(path.split('/')[1], data);
    try {
      if (data.code === 0) return read(data);
    } catch (error) { /* the same */ }
    return fail(kUnavailable, `${path}: not an answer of rtcroomd`);
  };

  /** Tries again, with growing pauses, while the server, or the network, fails. */
  const repeat = (task, tries = kTries, tried = 1) => task().catch(async (error) => {
    if (!error.isTemporary || tried >= tries) throw error;
    await pause(tried, platform);
    return repeat(task, tries, tried + 1);
  });

  const logIn = (mine, identity) => {
    const { userID, userSig, sdkAppID, accountType = '0' } = identity;
    return ask(mine, 'multi_room/login', queryOf({ sdkAppID, accountType, userID, userSig }), {},
      ({ token }) => Object.assign(mine, { identity, token: token.trim() }));
  };

  const enter = async (mine) => {
    const { identity, give, token } = mine;
    try {
      if (identity) return await logIn(mine, identity);
    } catch (error) {
      if (!give || error.name !== kNotAuthorised) throw error;
    }
    // A first ticket, or one in place of an expired one.
    const fresh = await give(mine);
    const userID = `${fresh?.userID}`;
    if (token && userID !== identity.userID) fail(kNotAuthorised, 'another user');
    return logIn(mine, { ...fresh, userID });
  };

  /** A code is good for one call. */
  const askServer = async (mine) => {
    const code = await platform.loginCode();
    return ask(mine, 'utils/get_login_info', code ? queryOf({ code }) : '');
  };

  const logInFirst = async (mine) => {
    try {
      await repeat(() => enter(mine));
    } catch (error) {
      if (mine === login) login = null;
      throw error;
    }
    if (mine.give === askServer) platform.save(key, mine.identity);
    client._channel.start();
    return session.userID;
  };

  const forget = () => {
    const { abort } = login || {};
    login = null;
    abort?.();
  };

  const renewOnce = async (mine) => {
    try {
      await enter(mine);
    } catch (error) {
      if (mine === login && error.name === kNotAuthorised) session.end('login_expired');
      throw error;
    } finally {
      mine.renewal = null;
    }
  };

  const session = {
    /** @param path  of a call in the name of the user */
    addressOf,

    get userID() { return login?.token ? login.identity.userID : ''; },

    /** As the channel wants it. With `beats` it tells when to send heartbeats. */
    get who() { return { userID: session.userID, token: login.token, beats: true }; },

    /** As the user with these credentials, which a function may give anew, or else as the one of this phone or tab.
     * The same user logs in once, however many ask for it. */
    login(credentials) {
      const isAsked = typeof credentials === 'function';
      const own = !isAsked && credentials && { ...credentials, userID: `${credentials.userID}` };
      if (login) {
        if (own && own.userID !== login.identity?.userID) refuse('another user is logged in');
        return login.done;
      }
      const askProgram = () => new Promise((resolve) => { resolve(credentials()); })
        .catch((error) => fail(kUnavailable, `credentials: ${error}`));
      login = isAsked ? { give: askProgram } : { identity: own || platform.load(key), give: !own && askServer };
      return (login.done = logInFirst(login));
    },

    async logout() {
      const ending = session.userID && ignore(session.call('multi_room/logout', {}, undefined, 1));
      forget();
      await ending;
    },

    /** Logs the same user in again; once, however many ask for it meanwhile. */
    renew() {
      return (login.renewal ??= renewOnce(login));
    },

    /** The login is over: nothing renews it but the user. */
    end(reason) {
      if (!login) return;
      forget();
      client._onOver(reason);
    },

    /** A call in the name of the user. Repeated with growing pauses while the server, or the network, fails.
     * @param {string} path  such as `multi_room/add_pusher`
     * @param {object} [body]
     * @param {(reply: any) => any} [read]
     * @param {number} [tries]  one for calls that must not be executed twice */
    async call(path, body, read, tries) {
      const mine = login;
      let isRenewed = false;
      const attempt = async () => {
        const { userID } = session;
        if (!userID || mine !== login) fail(kNotAuthorised, 'log in first');
        const { token } = mine;
        try {
          return await ask(null, path, undefined, { userID, client: kClient, ...body }, read);
        } catch (error) {
          const { name } = error;
          const isCurrent = token === login?.token;
          if (name === kLoggedInElsewhere && isCurrent) session.end('other_login');
          else if (!isRenewed && (name === kLoggedInElsewhere || name === kNotAuthorised)) {
            if (isCurrent) await session.renew();
            isRenewed = true;
            return attempt();
          }
          throw error;
        }
      };
      return repeat(attempt, tries);
    },
  };
  return session;
}
