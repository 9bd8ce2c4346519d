// Types of the server's replies, for the JSDoc comments of the other files.

/**
 * @typedef {import('./routes.js').RoomKind} RoomKind
 *
 * The time since a pusher's last heartbeat, and the time until its lease expires.
 * @typedef {{ageMs: number, remainingMs: number}} Lease
 *
 * A pusher's stream: how long it has been on or off, and its HLS playlist while it is on.
 * @typedef {{state: 'on'|'off'|'none'|'unknown', lastingMs: number|null, bitsPerSecond: number|null, playlist: string|null}} Media
 *
 * @typedef {{rttMs: number, loss: number, kbps: number, width: number, height: number, keyRequests: number}} Web
 * @typedef {{userID: string, userName: string, userAvatar: string, joinedAtMs: number, lease: Lease|null, media: Media|null, web?: Web}} Pusher
 *
 * @typedef {object} Room
 * @property {RoomKind} kind
 * @property {string} roomID
 * @property {string} roomInfo
 * @property {string} roomType
 * @property {'gen1'|'gen2'|''} dialect
 * @property {boolean} active
 * @property {string} creator
 * @property {number} createdAtMs
 * @property {number} number
 * @property {number} sequence
 * @property {number} audienceCount
 * @property {number|null} connected  clients of the message channel in the room; null without it
 * @property {Record<string, unknown>|null} custom
 * @property {Pusher[]} pushers
 *
 * @typedef {object} RoomEvent
 * @property {string} type
 * @property {number} atMs
 * @property {RoomKind} kind
 * @property {string} roomID
 * @property {number} number
 * @property {number} sequence
 * @property {string} [userID]
 * @property {string} [userName]
 * @property {string} [reason]
 * @property {string} [newCreator]
 * @property {string} [field]  a custom field
 * @property {unknown} [value]  its new one
 *
 * A file of a recorded stream. Kind, room and user are null when its pusher is not known.
 * @typedef {object} Recording
 * @property {RoomKind|null} kind
 * @property {string|null} roomID
 * @property {number|null} number
 * @property {string|null} userID
 * @property {string} stream
 * @property {string} file
 * @property {string} [url]
 * @property {number} bytes
 * @property {number|null} startedAtMs
 * @property {number} endedAtMs
 *
 * A login of the message channel.
 * @typedef {object} Login
 * @property {string} userID
 * @property {'old'|'sdk'|'new'} client
 * @property {number} loggedInAtMs
 * @property {number} idleMs  since its last call; 0 while a poll waits or a WebSocket is open
 * @property {number} polls
 * @property {{kind: RoomKind, roomID: string, joinedAtMs: number}|null} room
 *
 * A server on the store; `toldAgoMs` is null for one that has told no heartbeats yet, `config` the same at those that
 * are configured alike, empty where it is unknown.
 * @typedef {{node: number, name: string, self: boolean, schema: number, rounds: number, aliveMs: number, toldAgoMs: number|null, config: string, duties: string[]}} ListedNode
 *
 * The servers on the store; without `nodes`, `problem` tells why they could not be read.
 * @typedef {object} NodesReply
 * @property {boolean} shared  whether other servers can use the store
 * @property {{duties: string[], cutOffMs: number, logAgeMs: number, allToldAgoMs: number}} self
 * @property {ListedNode[]|null} nodes
 * @property {string|null} problem
 *
 * @typedef {object} ServerReply
 * @property {string} version
 * @property {number} startedAtMs
 * @property {number} nowMs
 * @property {Record<RoomKind, number>} rooms
 * @property {number} pushers
 * @property {number} connections
 * @property {number} waitingRequests
 * @property {number} watchers
 * @property {{requests: number, failures: number, evictions: number, connections: number, handshakes: number, refusals: number}} totals
 * @property {number} reaperLagMs
 * @property {{enabled: boolean, pendingGroups: number, lag: number}} im
 * @property {{enabled: boolean, logins: number, groups: number, polls: number, messages: number, deliveries: number, redeliveries: number, socket: string|null}} channel
 * @property {number} heartbeatTimeoutMs
 * @property {{http: string|null, https: string|null}} publicApi
 */

export {};
