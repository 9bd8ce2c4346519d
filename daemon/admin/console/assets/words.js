// Texts for events and kinds.

/** @typedef {import('./types.js').RoomEvent} RoomEvent */

/**
 * A sentence: strings are constants, names are user input.
 * @typedef {Array<string | {name: string}>} Sentence
 * @typedef {'good'|'plain'|'warn'|'bad'} Tone
 */

const kKindNames = { double: 'Two-party', multi: 'Meeting', live: 'Live', webrtc: 'WebRTC' };

/** @param {import('./routes.js').RoomKind} kind */
export const kindName = (kind) => kKindNames[kind];

/** @type {Record<string, string>} */
const kLeaving = {
  left: ' left',
  heartbeat_timeout: ' was evicted: no heartbeat came in time',
  stream_interrupted: ' was evicted: its stream ended',
  kicked: ' was kicked by an operator',
  room_destroyed: ' went with the room, which ended',
};

/** @type {Record<string, string>} */
const kEnding = {
  destroyed: 'The creator ended the room',
  creator_left: 'The room ended: its creator left',
  last_left: 'The room ended: the last member left',
  idle: 'The room ended: no pusher joined in time',
  dismissed: 'An operator dismissed the room',
};

/**
 * Why a room ended.
 * @param {string|undefined} reason
 */
export function endingWords(reason) {
  return kEnding[reason ?? ''] ?? `The room ended (${reason || 'no reason given'})`;
}

/**
 * @param {RoomEvent} event
 * @returns {{tone: Tone, sentence: Sentence}}
 */
export function eventWords(event) {
  const who = { name: event.userName || event.userID || '' };
  switch (event.type) {
    case 'room_created':
      return { tone: 'good', sentence: event.userID ? [who, ' created the room'] : ['The room was created'] };
    case 'room_activated':
      return { tone: 'good', sentence: ['The first member came; the room can be seen now'] };
    case 'pusher_added':
      return { tone: 'good', sentence: [who, ' joined'] };
    case 'pusher_updated':
      return { tone: 'plain', sentence: [who, ' came back and kept the seat'] };
    case 'pusher_deleted':
      return { tone: leavingTone(event.reason), sentence: leavingSentence(who, event) };
    case 'audience_added':
      return { tone: 'plain', sentence: [who, ' is watching'] };
    case 'audience_deleted':
      return { tone: 'plain', sentence: [who, ' stopped watching'] };
    case 'custom_changed':
      return { tone: 'plain', sentence: ['Custom fields changed'] };
    case 'room_destroyed':
      return { tone: event.reason === 'dismissed' ? 'bad' : 'plain', sentence: [endingWords(event.reason)] };
    default:
      return { tone: 'plain', sentence: [event.type] };
  }
}

/**
 * @param {{name: string}} who
 * @param {RoomEvent} event
 * @returns {Sentence}
 */
function leavingSentence(who, event) {
  /** @type {Sentence} */
  const sentence = [who, kLeaving[event.reason ?? ''] ?? ` left (${event.reason || 'no reason given'})`];
  if (event.newCreator) sentence.push('; the room passed on to ', { name: event.newCreator });
  return sentence;
}

/**
 * @param {string|undefined} reason
 * @returns {Tone}
 */
function leavingTone(reason) {
  if (reason === 'heartbeat_timeout' || reason === 'stream_interrupted') return 'warn';
  return reason === 'kicked' ? 'bad' : 'plain';
}
