// Operator actions on a room or a user, each with a confirmation.
import { confirmAction } from './confirm_dialog.js';
import { el, toast, userText } from './dom.js';
import { withUnit } from './format.js';
import { plainText } from './inert_text.js';
import { text, textParts } from './texts.js';
import { roomTitle } from './words.js';

/** @typedef {import('./types.js').Room} Room */

const kBans = [
  { seconds: 60, count: 1, unit: 'minute' },
  { seconds: 600, count: 10, unit: 'minute' },
  { seconds: 3600, count: 1, unit: 'hour' },
  { seconds: 86_400, count: 1, unit: 'day' },
  { seconds: 604_800, count: 7, unit: 'day' },
];

/**
 * @param {import('./api.js').Api} api
 * @param {Room} room
 * @param {import('./types.js').Pusher} pusher
 */
export function askToKick(api, room, pusher) {
  const name = pusher.userName || pusher.userID;
  const ban = /** @type {HTMLSelectElement} */ (el('select', { id: 'ban' },
    el('option', { value: 0 }, text('kick.noBan')),
    ...kBans.map(({ seconds, count, unit }) => el('option', { value: seconds }, withUnit(count, unit, 'long')))));
  const consequences = [
    textParts('kick.effect', {
      name: userText(name, 'strong'), room: userText(roomTitle(room), 'strong'),
    }),
    textParts('kick.ids', { userID: userText(pusher.userID, 'mono'), roomID: userText(room.roomID, 'mono') }),
  ];
  const ending = whatElse(room, pusher.userID);
  if (ending) consequences.push([ending]);
  confirmAction({
    title: textParts('kick.title', { name: userText(name) }),
    consequences,
    field: el('label', { class: 'field', for: 'ban' }, text('kick.ban'), ban),
    verb: text('kick.confirm'),
    act: async () => {
      const banSeconds = Number(ban.value);
      await api.post('kick', { kind: room.kind, roomID: room.roomID, userID: pusher.userID, banSeconds });
      toast(text(banSeconds > 0 ? 'kick.doneWithBan' : 'kick.done', { name: plainText(name) }));
    },
  });
}

/**
 * The effect on the room when this pusher is removed.
 * @param {Room} room
 * @param {string} userId
 */
function whatElse(room, userId) {
  if (room.pushers.length === 1) return text('kick.last');
  if (userId !== room.creator || room.kind === 'webrtc') return '';
  if (room.dialect === 'gen1' || room.kind === 'live') return text('kick.creatorEnds');
  return text('kick.creatorPasses');
}

/**
 * @param {import('./api.js').Api} api
 * @param {Room} room
 */
export function askToDismiss(api, room) {
  const name = roomTitle(room);
  const pushers = text('count.pushers', { count: room.pushers.length });
  const viewers = text('count.viewers', { count: room.audienceCount });
  confirmAction({
    title: textParts('dismiss.title', { name: userText(name) }),
    consequences: [[room.audienceCount > 0
      ? text('dismiss.effectWithViewers', { pushers, viewers })
      : text('dismiss.effect', { pushers })]],
    field: null,
    verb: text('dismiss.confirm'),
    act: async () => {
      await api.post('dismiss', { kind: room.kind, roomID: room.roomID });
      toast(text('dismiss.done', { name: plainText(name) }));
    },
  });
}

/**
 * @param {import('./api.js').Api} api
 * @param {string} userID
 */
export function askToLogOut(api, userID) {
  confirmAction({
    title: textParts('logout.title', { name: userText(userID) }),
    consequences: [textParts('logout.effect', { name: userText(userID, 'strong') }), [text('logout.after')]],
    field: null,
    verb: text('logout.confirm'),
    act: async () => {
      await api.post('logout', { userID });
      toast(text('logout.done', { name: plainText(userID) }));
    },
  });
}
