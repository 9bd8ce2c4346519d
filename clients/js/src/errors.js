// What can go wrong, by name: programs compare names, people read messages.

// Codes of the room API are below 10000, those of the message channel above.
const kNames = {
  1: 'BAD_REQUEST', 2: 'ROOM_EXISTS', 3: 'NO_ROOM', 5: 'NOT_MEMBER', 7: 'NOT_AUTHORISED', 10: 'BAD_REQUEST',
  11: 'ROOM_EXISTS', 5001: 'ROOM_FULL',
  10002: 'RATE_LIMITED', 10004: 'BAD_REQUEST', 10007: 'NOT_ALLOWED', 10010: 'NO_ROOM', 20009: 'NOT_ALLOWED',
  60002: 'BAD_REQUEST', 60003: 'BAD_REQUEST', 80001: 'BAD_REQUEST', 80002: 'TOO_LONG', 91101: 'OTHER_LOGIN',
};
const kNamesOfCalls = {
  'add_audience 1': 'AUDIENCE_FULL', 'destroy_room 3': 'NOT_CREATOR', 'set_custom_field 5': 'NOT_ALLOWED',
};
const kTemporary = ['NETWORK', 'UNAVAILABLE', 'RATE_LIMITED'];

/** A call that failed. `name` says why; `code` and `detail` are the server's, for logs. */
export class RtcRoomError extends Error {
  constructor(name, detail, code = 0) {
    super(`${name}: ${detail}`);
    this.name = name;
    this.detail = detail;
    this.code = code;
  }

  /** Whether the same call may succeed a little later. */
  get isTemporary() { return kTemporary.includes(this.name); }
}

/** @param call  such as 'add_pusher', or a verb of the channel */
export function errorOfReply(call, { code, message, detail, result }) {
  // A full audience and a field that is wrong share code 1: only the latter has a detail.
  const special = !detail && kNamesOfCalls[`${call} ${code}`];
  const isOfLogin = code >= 70000 && code < 71000;
  const name = special || kNames[code] || (isOfLogin ? 'NOT_AUTHORISED' : 'UNAVAILABLE');
  // The reason of a refused login is a text, that of a refused mix an object.
  return new RtcRoomError(name, `${call}: ${detail || (result && result.message) || result || message}`, code);
}

/** @returns a promise that ignores the error of that name */
export const ignore = (name, promise) => promise.catch((error) => { if (error.name !== name) throw error; });
