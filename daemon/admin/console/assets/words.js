// Texts for events and kinds.
import { text, textParts } from './texts.js';

/** @typedef {import('./types.js').RoomEvent} RoomEvent */
/** @typedef {import('./texts.js').TextKey} TextKey */

/**
 * A sentence: strings are texts, names are user input.
 * @typedef {Array<string | {name: string}>} Sentence
 * @typedef {'good'|'plain'|'warn'|'bad'} Tone
 */

/** @type {Record<import('./routes.js').RoomKind, TextKey>} */
const kKinds = { double: 'kind.double', multi: 'kind.multi', live: 'kind.live', webrtc: 'kind.webrtc' };

/** @param {import('./routes.js').RoomKind} kind */
export const kindName = (kind) => text(kKinds[kind]);

/**
 * What a room is called: many clients put an object into `roomInfo`, with a title in it.
 * @param {{roomID: string, roomInfo: string}} room
 */
export function roomTitle({ roomID, roomInfo }) {
  try {
    const { title, roomName, name } = JSON.parse(roomInfo);
    const found = [title, roomName, name].find((each) => typeof each === 'string' && each !== '');
    if (found) return found;
  } catch { /* it is a title by itself */ }
  return roomInfo || roomID;
}

/**
 * A value of a custom field, as text.
 * @param {unknown} value
 */
export const fieldText = (value) => (typeof value === 'string' ? value : JSON.stringify(value));

/** @type {Record<string, TextKey>} */
const kLeaving = {
  left: 'leaving.left',
  heartbeat_timeout: 'leaving.heartbeat',
  stream_interrupted: 'leaving.stream',
  kicked: 'leaving.kicked',
  room_destroyed: 'leaving.room',
};

/** @type {Record<string, TextKey>} */
const kEnding = {
  destroyed: 'ending.destroyed',
  creator_left: 'ending.creatorLeft',
  last_left: 'ending.lastLeft',
  idle: 'ending.idle',
  dismissed: 'ending.dismissed',
};

/**
 * Why a room ended.
 * @param {string|undefined} reason
 */
export function endingWords(reason) {
  const known = kEnding[reason ?? ''];
  return known ? text(known) : text('ending.other', { reason: reason || text('reason.none') });
}

/**
 * @param {RoomEvent} event
 * @returns {{tone: Tone, sentence: Sentence}}
 */
export function eventWords(event) {
  const who = { name: event.userName || event.userID || '' };
  switch (event.type) {
    case 'room_created':
      return { tone: 'good', sentence: event.userID ? textParts('event.createdBy', { who }) : [text('event.created')] };
    case 'room_activated':
      return { tone: 'good', sentence: [text('event.activated')] };
    case 'pusher_added':
      return { tone: 'good', sentence: textParts('event.joined', { who }) };
    case 'pusher_updated':
      return { tone: 'plain', sentence: textParts('event.rejoined', { who }) };
    case 'pusher_deleted':
      return { tone: leavingTone(event.reason), sentence: leavingSentence(who, event) };
    case 'audience_added':
      return { tone: 'plain', sentence: textParts('event.watching', { who }) };
    case 'audience_deleted':
      return {
        tone: 'plain',
        sentence: textParts(event.reason === 'heartbeat_timeout' ? 'event.watchedUnseen' : 'event.watchedLast', { who }),
      };
    case 'custom_changed':
      if (event.field === undefined) return { tone: 'plain', sentence: [text('event.custom')] };
      return { tone: 'plain', sentence: fieldSentence(event) };
    case 'room_destroyed':
      return { tone: event.reason === 'dismissed' ? 'bad' : 'plain', sentence: [endingWords(event.reason)] };
    default:
      return { tone: 'plain', sentence: [event.type] };
  }
}

/**
 * @param {RoomEvent} event
 * @returns {Sentence}
 */
function fieldSentence({ userID, field: name = '', value: newValue }) {
  const field = { name };
  const value = { name: fieldText(newValue) };
  if (!userID) return textParts('event.field', { field, value }); // of an older version
  return textParts('event.fieldBy', { who: { name: userID }, field, value });
}

/**
 * @param {{name: string}} who
 * @param {RoomEvent} event
 * @returns {Sentence}
 */
function leavingSentence(who, { reason, newCreator }) {
  const known = kLeaving[reason ?? ''];
  const sentence = known
    ? textParts(known, { who })
    : textParts('leaving.other', { who, reason: reason || text('reason.none') });
  return newCreator ? [...sentence, ...textParts('event.newCreator', { who: { name: newCreator } })] : sentence;
}

/**
 * @param {string|undefined} reason
 * @returns {Tone}
 */
function leavingTone(reason) {
  if (reason === 'heartbeat_timeout' || reason === 'stream_interrupted') return 'warn';
  return reason === 'kicked' ? 'bad' : 'plain';
}
