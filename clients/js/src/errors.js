// What can go wrong, by name: programs compare names, people read messages.

export const kBadRequest = 'BAD_REQUEST';
export const kNoRoom = 'NO_ROOM';
export const kNotMember = 'NOT_MEMBER';
export const kNotAllowed = 'NOT_ALLOWED';
export const kNotAuthorised = 'NOT_AUTHORISED';
export const kLoggedInElsewhere = 'OTHER_LOGIN';
export const kNetwork = 'NETWORK';
export const kUnavailable = 'UNAVAILABLE';
export const kRateLimited = 'RATE_LIMITED';
const kRoomExists = 'ROOM_EXISTS';

export const kCut = 1006; // a socket is closed with this code when it breaks

// Codes of the room API are below 10000, those of the message channel above. Some calls have codes of their own.
const kNames = {
  1: kBadRequest, 10: kBadRequest, 10004: kBadRequest, 60002: kBadRequest, 60003: kBadRequest, 80001: kBadRequest,
  2: kRoomExists, 11: kRoomExists,
  3: kNoRoom, 10010: kNoRoom,
  5: kNotMember,
  7: kNotAllowed, 10007: kNotAllowed, 20009: kNotAllowed,
  5001: 'ROOM_FULL',
  10002: kRateLimited,
  80002: 'TOO_LONG',
  91101: kLoggedInElsewhere,
  'login 7': kNotAuthorised, 'add_audience 1': 'AUDIENCE_FULL', 'destroy_room 3': 'NOT_CREATOR',
  'set_custom_field 5': kNotAllowed,
};

/** @typedef {new (detail: string) => Omit<Error, 'name'> & {readonly name: import('./types.js').ErrorName}} NamedError */

/** A call that failed. `name` says why; `code` and `detail` are the server's, for logs. */
export class RtcRoomError extends /** @type {NamedError} */ (Error) {
  /**
   * @param {import('./types.js').ErrorName} name
   * @param {string} detail
   * @param {number} [code]
   */
  constructor(name, detail, code = 0) {
    super(detail);
    /** @readonly */
    this.name = name;
    /**
     * For logs and developers, in English.
     * @readonly
     */
    this.detail = detail;
    /**
     * The server's number, 0 for errors found here.
     * @readonly
     */
    this.code = code;
    /**
     * Whether the same call may succeed a little later.
     * @readonly
     */
    this.isTemporary = [kNetwork, kUnavailable, kRateLimited].includes(name);
  }
}

/** @param call  such as 'add_pusher', or a verb of the channel */
export function errorOfReply(call, { code, message, detail, result, reason }) {
  // A full audience and a field that is wrong share code 1: only the latter has a detail.
  const special = !detail && kNames[`${call} ${code}`];
  // What is wrong with a token has a number; code 7 without one is a ban.
  const [, fault] = /错误码:(\d)/.exec(message) || [];
  const name = fault ? (fault === '1' ? kLoggedInElsewhere : kNotAuthorised)
    : special || kNames[code] || (code >= 70000 && code < 71000 ? kNotAuthorised : kUnavailable);
  // The reason of a refused login is a text, that of a refused mix an object.
  const text = `${call}: ${detail || result?.message || result || message}`;
  return Object.assign(new RtcRoomError(name, text, code), { _reason: reason });
}

/** @returns {never} */
export function fail(name, detail) { throw new RtcRoomError(name, detail); }

export function failLoggedOut() { fail('CLOSED', 'logged out'); }

/** @returns {never} */
export function refuse(detail) { fail(kBadRequest, detail); }

/** @param name  of the error that is ignored; all, if absent */
export const ignore = (promise, name) => promise.catch((error) => { if (name && error.name !== name) throw error; });
