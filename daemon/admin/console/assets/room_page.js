// One room: its pushers, its events, and the operator's actions.
import { roomBadges } from './room_card.js';
import { ApiError } from './api.js';
import { avatar, el, oncePerFrame, userText } from './dom.js';
import { clockTime, dayAndTime, duration, wholeNumber } from './format.js';
import { plainText } from './inert_text.js';
import { LeaseMeter } from './lease_meter.js';
import { askToDismiss, askToKick } from './operator_actions.js';
import { RecordingList } from './recording_list.js';
import { keyOf } from './room_board.js';
import { hashOf } from './routes.js';
import { StreamPlayer } from './stream_player.js';
import { StreamTag } from './stream_tag.js';
import { text } from './texts.js';
import { mergedEvents, Timeline } from './timeline.js';
import { endingWords, fieldText, roomTitle } from './words.js';

const kPollMs = 2000;
const kSettleMs = 120;
const kEventsAtOnce = 100;

/** @typedef {import('./types.js').Room} Room */
/** @typedef {import('./types.js').RoomEvent} RoomEvent */

export class RoomPage {
  #app;
  #route;
  #leaving = new AbortController();
  /** @type {number|undefined} */
  #timer;
  /** @type {Room|null} */
  #room = null;
  #seen = '';
  /** Why the room ended, if known. */
  #ended = '';
  #before = '';
  #lacksHistory = false;
  #isLoading = false;
  #loadAgain = false;
  /** @type {RoomEvent[]|null} newest first: received while the history is requested */
  #meanwhile = null;
  /** @type {Map<string, LeaseMeter>} */
  #meters = new Map();
  /** @type {Map<string, StreamTag>} */
  #streams = new Map();
  #player = new StreamPlayer();
  #title = el('h1');
  #sub = el('div', { class: 'card-sub' });
  #facts = el('dl', { class: 'facts' });
  #open = el('span');
  #custom = el('dl', { class: 'facts custom' });
  #customBox = el('section', { class: 'panel', hidden: true }, el('h2', {}, text('room.custom')), this.#custom);
  #pushers = el('ul', { class: 'members wide' });
  #dismiss = el('button', {
    type: 'button', class: 'button danger-outline', hidden: true, onclick: () => this.#askToDismiss(),
  }, text('dismiss.open'));
  #note = el('p', { class: 'notice', role: 'status', hidden: true });
  #timeline = new Timeline();
  #older = el('button', { type: 'button', class: 'button', hidden: true, onclick: () => this.#showOlder() },
    text('list.older'));
  #draw = oncePerFrame(() => this.#drawRoom());
  element;

  /**
   * @param {import('./app.js').App} app
   * @param {import('./routes.js').RoomRoute} route
   */
  constructor(app, route) {
    this.#app = app;
    this.#route = route;
    this.#title.append(userText(route.roomID));
    this.element = el('div', { class: 'room-page' },
      el('a', { class: 'back', href: hashOf({ page: 'rooms', kind: '', q: '' }) }, text('room.back')),
      el('div', { class: 'page-head' }, el('div', { class: 'page-title' }, this.#title, this.#sub), this.#dismiss),
      this.#note,
      el('div', { class: 'columns' },
        el('div', { class: 'column' },
          el('section', { class: 'panel' }, el('h2', {}, text('room.pushers')), this.#pushers),
          this.#player.element,
          el('section', { class: 'panel' }, el('h2', {}, text('room.about')), this.#facts),
          this.#customBox,
          new RecordingList(app.api, route, this.#leaving.signal).element),
        el('section', { class: 'panel column' },
          el('h2', {}, text('room.history')), this.#timeline.filter, this.#timeline.element, this.#older)));
    const { signal } = this.#leaving;
    app.stream.addEventListener('room', (event) => this.#heed(/** @type {CustomEvent} */ (event).detail), { signal });
    app.stream.addEventListener('afresh', () => this.#loadAll(), { signal });
    const ticking = setInterval(() => this.#tick(), 1000);
    signal.addEventListener('abort', () => clearInterval(ticking));
    this.#loadAll();
  }

  stop() {
    this.#leaving.abort();
    clearTimeout(this.#timer);
    this.#player.stop();
  }

  #loadAll() {
    this.#loadHistory();
    this.#loadRoom();
  }

  async #loadRoom() {
    clearTimeout(this.#timer);
    if (this.#isLoading) {
      this.#loadAgain = true;
      return;
    }
    this.#isLoading = true;
    this.#loadAgain = false;
    const { kind, roomID } = this.#route;
    let isGone = false;
    try {
      if (!document.hidden) this.#room = (await this.#app.api.get('room', { kind, roomID })).room;
      this.#say('');
    } catch (error) {
      // An invalid ID (400) is not an existing room either.
      isGone = error instanceof ApiError && [400, 404].includes(error.status);
      if (isGone) this.#room = null;
      this.#say(isGone ? text('room.gone') : text('room.problem', { problem: /** @type {Error} */ (error).message }));
    }
    this.#isLoading = false;
    if (this.#leaving.signal.aborted) return;
    this.#draw();
    // For a room that is gone, an event reports when it exists again.
    if (this.#loadAgain) this.#loadSoon();
    else if (!isGone || this.#lacksHistory) this.#timer = setTimeout(() => this.#loadRoom(), kPollMs);
    if (this.#lacksHistory) this.#loadHistory();
  }

  /** A pending request may be answered with the earlier state. */
  #loadSoon() {
    clearTimeout(this.#timer);
    if (this.#isLoading) this.#loadAgain = true;
    else this.#timer = setTimeout(() => this.#loadRoom(), kSettleMs);
  }

  /** @param {RoomEvent} event */
  #heed(event) {
    if (keyOf(event) !== keyOf(this.#route)) return;
    this.#timeline.addNewest(event);
    this.#meanwhile?.unshift(event);
    if (event.type === 'room_destroyed') this.#ended = endingWords(event.reason);
    if (event.type === 'room_created') this.#ended = '';
    this.#loadSoon();
  }

  /** @param {string} problem */
  #say(problem) {
    const shown = problem && this.#ended ? text('room.ended', { ending: this.#ended }) : problem;
    if (this.#note.textContent !== shown) this.#note.textContent = shown;
    this.#note.hidden = shown === '';
  }

  async #loadHistory() {
    /** @type {RoomEvent[]} */
    const meanwhile = [];
    this.#meanwhile = meanwhile;
    this.#lacksHistory = false;
    const reply = await this.#askForEvents('');
    if (this.#meanwhile !== meanwhile) return;  // it was requested again
    this.#meanwhile = null;
    this.#lacksHistory = reply === null;
    if (!reply) return;
    const events = mergedEvents(reply, meanwhile);
    this.#timeline.renew(events);
    this.#ended = events[0]?.type === 'room_destroyed' ? endingWords(events[0].reason) : '';
  }

  async #showOlder() {
    const events = await this.#askForEvents(this.#before);
    if (events) this.#timeline.addOlder(events);
    if (this.#timeline.isFull) this.#older.hidden = true;
  }

  /**
   * @param {string} before
   * @returns {Promise<RoomEvent[]|null>}
   */
  async #askForEvents(before) {
    const { kind, roomID } = this.#route;
    try {
      const reply = await this.#app.api.get('events', { kind, roomID, before, limit: kEventsAtOnce });
      this.#before = String(reply.before ?? '');
      this.#older.hidden = this.#before === '';
      return reply.events;
    } catch {
      return null;  // loading the room shows the error, and tries again
    }
  }

  #askToDismiss() {
    if (this.#room) askToDismiss(this.#app.api, this.#room);
  }

  #drawRoom() {
    const room = this.#room;
    this.#dismiss.hidden = room === null;
    const { pushers = [], ...rest } = room ?? {};
    const seen = JSON.stringify([rest, pushers.map(({ lease, media, web, ...pusher }) => pusher)]);
    if (seen !== this.#seen) {
      if (room) this.#describe(room);
      this.#drawPushers(room);
    }
    this.#seen = seen;
    for (const { userID, lease, media, web } of pushers) {
      this.#meters.get(userID)?.set(lease);
      this.#streams.get(userID)?.set(media, web);
    }
    this.#tick();
  }

  /** @param {Room} room */
  #describe(room) {
    const { connected } = room;
    this.#title.replaceChildren(userText(roomTitle(room)));
    this.#sub.replaceChildren(userText(room.roomID, 'mono'), roomBadges(room));
    this.#facts.replaceChildren(
      ...fact(text('room.creator'), userText(room.creator, 'mono')),
      ...fact(text('room.created'), dayAndTime(room.createdAtMs)),
      ...fact(text('room.open'), this.#open),
      ...fact(text('room.number'), String(room.number)),
      ...(room.roomType ? fact(text('room.type'), userText(room.roomType)) : []),
      ...(room.kind === 'live' ? fact(text('room.viewers'), wholeNumber(room.audienceCount)) : []),
      ...(connected === null ? [] : fact(text('room.connected'),
        el('span', { class: 'room-connected' }, wholeNumber(connected)))));
    const custom = Object.entries(room.custom ?? {});
    this.#customBox.hidden = custom.length === 0;
    this.#custom.replaceChildren(...custom.flatMap(([name, value]) =>
      fact(userText(name, 'mono'), userText(fieldText(value)))));
  }

  /** @param {Room|null} room */
  #drawPushers(room) {
    this.#meters.clear();
    this.#streams.clear();
    const focused = /** @type {HTMLElement|null} */ (document.activeElement)?.dataset.kick;
    this.#pushers.replaceChildren(...(room?.pushers ?? []).map((pusher) =>
      this.#pusher(/** @type {Room} */ (room), pusher)));
    if (!room || room.pushers.length === 0) this.#pushers.append(el('li', { class: 'quiet' }, text('room.noPushers')));
    for (const button of this.#pushers.querySelectorAll('button')) if (button.dataset.kick === focused) button.focus();
  }

  /**
   * @param {Room} room
   * @param {import('./types.js').Pusher} pusher
   */
  #pusher(room, pusher) {
    const name = plainText(pusher.userName || pusher.userID);
    const meter = new LeaseMeter(text('user.heartbeat', { name }));
    this.#meters.set(pusher.userID, meter);
    const stream = new StreamTag(name, (playlist) => this.#player.show(name, playlist));
    this.#streams.set(pusher.userID, stream);
    const kick = () => this.#room && askToKick(this.#app.api, this.#room, pusher);
    return el('li', { class: 'member' },
      avatar(pusher.userName, pusher.userID, room.creator),
      el('span', { class: 'member-names' },
        userText(pusher.userName || pusher.userID, 'member-name'),
        el('span', { class: 'member-id' }, userText(pusher.userID, 'mono'),
          el('span', {}, text('time.since', { time: clockTime(pusher.joinedAtMs) })))),
      el('span', { class: 'member-signs' }, meter.element, stream.element),
      el('button', {
        type: 'button', class: 'button small danger-outline', 'aria-label': text('kick.title', { name }),
        'data-kick': pusher.userID, onclick: kick,
      }, text('kick.open')));
  }

  #tick() {
    for (const sign of [...this.#meters.values(), ...this.#streams.values()]) sign.tick();
    if (this.#room) this.#open.textContent = duration(this.#app.stats.nowMs() - this.#room.createdAtMs);
  }
}

/**
 * @param {import('./dom.js').Child} name
 * @param {import('./dom.js').Child} value
 */
function fact(name, value) {
  return [el('dt', {}, name), el('dd', {}, value)];
}
