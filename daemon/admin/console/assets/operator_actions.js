// Operator actions on a room, each with a confirmation.
import { confirmAction } from './confirm_dialog.js';
import { el, toast, userText } from './dom.js';
import { counted } from './format.js';
import { plainText } from './inert_text.js';

/** @typedef {import('./types.js').Room} Room */

const kBans = [
  { seconds: 0, words: 'No time: they may come back' },
  { seconds: 60, words: '1 minute' },
  { seconds: 600, words: '10 minutes' },
  { seconds: 3600, words: '1 hour' },
  { seconds: 86_400, words: '1 day' },
  { seconds: 604_800, words: '7 days' },
];

/**
 * @param {import('./api.js').Api} api
 * @param {Room} room
 * @param {import('./types.js').Pusher} pusher
 */
export function askToKick(api, room, pusher) {
  const name = pusher.userName || pusher.userID;
  const ban = /** @type {HTMLSelectElement} */ (el('select', { id: 'ban' },
    ...kBans.map(({ seconds, words }) => el('option', { value: seconds }, words))));
  const consequences = [
    [userText(name, 'strong'), ' is removed from ', userText(room.roomInfo || room.roomID, 'strong'),
      ' at once, and its members are notified.'],
    ['User ID: ', userText(pusher.userID, 'mono'), ', room ID: ', userText(room.roomID, 'mono')],
  ];
  const ending = whatElse(room, pusher.userID);
  if (ending) consequences.push([ending]);
  confirmAction({
    title: ['Kick ', userText(name)],
    consequences,
    field: el('label', { class: 'field', for: 'ban' }, 'Keep this user out of the room for', ban),
    verb: 'Kick',
    act: async () => {
      const banSeconds = Number(ban.value);
      await api.post('kick', { kind: room.kind, roomID: room.roomID, userID: pusher.userID, banSeconds });
      toast(`${plainText(name)} was kicked${banSeconds > 0 ? ' and banned' : ''}`);
    },
  });
}

/**
 * The effect on the room when this member is removed.
 * @param {Room} room
 * @param {string} userId
 */
function whatElse(room, userId) {
  if (room.pushers.length === 1) return 'It is the only member, so the room ends with it.';
  if (userId !== room.creator || room.kind === 'webrtc') return '';
  if (room.dialect === 'gen1' || room.kind === 'live') return 'This is the creator: the room ends for all members.';
  return 'This is the creator: the room passes on to the pusher with the earliest join, or ends if the configuration says so.';
}

/**
 * @param {import('./api.js').Api} api
 * @param {Room} room
 */
export function askToDismiss(api, room) {
  const name = room.roomInfo || room.roomID;
  const others = room.audienceCount > 0 ? ` and ${counted(room.audienceCount, 'viewer')}` : '';
  confirmAction({
    title: ['Dismiss ', userText(name)],
    consequences: [['The room ends at once for ', `${counted(room.pushers.length, 'member')}${others}`,
      '. All members are notified. It cannot be brought back; a new room may take the same ID.']],
    field: null,
    verb: 'Dismiss the room',
    act: async () => {
      await api.post('dismiss', { kind: room.kind, roomID: room.roomID });
      toast(`${plainText(name)} was dismissed`);
    },
  });
}
