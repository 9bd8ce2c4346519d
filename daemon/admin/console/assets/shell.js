// The frame of every page: name, navigation, connection state, language, theme, logout.
import { el } from './dom.js';
import { withUnit } from './format.js';
import { languageSwitch } from './language_switch.js';
import { text } from './texts.js';
import { chosenTheme, nextTheme } from './theme.js';

/** @typedef {import('./texts.js').TextKey} TextKey */

/** @type {Record<string, TextKey>} */
const kThemeTexts = { system: 'theme.system', light: 'theme.light', dark: 'theme.dark' };
/** @type {Record<string, string>} */
const kThemeSigns = { system: '◐', light: '☀', dark: '☾' };

/** @type {Record<import('./event_stream.js').StreamState['state'], TextKey>} */
const kStateTexts = { live: 'shell.live', connecting: 'shell.connecting', waiting: 'shell.waiting' };

/** @type {Array<{page: string, href: string, name: TextKey}>} */
const kLinks = [
  { page: 'rooms', href: '#/rooms', name: 'page.rooms' },
  { page: 'channel', href: '#/channel', name: 'page.channel' },
  { page: 'server', href: '#/server', name: 'page.server' },
  { page: 'nodes', href: '#/nodes', name: 'page.nodes' },
  { page: 'try', href: '#/try', name: 'page.try' },
];

export class Shell {
  #app;
  #stopped = new AbortController();
  #links = kLinks.map(({ page, href, name }) => ({ page, element: el('a', { href }, text(name)) }));
  #state = el('span');
  #live = el('span', { class: 'live' }, el('span', { class: 'live-dot', 'aria-hidden': 'true' }), this.#state);
  #alert = el('span', { role: 'alert' });
  // Hidden from screen readers: it counts down, and each change would be read out.
  #attempt = el('span', { 'aria-hidden': 'true' });
  #banner = el('div', { class: 'banner', hidden: true }, this.#alert, this.#attempt,
    el('button', { type: 'button', class: 'button small', onclick: () => this.#app.stream.retryNow() },
      text('shell.tryNow')));
  #themeSign = el('span', { 'aria-hidden': 'true' });
  #theme = el('button', { type: 'button', class: 'button icon', onclick: () => this.#showTheme(nextTheme()) }, this.#themeSign);
  #content = el('main', { id: 'content', tabindex: '-1' });
  element;

  /**
   * @param {import('./app.js').App} app
   * @param {() => void} onLogout
   * @param {() => void} onLanguage  called to switch the language
   */
  constructor(app, onLogout, onLanguage) {
    this.#app = app;
    this.element = el('div', { class: 'shell' },
      el('header', { class: 'topbar' },
        el('a', { class: 'brand', href: '#/rooms', translate: 'no' },
          el('img', { src: 'icon.svg', alt: '', width: 28, height: 28 }),
          el('span', { class: 'brand-name' }, 'rtcroomd')),
        el('nav', { class: 'mainnav', 'aria-label': text('shell.navigation') },
          ...this.#links.map((link) => link.element)),
        el('div', { class: 'topbar-end' }, this.#live, languageSwitch(onLanguage), this.#theme,
          el('button', { type: 'button', class: 'button small', onclick: onLogout }, text('shell.logOut')))),
      this.#banner, this.#content);
    this.#showTheme(chosenTheme());
    this.#showState();
    this.#hideNodes();
    const { signal } = this.#stopped;
    app.stream.addEventListener('state', () => this.#showState(), { signal });
    const counting = setInterval(() => this.#showState(), 1000);
    signal.addEventListener('abort', () => clearInterval(counting));
  }

  stop() {
    this.#stopped.abort();
  }

  /**
   * @param {HTMLElement} page
   * @param {string} name  the page's name in the navigation
   */
  show(page, name) {
    for (const link of this.#links) {
      if (link.page === name) link.element.setAttribute('aria-current', 'page');
      else link.element.removeAttribute('aria-current');
    }
    this.#content.replaceChildren(page);
  }

  /** A server with a store of its own has no others to show. */
  async #hideNodes() {
    const { shared } = await this.#app.api.get('nodes').catch(() => ({ shared: true }));
    for (const { page, element } of this.#links) if (page === 'nodes') element.hidden = !shared;
  }

  /** Moves the focus to the page after a navigation. */
  focusContent() {
    this.#content.focus({ preventScroll: true });
    scrollTo({ top: 0 });
  }

  /** @param {string} theme */
  #showTheme(theme) {
    this.#themeSign.textContent = kThemeSigns[theme];
    const words = text(kThemeTexts[theme]);
    this.#theme.setAttribute('aria-label', words);
    this.#theme.setAttribute('title', words);
  }

  #showState() {
    const { state, retryAtMs, problem } = this.#app.stream.status;
    this.#live.dataset.state = state;
    const words = text(kStateTexts[state]);
    if (this.#state.textContent !== words) this.#state.textContent = words;
    if (state === 'live') {
      this.#banner.hidden = true;
      this.#alert.textContent = '';
    }
    if (state !== 'waiting') return;
    const seconds = Math.max(0, Math.ceil((retryAtMs - Date.now()) / 1000));
    this.#banner.hidden = false;
    this.#attempt.textContent = text('shell.nextAttempt', { seconds: withUnit(seconds, 'second') });
    const cause = problem ? text('shell.refused', { problem }) : text('shell.unreachable');
    if (this.#alert.textContent !== cause) this.#alert.textContent = cause;
  }
}
