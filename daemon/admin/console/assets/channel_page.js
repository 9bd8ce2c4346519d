// The message channel: who is connected, and how much is said.
import { avatar, code, el, oncePerFrame, userText } from './dom.js';
import { clockTime, duration, wholeNumber } from './format.js';
import { plainText } from './inert_text.js';
import { level, rate } from './metric_charts.js';
import { askToLogOut } from './operator_actions.js';
import { hashOf, isAddress, searchable } from './routes.js';
import { text, textParts } from './texts.js';

const kPollMs = 2000;
const kTypingPauseMs = 250;
const kAtOnce = 50;

/** @typedef {import('./types.js').Login} Login */
/** @typedef {import('./routes.js').ChannelRoute} ChannelRoute */

const charts = () => [
  rate(text('channel.messages'), text('channel.messagesAbout'), (reply) => reply.channel.messages, 'look-a'),
  rate(text('channel.deliveries'), text('channel.deliveriesAbout'), (reply) => reply.channel.deliveries, 'look-a'),
  rate(text('channel.redeliveries'), text('channel.redeliveriesAbout'), (reply) => reply.channel.redeliveries,
    'look-warn'),
  level(text('channel.logins'), text('channel.loginsAbout'), (reply) => reply.channel.logins, wholeNumber, 'look-a'),
];

