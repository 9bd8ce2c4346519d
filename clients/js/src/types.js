// The types of the library, for its declarations: nothing of this runs.

/**
 * `double`: two pushers. `multi`: four. `live`: four, and viewers and custom fields.
 * @typedef {'double' | 'multi' | 'live'} Kind
 */

/**
 * A member with a seat, and where its stream is played.
 * @typedef {import('./wire.js').Pusher} Pusher
 */

/**
 * A room in a list, with its custom fields and the number of free seats, which older servers do not tell. Those of live
 * rooms have the number of viewers, too.
 * @typedef {Omit<import('./wire.js').Gen2ListedRoom, 'custom' | 'customInfo'>
 *   & Partial<Pick<import('./wire.js').Gen2ListedLiveRoom, 'audienceCount'>>
 *   & {fields: Record<string, FieldValue>}} ListedRoom
 */

/**
 * A registered viewer of a live room.
 * @typedef {import('./wire.js').Viewers['audiences'][number]} Viewer
 */

/**
 * A value of a custom field of a live room.
 * @typedef {string | number | boolean} FieldValue
 */

/**
 * Why a call failed.
 *
 * - `BAD_REQUEST`: a field is wrong, `detail` says which
 * - `NO_ROOM`: no such room, or it has ended
 * - `ROOM_EXISTS`: the ID is taken
 * - `ROOM_FULL`: all seats are taken
 * - `NOT_MEMBER`: no longer in the room
 * - `NOT_CREATOR`: only the creator may
 * - `NOT_ALLOWED`: banned, or only for pushers
 * - `NOT_AUTHORISED`: the login was refused, or has ended and cannot be renewed
 * - `OTHER_LOGIN`: the user has logged in elsewhere, or another page or phone sends the stream
 * - `RATE_LIMITED`: too many messages
 * - `TOO_LONG`: the text
 * - `UNAVAILABLE`: the server, or a service behind it, fails
 * - `NETWORK`: no answer
 * - `NO_CHANNEL`: the server has no message channel
 * - `CLOSED`: the room or the client was closed meanwhile
 * @typedef {'BAD_REQUEST' | 'NO_ROOM' | 'ROOM_EXISTS' | 'ROOM_FULL' | 'NOT_MEMBER' | 'NOT_CREATOR' | 'NOT_ALLOWED'
 *   | 'NOT_AUTHORISED' | 'OTHER_LOGIN' | 'RATE_LIMITED' | 'TOO_LONG' | 'UNAVAILABLE' | 'NETWORK' | 'NO_CHANNEL'
 *   | 'CLOSED' | MediaErrorName} ErrorName
 */

/**
 * Why a call of `rtcroom/web` failed.
 *
 * - `NO_WEB`: the server has no sessions of pictures and sound for browsers
 * - `NO_H264`: the browser has no H.264, which phones send and play
 * - `NO_ROUTE`: the network lets no pictures and sound through
 * @typedef {'NO_WEB' | 'NO_H264' | 'NO_ROUTE'} MediaErrorName
 */

/**
 * A message of a room.
 * @typedef {object} Message
 * @property {number} seq
 * @property {number} time  milliseconds since 1970
 * @property {string} from
 * @property {string} nick
 * @property {string} avatar
 * @property {'text' | 'custom'} type
 * @property {string} body
 * @property {string} [cmd]  of a command: its name
 */

/**
 * A message to this user alone.
 * @typedef {object} DirectMessage
 * @property {number} position
 * @property {number} time  milliseconds since 1970
 * @property {string} from
 * @property {string} to
 * @property {string} nick
 * @property {string} avatar
 * @property {'text' | 'custom'} type
 * @property {string} body
 * @property {string} [cmd]  of a command: its name
 */

/**
 * @typedef {object} PusherChange
 * @property {Pusher[]} pushers  all of them now, in the order in which they joined
 * @property {Pusher[]} added
 * @property {Pusher[]} removed
 * @property {Pusher[]} updated  those with another stream, name or picture
 */

/**
 * Why a room is over for this user.
 *
 * - `destroyed`: by its creator
 * - `creator_left`
 * - `last_left`
 * - `idle`: nobody took a seat in time
 * - `dismissed`: by an operator, or by the media service
 * - `gone`: it ended while this client was away
 * - `full`: this user was evicted, and another has taken the seat
 * - `kicked`: this user, by an operator
 * - `banned`: this user
 * - `other_login`: the user has logged in elsewhere
 * - `login_expired`
 * @typedef {'destroyed' | 'creator_left' | 'last_left' | 'idle' | 'dismissed' | 'gone' | 'full' | 'kicked' | 'banned'
 *   | 'other_login' | 'login_expired'} CloseReason
 */

/**
 * `connected`: all is well. `connecting`: cut off, trying again. `polling`: works, without a socket. `none`: the server
 * has no message channel; pushers are asked for every 10 s, and there are no messages. `closed`: not logged in.
 * @typedef {'connecting' | 'connected' | 'polling' | 'none' | 'closed'} ConnectionState
 */

