// All rooms: by kind, searched, page by page, live.
import { ActivityFeed } from './activity_feed.js';
import { arrange, el, oncePerFrame } from './dom.js';
import { wholeNumber } from './format.js';
import { RoomBoard } from './room_board.js';
import { RoomCard } from './room_card.js';
import { hashOf, isAddress, kKinds, searchable } from './routes.js';
import { text } from './texts.js';
import { kindName } from './words.js';

const kTypingPauseMs = 250;
const kFarewellMs = 1600;

/** @typedef {import('./routes.js').RoomsRoute} RoomsRoute */

export class RoomsPage {
  #app;
  /** @type {RoomsRoute} */
  #route;
  /** @type {RoomBoard|null} */
  #board = null;
  /** The cursors of this page and of those before it. */
  #starts = [''];
  /** @type {Map<string, RoomCard>} */
  #cards = new Map();
  #leaving = new AbortController();
  /** @type {number|undefined} */
  #typing;

  #tabs = /** @type {const} */ (['', ...kKinds]).map((kind) => {
    const count = el('span', { class: 'count' });
    return { kind, count, link: el('a', { class: 'tab' }, kind === '' ? text('rooms.all') : kindName(kind), count) };
  });
  #search = /** @type {HTMLInputElement} */ (el('input', {
    type: 'search', id: 'search', placeholder: text('rooms.searchFor'), autocomplete: 'off', spellcheck: 'false',
    maxlength: 200,
  }));
  #grid = el('div', { class: 'grid' });
  #note = el('p', { class: 'empty', role: 'status' });
  #hint = el('p', { class: 'hint', hidden: true },
    el('a', { class: 'button primary', href: '#/try' }, text('rooms.try')));
  #previous = el('button', { type: 'button', class: 'button', onclick: () => this.#turn(-1) }, text('pager.previous'));
  #following = el('button', { type: 'button', class: 'button', onclick: () => this.#turn(1) }, text('pager.next'));
  #where = el('span', { class: 'quiet' });
  #pager = el('nav', { class: 'pager', 'aria-label': text('pager.pages') },
    this.#previous, this.#where, this.#following);
  /** @type {HTMLElement|null} focused when a page was turned: a disabled button loses the focus */
  #pressed = null;
  #feed = new ActivityFeed();
  #draw = oncePerFrame(() => this.#drawBoard());
  element = el('div', { class: 'rooms-page' },
    el('section', { class: 'rooms-main' },
      el('div', { class: 'page-head' }, el('h1', {}, text('page.rooms')),
        el('label', { class: 'search', for: 'search' },
          el('span', { class: 'hidden' }, text('rooms.search')), this.#search)),
      el('nav', { class: 'tabs', 'aria-label': text('rooms.kinds') }, ...this.#tabs.map((tab) => tab.link)),
      this.#note, this.#hint, this.#grid, this.#pager),
    this.#feed.element);

  /**
   * @param {import('./app.js').App} app
   * @param {RoomsRoute} route
   */
  constructor(app, route) {
    this.#app = app;
    this.#route = route;
    this.#search.value = route.q;
    this.#search.addEventListener('input', () => {
      clearTimeout(this.#typing);
      this.#typing = setTimeout(() => this.#searchNow(), kTypingPauseMs);
    });
    const { signal } = this.#leaving;
    app.stream.addEventListener('room', (event) => this.#feed.add(/** @type {CustomEvent} */ (event).detail), { signal });
    app.stats.addEventListener('sample', () => this.#drawTabs(), { signal });
    const ticking = setInterval(() => this.#tick(), 1000);
    signal.addEventListener('abort', () => clearInterval(ticking));
    this.#begin();
  }

  stop() {
    this.#leaving.abort();
    this.#board?.stop();
    clearTimeout(this.#typing);
  }

  /**
   * The same page with another kind or search.
   * @param {RoomsRoute} route
   */
  change(route) {
    if (this.#search.value !== route.q && document.activeElement !== this.#search) this.#search.value = route.q;
    this.#route = route;
    this.#starts = [''];
    this.#begin();
  }

  #searchNow() {
    if (!isAddress(this.#route)) return;
    const q = searchable(this.#search.value);
    if (this.#search.value !== q) this.#search.value = q;  // the field's limit counts differently
    const route = { ...this.#route, q };
    history.replaceState(null, '', hashOf(route));
    this.change(route);
  }

  #begin() {
    this.#board?.stop();
    const { kind, q } = this.#route;
    const after = this.#starts[this.#starts.length - 1];
    this.#board = new RoomBoard(this.#app.api, this.#app.stream, { kind, q, after });
    this.#board.addEventListener('change', this.#draw);
    this.#board.start();
    this.#drawTabs();
    this.#draw();
  }

  /**
   * Another click before the new page arrives would count from an unseen page.
   * @param {1|-1} direction
   */
  #turn(direction) {
    const next = this.#board?.next ?? '';
    if (direction > 0 ? next === '' : this.#starts.length === 1) return;
    if (direction > 0) this.#starts.push(next);
    else this.#starts.pop();
    this.#pressed = /** @type {HTMLElement|null} */ (document.activeElement);
    this.#previous.toggleAttribute('disabled', true);
    this.#following.toggleAttribute('disabled', true);
    this.#begin();
    scrollTo({ top: 0 });
  }

  #drawTabs() {
    const counts = this.#app.stats.latest?.rooms;
    for (const { kind, link, count } of this.#tabs) {
      const shown = counts ? wholeNumber(roomsOf(counts, kind)) : '–';
      if (count.textContent !== shown) count.textContent = shown;
      link.setAttribute('href', hashOf({ ...this.#route, kind }));
      if (this.#route.kind === kind) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
    }
  }

  #drawBoard() {
    const board = this.#board;
    if (!board || this.#leaving.signal.aborted) return;
    this.#drawNote(board);
    // Until then, the previous content stays.
    if (!board.isLoaded) return;
    for (const [key, card] of this.#cards) if (!board.rooms.has(key)) this.#farewell(key, card, board.endings.get(key));
    board.endings.clear();
    for (const [key, room] of board.rooms) {
      const card = this.#cards.get(key) ?? new RoomCard();
      this.#cards.set(key, card);
      card.update(room);
    }
    this.#placeCards(board);
    this.#tick();
    this.#drawPager(board);
  }

  /**
   * Ended cards stay where they are among the others.
   * @param {RoomBoard} board
   */
  #placeCards(board) {
    const shown = [...board.rooms.keys()].map((key) => /** @type {RoomCard} */ (this.#cards.get(key)).element);
    const going = [...this.#grid.children].filter((element) => element.classList.contains('ended'));
    if (going.length === 0) {
      arrange(this.#grid, shown);
      return;
    }
    const known = new Set(this.#grid.children);
    this.#grid.append(...shown.filter((element) => !known.has(element)));
  }

  /**
   * @param {string} key
   * @param {RoomCard} card
   * @param {string|undefined} reason  undefined when the room is only on another page now
   */
  #farewell(key, card, reason) {
    this.#cards.delete(key);
    if (reason === undefined) {
      card.element.remove();
      return;
    }
    card.end(reason);
    setTimeout(() => card.element.remove(), kFarewellMs);
  }

  /** @param {RoomBoard} board */
  #drawNote(board) {
    const note = this.#noteOf(board);
    this.#note.hidden = note === '';
    this.#hint.hidden = !board.isLoaded || board.problem !== '' || board.rooms.size > 0 || this.#route.q !== '' || board.next !== '';
    if (this.#note.textContent !== note) this.#note.textContent = note;
  }

  /** @param {RoomBoard} board */
  #noteOf(board) {
    if (board.problem) return text('list.problem', { problem: board.problem });
    if (!board.isLoaded) return this.#cards.size > 0 ? '' : text('list.loading');
    if (board.rooms.size > 0) return '';
    if (board.next) return text('rooms.more');
    if (this.#route.q) return text('rooms.noMatch');
    return text('rooms.none');
  }

  /** @param {RoomBoard} board */
  #drawPager(board) {
    const page = this.#starts.length;
    this.#pager.hidden = page === 1 && !board.next;
    this.#previous.toggleAttribute('disabled', page === 1);
    this.#following.toggleAttribute('disabled', !board.next);
    const later = board.later > 0 ? ` · ${text('pager.newRooms', { count: board.later })}` : '';
    this.#where.textContent = text('pager.page', { page }) + later;
    if (document.activeElement === document.body) this.#pressed?.focus({ preventScroll: true });
    this.#pressed = null;
  }

  #tick() {
    const nowMs = this.#app.stats.nowMs();
    for (const card of this.#cards.values()) card.tick(nowMs);
  }
}

/**
 * @param {Record<import('./routes.js').RoomKind, number>} counts
 * @param {RoomsRoute['kind']} kind  empty: all
 */
function roomsOf(counts, kind) {
  return kind === '' ? kKinds.reduce((sum, each) => sum + counts[each], 0) : counts[kind];
}
