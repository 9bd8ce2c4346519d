// The types of pictures and sound, for the declarations of `rtcroom/web`: nothing of this runs.

/** @typedef {'connecting' | 'live' | 'stopped'} PublicationState */

/** @typedef {'waiting' | 'connecting' | 'live' | 'stopped'} PlaybackState */

/**
 * Why a stream is not live: an error, the reason for which the room is over, or none that is known.
 * @typedef {'' | import('../types.js').ErrorName | import('../types.js').CloseReason} MediaProblem
 */

/**
 * @typedef {object} MediaEvents
 * @property {{state: PlaybackState, problem: MediaProblem}} state
 * @property {boolean} blocked  of a playback: whether it has no sound until the user clicks, see `unblock`
 */

/**
 * Numbers of a connection since the call before; 0 where there are none.
 * @typedef {object} MediaStats
 * @property {number} kbps  kilobits a second, of picture and sound
 * @property {number} loss  the part of packets that are lost, from 0 to 1
 * @property {number} rttMs  to the server and back
 * @property {number} audioLevel  from 0 to 1
 * @property {number} width  of the picture
 * @property {number} height
 * @property {number} framesPerSecond
 */

/**
 * @typedef {Omit<import('../types.js').SeatOptions, 'stream'> & WithStream} WebSeatOptions
 */

/**
 * @typedef {Omit<import('../types.js').NewRoomOptions, 'stream'> & WithStream} WebNewRoomOptions
 */

/**
 * @typedef {object} WithStream
 * @property {boolean | MediaStream} [stream]  a camera and microphone, which are published; `false`: take the seat
 *   without a stream
 * @property {number} [maxBitrate]  of the picture, in bits a second
 */

/** @typedef {import('./room.js').Room} WebRoom */

/**
 * The calls of a client that give other rooms here.
 * @typedef {object} WebCalls
 * @property {(kind: import('../types.js').Kind, options?: WebNewRoomOptions) => Promise<WebRoom>} createRoom  makes a
 *   room. It can be seen by others once this user has its seat
 * @property {(kind: import('../types.js').Kind, roomID: string | number, options?: WebSeatOptions) => Promise<WebRoom>
 *   } joinRoom  enters a room as a pusher. Fails with `NO_ROOM` when there is none
 * @property {(roomID: string | number, options?: import('../types.js').Profile & {userInfo?: string}) =>
 *   Promise<WebRoom>} watchRoom  enters a live room as a viewer
 * @property {readonly WebRoom[]} rooms  that this client is in
 */

/**
 * What the library needs of a browser besides; tests replace it by `platform`.
 * @typedef {object} MediaPlatform
 * @property {(settings: RTCConfiguration) => RTCPeerConnection} makePeer
 * @property {(kind: string, isSent: boolean) => {mimeType: string, sdpFmtpLine?: string}[]} codecs
 * @property {() => MediaStream} makeStream
 * @property {(request: {url: string, method: string, body?: string, keepalive?: boolean}) => Promise<{status: number,
 *   location: string, retryAfterMs: number, link?: string, text: string}>} exchange  fails when there is no reply
 */

export {};