export class ChannelPage {
  #app;
  #route;
  #leaving = new AbortController();
  /** @type {number|undefined} */
  #timer;
  /** @type {number|undefined} */
  #typing;
  /** The cursors of this page and of those before it. */
  #starts = [''];
  #next = '';
  /** Replies to earlier requests are dropped. */
  #request = 0;
  /** @type {Login[]|null} */
  #logins = null;
  #problem = '';
  #charts = charts();
  #search = /** @type {HTMLInputElement} */ (el('input', {
    type: 'search', id: 'account', placeholder: text('channel.searchFor'), autocomplete: 'off', spellcheck: 'false',
    maxlength: 200,
  }));
  #off = el('div', { class: 'notice', hidden: true },
    el('p', {}, ...textParts('channel.off', { setting: code('channel.enabled') })));
  #note = el('p', { class: 'empty', role: 'status' }, text('list.loading'));
  #list = el('ul', { class: 'logins' });
  #previous = el('button', { type: 'button', class: 'button', onclick: () => this.#turn(-1) }, text('pager.previous'));
  #following = el('button', { type: 'button', class: 'button', onclick: () => this.#turn(1) }, text('pager.next'));
  #where = el('span', { class: 'quiet' });
  #pager = el('nav', { class: 'pager', 'aria-label': text('pager.pages'), hidden: true },
    this.#previous, this.#where, this.#following);
  /** @type {HTMLElement|null} focused when a page was turned: a disabled button loses the focus */
  #pressed = null;
  #drawCharts = oncePerFrame(() => this.#drawStats());
  element;

  /**
   * @param {import('./app.js').App} app
   * @param {ChannelRoute} route
   */
  constructor(app, route) {
    this.#app = app;
    this.#route = route;
    this.#search.value = route.q;
    this.element = el('div', { class: 'channel-page' },
      el('div', { class: 'page-head' }, el('h1', {}, text('channel.title')),
        el('label', { class: 'search', for: 'account' },
          el('span', { class: 'hidden' }, text('channel.search')), this.#search)),
      this.#off,
      el('div', { class: 'charts' }, ...this.#charts.map((chart) => chart.element)),
      el('section', { class: 'panel', 'aria-label': text('channel.who') },
        el('h2', {}, text('channel.who')), this.#note, this.#list),
      this.#pager);
    this.#search.addEventListener('input', () => {
      clearTimeout(this.#typing);
      this.#typing = setTimeout(() => this.#searchNow(), kTypingPauseMs);
    });
    const { signal } = this.#leaving;
    app.stats.addEventListener('sample', this.#drawCharts, { signal });
    document.addEventListener('visibilitychange', () => this.#load(), { signal });
    this.#drawStats();
    this.#load();
  }

  stop() {
    this.#leaving.abort();
    clearTimeout(this.#timer);
    clearTimeout(this.#typing);
  }

  /**
   * The same page with another search.
   * @param {ChannelRoute} route
   */
  change(route) {
    if (this.#search.value !== route.q && document.activeElement !== this.#search) this.#search.value = route.q;
    this.#route = route;
    this.#starts = [''];
    this.#load();
  }

  #searchNow() {
    if (!isAddress(this.#route)) return;
    const route = { ...this.#route, q: searchable(this.#search.value) };
    history.replaceState(null, '', hashOf(route));
    this.change(route);
  }

  /** @param {1|-1} direction */
  #turn(direction) {
    if (direction > 0) this.#starts.push(this.#next);
    else this.#starts.pop();
    this.#pressed = /** @type {HTMLElement|null} */ (document.activeElement);
    this.#previous.toggleAttribute('disabled', true);
    this.#following.toggleAttribute('disabled', true);
    this.#load();
    scrollTo({ top: 0 });
  }

  async #load() {
    clearTimeout(this.#timer);
    if (document.hidden || this.#leaving.signal.aborted) return;
    const request = ++this.#request;
    const after = this.#starts[this.#starts.length - 1];
    try {
      const page = await this.#app.api.get('channel', { q: this.#route.q, after, limit: kAtOnce }, this.#leaving.signal);
      if (request !== this.#request) return;
      this.#logins = page.logins;
      this.#next = page.next ?? '';
      this.#problem = '';
    } catch (error) {
      if (request !== this.#request) return;
      this.#problem = /** @type {Error} */ (error).message;
    }
    if (this.#leaving.signal.aborted) return;
    this.#draw();
    this.#timer = setTimeout(() => this.#load(), kPollMs);
  }

  #drawStats() {
    const { latest, history } = this.#app.stats;
    for (const chart of this.#charts) chart.draw(history, performance.now());
    this.#off.hidden = latest?.channel.enabled !== false;
  }

  #draw() {
    const note = this.#noteText();
    this.#note.hidden = note === '';
    if (this.#note.textContent !== note) this.#note.textContent = note;
    // A button that is replaced while it is pressed is not clicked.
    if (!this.#list.matches(':active')) this.#drawList();
    const page = this.#starts.length;
    this.#pager.hidden = page === 1 && this.#next === '';
    this.#previous.toggleAttribute('disabled', page === 1);
    this.#following.toggleAttribute('disabled', this.#next === '');
    this.#where.textContent = text('pager.page', { page });
    if (document.activeElement === document.body) this.#pressed?.focus({ preventScroll: true });
    this.#pressed = null;
  }

  #drawList() {
    const focused = document.activeElement;
    const login = focused?.closest('.login')?.getAttribute('data-login');
    this.#list.replaceChildren(...(this.#logins ?? []).map((one) => entry(one, this.#app.api)));
    for (const one of this.#list.querySelectorAll('a, button')) {
      const isSame = one.tagName === focused?.tagName && one.closest('.login')?.getAttribute('data-login') === login;
      if (isSame) /** @type {HTMLElement} */ (one).focus();
    }
  }

  #noteText() {
    if (this.#problem) return text('list.problem', { problem: this.#problem });
    if (this.#logins === null) return text('list.loading');
    if (this.#logins.length > 0) return '';
    if (this.#next) return text('channel.more');
    return text(this.#route.q ? 'channel.noMatch' : 'channel.nobody');
  }
}

/**
 * The present activity of a client.
 * @param {Login} login
 */
export function presence(login) {
  if (isListening(login)) return text('channel.listening');
  return login.idleMs < 5000 ? text('channel.here') : text('channel.silent', { duration: duration(login.idleMs) });
}

/** @param {Login} login */
const isListening = ({ client, polls, idleMs }) => polls > 0 || (client !== 'old' && idleMs === 0);

/** @type {{[client: string]: import('./texts.js').TextKey}} */
const kClients = { old: 'channel.oldClient', sdk: 'channel.sdk', new: 'channel.newClient' };

/**
 * @param {Login} login
 * @param {import('./api.js').Api} api
 */
function entry(login, api) {
  const { userID, client, loggedInAtMs, room } = login;
  const place = room
    ? el('span', { class: 'login-room' },
      el('a', { href: hashOf({ page: 'room', kind: room.kind, roomID: room.roomID }) }, userText(room.roomID, 'mono')),
      el('span', { class: 'quiet fine' }, text('time.since', { time: clockTime(room.joinedAtMs) })))
    : el('span', { class: 'login-room quiet' }, text(client === 'old' ? 'channel.noRoom' : 'channel.webSocket'));
  return el('li', { class: 'login', 'data-login': `${userID} ${loggedInAtMs}`, 'data-user': userID },
    avatar('', userID, ''),
    el('span', { class: 'member-names' },
      userText(userID, 'member-name'),
      el('span', { class: 'quiet fine' }, text('time.since', { time: clockTime(loggedInAtMs) }))),
    place,
    el('span', { class: 'badges' },
      el('span', { class: 'badge' }, text(kClients[client]))),
    el('span', { class: `login-presence ${isListening(login) ? 'tone-good' : 'quiet'}` }, presence(login)),
    el('button', {
      type: 'button', class: 'button small danger-outline',
      'aria-label': text('logout.title', { name: plainText(userID) }), onclick: () => askToLogOut(api, userID),
    }, text('logout.open')));
}
