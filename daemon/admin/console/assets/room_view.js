// The room in a client's view: a snapshot, and the events since.

const kMostTexts = 50;

/**
 * @typedef {{userID: string, userName: string}} Member
 * @typedef {{seq: number, from: string, nick: string, text: string}} Text
 * @typedef {{members: Member[], creator: string, texts: Text[]}} RoomView
 */

/**
 * @param {any} room  of a subscription
 * @param {Text[]} texts  those before
 * @param {{messages?: any[]}} [missed]  since then; without messages the numbers have begun anew
 * @returns {RoomView}
 */
export function viewOf(room, texts = [], missed = { messages: [] }) {
  return { members: room.pushers, creator: room.roomCreator, texts: missed.messages?.reduce(withText, texts) ?? [] };
}

/**
 * The room after an event.
 * @param {RoomView} view
 * @param {any} event
 * @returns {RoomView}
 */
export function afterEvent(view, event) {
  const { members, texts } = view;
  const others = (/** @type {string} */ userID) => members.filter((member) => member.userID !== userID);
  const joined = event.pusher_added ?? event.pusher_updated;
  if (joined) {
    // A member that joins again keeps its place.
    const isKnown = members.some((member) => member.userID === joined.userID);
    return { ...view, members: isKnown ? members.map((member) => (member.userID === joined.userID ? joined : member)) : [...members, joined] };
  }
  if (event.pusher_deleted) {
    const { userID, newCreator } = event.pusher_deleted;
    return { ...view, members: others(userID), creator: newCreator ?? view.creator };
  }
  const made = event.room_created ?? event.room_activated;
  if (made) return { ...view, creator: made.roomCreator };
  if (event.room_destroyed) return { ...view, members: [] };
  if (event.message) return { ...view, texts: withText(texts, event.message) };
  return view;
}

/**
 * Texts in the order of their numbers, each once.
 * @param {Text[]} texts
 * @param {any} message
 */
function withText(texts, { seq, from, nick, type, body }) {
  if (type !== 'text' || texts.some((text) => text.seq === seq)) return texts;
  const all = [...texts, { seq, from, nick, text: body }];
  return all.sort((one, other) => one.seq - other.seq).slice(-kMostTexts);
}
