// The rooms of one page of the list, kept in sync with the server: events mark rooms as changed,
// and their current state is requested from the server.

const kPageSize = 24;
const kMostRequests = 20;
const kPollMs = 2000;
const kSlowPollMs = 10_000;
const kSettleMs = 120;
const kSingly = 6;
// Longer than the timeout of any request.
const kLongestReplyMs = 15_000;

/**
 * @typedef {import('./types.js').Room} Room
 * @typedef {import('./types.js').RoomEvent} RoomEvent
 * @typedef {{kind: string, q: string, after: string}} BoardQuery
 */

/** @param {{kind: string, roomID: string}} room */
export const keyOf = (room) => `${room.kind}/${room.roomID}`;

/** @param {string} text  of which ASCII letters change alone, as on the server */
const inLowerCase = (text) => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

/**
 * Whether a search matches a room, by the server's rule.
 * @param {Room} room
 * @param {string} q
 */
export function finds(room, q) {
  const texts = [room.roomID, room.roomInfo, room.creator, ...room.pushers.flatMap((p) => [p.userID, p.userName])];
  return texts.some((text) => inLowerCase(text).includes(inLowerCase(q)));
}

/**
 * Fills a page. One reply may hold fewer rooms than requested, though more follow.
 * @param {import('./api.js').Api} api
 * @param {BoardQuery} query
 * @param {AbortSignal} signal  aborts the load when the page is closed
 * @returns {Promise<{rooms: Room[], next: string, requests: number}>}
 */
export async function loadPage(api, { kind, q, after }, signal) {
  /** @type {Room[]} */
  const rooms = [];
  let next = after;
  for (let requests = 1; ; ++requests) {
    const reply = await api.get('rooms', { kind, q, after: next, limit: kPageSize - rooms.length }, signal);
    rooms.push(...reply.rooms);
    next = reply.next ?? '';
    if (!next || rooms.length >= kPageSize || requests === kMostRequests) return { rooms, next, requests };
  }
}

/** Dispatches `change`; then `rooms`, `next`, `later` and `problem` hold the new state. */
export class RoomBoard extends EventTarget {
  #api;
  #stream;
  #query;
  #listening = new AbortController();
  /** @type {number|undefined} */
  #pollTimer;
  /** @type {number|undefined} */
  #settleTimer;
  #isLoading = false;
  #loadAgain = false;
  /** @type {Map<string, RoomEvent>} */
  #unsettled = new Map();
  /** @type {Map<string, number>} when rooms ended: earlier requests may still return them */
  #endedAtMs = new Map();

  /** @type {Map<string, Room>} in the order of the list */
  rooms = new Map();
  /** @type {Map<string, string>} why displayed rooms ended, until the page has shown the reason */
  endings = new Map();
  /** The cursor of the next page; empty when there is none. */
  next = '';
  /** Rooms created since the page was loaded, which belong on a later page. */
  later = 0;
  isLoaded = false;
  problem = '';

  /**
   * @param {import('./api.js').Api} api
   * @param {import('./event_stream.js').EventStream} stream
   * @param {BoardQuery} query
   */
  constructor(api, stream, query) {
    super();
    this.#api = api;
    this.#stream = stream;
    this.#query = query;
  }

  start() {
    const { signal } = this.#listening;
    this.#stream.addEventListener('room', (event) => this.#heed(/** @type {CustomEvent} */ (event).detail), { signal });
    this.#stream.addEventListener('afresh', () => this.#load(), { signal });
    document.addEventListener('visibilitychange', () => this.#load(), { signal });
    this.#load();
  }

  stop() {
    this.#listening.abort();
    clearTimeout(this.#pollTimer);
    clearTimeout(this.#settleTimer);
  }

  async #load() {
    if (document.hidden || this.#listening.signal.aborted) return;
    if (this.#isLoading) {
      this.#loadAgain = true;
      return;
    }
    clearTimeout(this.#pollTimer);
    this.#isLoading = true;
    this.#loadAgain = false;
    const askedAtMs = performance.now();
    let pause = kPollMs;
    try {
      const page = await loadPage(this.#api, this.#query, this.#listening.signal);
      if (page.requests > 1) pause = kSlowPollMs;
      if (page.next !== this.next) this.later = 0;
      this.next = page.next;
      this.rooms = new Map(page.rooms.map((room) => /** @type {[string, Room]} */ ([keyOf(room), room]))
        .filter(([key]) => !this.#hasEndedSince(key, askedAtMs)));
      this.isLoaded = true;
      this.problem = '';
    } catch (error) {
      this.problem = /** @type {Error} */ (error).message;
    }
    this.#isLoading = false;
    if (this.#listening.signal.aborted) return;
    this.dispatchEvent(new Event('change'));
    this.#pollTimer = setTimeout(() => this.#load(), this.#loadAgain ? kSettleMs : pause);
  }

  /** @param {RoomEvent} event */
  #heed(event) {
    const key = keyOf(event);
    if (this.#query.kind && event.kind !== this.#query.kind) return;
    if (event.type === 'room_destroyed') {
      this.#unsettled.delete(key);
      this.#remember(key);
      if (!this.rooms.delete(key)) return;
      this.endings.set(key, event.reason ?? '');
      this.dispatchEvent(new Event('change'));
      return;
    }
    const isNew = event.type === 'room_created';
    if (isNew) this.#endedAtMs.delete(key);
    if (isNew && this.next) this.later += 1;
    if (!this.rooms.has(key) && this.next) return;
    this.#unsettled.set(key, event);
    this.#settleTimer ??= setTimeout(() => this.#settle(), kSettleMs);
  }

  /** Requests changed rooms: a few one by one, many by reloading their page. */
  async #settle() {
    const asked = [...this.#unsettled.values()];
    this.#unsettled.clear();
    this.#settleTimer = undefined;
    if (document.hidden) return;
    if (asked.length > kSingly || this.rooms.size + asked.length > kPageSize) {
      this.#load();
      return;
    }
    await Promise.all(asked.map((event) => this.#ask(event)));
    this.dispatchEvent(new Event('change'));
  }

  /** @param {RoomEvent} event */
  async #ask(event) {
    const key = keyOf(event);
    const askedAtMs = performance.now();
    try {
      const { room } = await this.#api.get('room', { kind: event.kind, roomID: event.roomID }, this.#listening.signal);
      if (this.#hasEndedSince(key, askedAtMs)) return;
      if (this.rooms.has(key) || finds(room, this.#query.q)) this.rooms.set(key, room);
    } catch {
      // The room is gone, and an event will report it, or the server is: the next poll shows it.
    }
  }

  /** @param {string} key */
  #remember(key) {
    const nowMs = performance.now();
    this.#endedAtMs.delete(key);
    this.#endedAtMs.set(key, nowMs);
    for (const [known, atMs] of this.#endedAtMs) {
      if (atMs > nowMs - kLongestReplyMs) break;
      this.#endedAtMs.delete(known);
    }
  }

  /**
   * @param {string} key
   * @param {number} sinceMs
   */
  #hasEndedSince(key, sinceMs) {
    return (this.#endedAtMs.get(key) ?? -Infinity) >= sinceMs;
  }
}