/**
 * Where a page keeps its user.
 * @typedef {{getItem(key: string): string | null, setItem(key: string, value: string): void}} KeyStorage
 */

/**
 * @typedef {object} ClientOptions
 * @property {string} server  its address, such as `https://rooms.example.com`
 * @property {string} [prefix]  before the paths of the room API; `/weapp` if absent
 * @property {string | false} [channel]  address of the message channel, if it is not the server's. `false`: do not use it
 * @property {unknown} [WebSocket]  Node before version 22 has none: `import { WebSocket } from 'ws'`
 * @property {KeyStorage | null} [storage]  where a page keeps its user: `sessionStorage` if absent, so that a tab is a
 *   user; or `localStorage`, or `null`
 * @property {boolean | 'always'} [leaveOnClose]  whether a page that is closed leaves its rooms at once; `true` if
 *   absent. A browser does not tell that from a page that is loaded again. So the creator, and whoever is alone in a
 *   room, keep their seats for `rejoin`, until their heartbeats are missed; with `'always'` they leave, too
 * @property {Partial<Platform>} [platform]  replaces the parts of the environment that tests control
 */

/**
 * @typedef {object} Credentials
 * @property {string | number} userID
 * @property {string} userSig  the ticket that your own server has signed
 * @property {number} sdkAppID
 * @property {string} [accountType]  `0` if absent
 */

/**
 * @typedef {object} Profile
 * @property {string} [userName]
 * @property {string} [userAvatar]
 */

/**
 * @typedef {object} SeatOptions
 * @property {string} [userName]
 * @property {string} [userAvatar]
 * @property {boolean} [stream]  `false`: take the seat without a stream. Otherwise the seat is taken when the stream runs
 */

/**
 * @typedef {object} NewRoomOptions
 * @property {string | number} [roomID]  letters, digits, `_`, `-`; at most 48. A random one if absent
 * @property {string} [roomInfo]  your own text, at most 1,024 bytes, such as a title
 * @property {string} [userName]
 * @property {string} [userAvatar]
 * @property {boolean} [stream]  as in `SeatOptions`
 */

/**
 * @typedef {object} ClientEvents
 * @property {DirectMessage} direct
 * @property {{reason: 'other_login' | 'login_expired'}} kicked  the user has logged in elsewhere, or the login cannot be
 *   renewed: all rooms are closed. Log in again only when the user asks for it
 * @property {ConnectionState} connection
 */

/**
 * @typedef {object} RoomEvents
 * @property {PusherChange} pushers
 * @property {Message} message  once each, in the order of `seq`. Those of a short cut come after it
 * @property {{from: number, to: number}} gap  the messages from one `seq` to another are not told. From 1: the numbers
 *   have begun anew, as the server was restored from a backup or the room is another one
 * @property {Record<string, FieldValue>} fields  a live room's custom fields have changed
 * @property {number} audience  another number of viewers
 * @property {string} pushURL  send the stream to this URL from now on; `''`: stop it
 * @property {Record<string, never>} evicted  this user was evicted, as its heartbeats did not arrive in time, and
 *   returns by itself
 * @property {{reason: CloseReason}} closed  the room is over for this user: stop the stream, leave the page. Not after
 *   the own `leave` or `destroy`
 */

/**
 * What a room shows of itself; kept up to date.
 * @typedef {object} RoomState
 * @property {Kind} kind
 * @property {string} roomID
 * @property {string} roomInfo
 * @property {string} roomCreator  the user who may end the room
 * @property {Pusher[]} pushers  in the order in which they joined
 * @property {string} pushURL  where this user sends its stream; empty for viewers and without a stream
 * @property {string} mixedPlayURL  where viewers of a live room play it
 * @property {number} audienceCount
 * @property {Record<string, FieldValue>} fields
 * @property {boolean} isClosed
 */

/**
 * What the library needs of its environment; found by itself in mini-programs, browsers and Node.
 * @typedef {object} Platform
 * @property {() => number} now  milliseconds since any moment; never set back or forward
 * @property {() => number} random  from 0 to 1
 * @property {(ms: number, listener: () => void) => () => void} setTimer  returns a function that stops the timer
 * @property {(request: {url: string, body?: object, waitMs?: number}) =>
 *   {reply: Promise<{status: number, data: unknown}>, abort(): void}} request  a GET without a body, otherwise a POST.
 *   The reply fails when there is none; what is not JSON may be any `data`
 * @property {(url: string, protocol: string, listener: SocketListener) =>
 *   {send(data: string): void, close(): void}} openSocket
 * @property {boolean} hasSockets
 * @property {(onShow: () => void, onOffline: () => void) => () => void} onShow  the program is shown again or the
 *   network is back; the network is gone. Returns a function that ends both
 * @property {(key: string) => unknown} load
 * @property {(key: string, value: unknown) => void} save
 * @property {() => Promise<string>} loginCode  a code by which the server recognises the user; empty where there is none
 */

/**
 * @typedef {{onOpen(): void, onMessage(data: string): void, onClose(code: number): void}} SocketListener
 */

export {};
