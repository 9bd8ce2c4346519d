// A room in the list.
import { avatar, el, userText } from './dom.js';
import { duration } from './format.js';
import { plainText } from './inert_text.js';
import { LeaseMeter } from './lease_meter.js';
import { hashOf } from './routes.js';
import { text, textParts } from './texts.js';
import { endingWords, kindName, roomTitle } from './words.js';

/** @typedef {import('./types.js').Room} Room */

/**
 * The kind of the room, and its special properties.
 * @param {Room} room
 */
export function roomBadges(room) {
  return el('span', { class: 'badges' },
    el('span', { class: `badge kind-${room.kind}`, title: room.kind }, kindName(room.kind)),
    room.dialect !== '' && el('span', { class: 'badge' }, room.dialect === 'gen1' ? 'gen-1' : 'gen-2'),
    !room.active && el('span', { class: 'badge badge-warn' }, text('room.inactive')),
    room.audienceCount > 0 && el('span', { class: 'badge' }, text('count.viewers', { count: room.audienceCount })));
}

export class RoomCard {
  #title = el('a', { class: 'card-title' });
  #top = el('header', { class: 'card-top' });
  #pushers = el('ul', { class: 'members' });
  #age = el('span');
  #footer = el('footer', { class: 'card-foot' });
  /** @type {Map<string, LeaseMeter>} */
  #meters = new Map();
  #seen = '';
  #createdAtMs = 0;
  element = el('article', { class: 'card room-card' }, this.#top, this.#pushers, this.#footer);

  /** @param {Room} room */
  update(room) {
    const { custom, pushers, sequence, ...facts } = room;
    const seen = JSON.stringify([facts, pushers.map((p) => [p.userID, p.userName])]);
    if (seen !== this.#seen) this.#build(room);
    this.#seen = seen;
    for (const pusher of pushers) this.#meters.get(pusher.userID)?.set(pusher.lease);
  }

  /**
   * Updates the display as time passes.
   * @param {number} nowMs
   */
  tick(nowMs) {
    for (const meter of this.#meters.values()) meter.tick();
    const age = duration(nowMs - this.#createdAtMs);
    if (this.#age.textContent !== age) this.#age.textContent = age;
  }

  /**
   * Shows that the room has ended.
   * @param {string} reason
   */
  end(reason) {
    this.element.classList.add('ended');
    this.#footer.replaceChildren(endingWords(reason));
  }

  /** @param {Room} room */
  #build(room) {
    this.element.classList.remove('ended');
    this.element.dataset.room = `${room.kind}/${room.roomID}`;
    this.#createdAtMs = room.createdAtMs;
    this.#title.setAttribute('href', hashOf({ page: 'room', kind: room.kind, roomID: room.roomID }));
    this.#title.replaceChildren(userText(roomTitle(room)));
    this.#top.replaceChildren(
      el('h2', {}, this.#title),
      el('div', { class: 'card-sub' }, userText(room.roomID, 'mono'), roomBadges(room)));
    this.#meters.clear();
    this.#pushers.replaceChildren(...room.pushers.map((pusher) => this.#pusher(pusher, room.creator)));
    if (room.pushers.length === 0) this.#pushers.append(el('li', { class: 'quiet' }, text('room.noPushers')));
    this.#footer.replaceChildren(
      el('span', {}, text('count.pushers', { count: room.pushers.length }),
        room.connected !== null && ` · ${text('count.connected', { count: room.connected })}`),
      el('span', {}, ...textParts('room.openFor', { duration: this.#age })));
  }

  /**
   * @param {import('./types.js').Pusher} pusher
   * @param {string} creator
   */
  #pusher(pusher, creator) {
    const meter = new LeaseMeter(text('user.heartbeat', { name: plainText(pusher.userName || pusher.userID) }));
    this.#meters.set(pusher.userID, meter);
    return el('li', { class: 'member' },
      avatar(pusher.userName, pusher.userID, creator),
      el('span', { class: 'member-names' },
        userText(pusher.userName || pusher.userID, 'member-name'),
        el('span', { class: 'member-id' }, userText(pusher.userID, 'mono'))),
      meter.element);
  }
}
