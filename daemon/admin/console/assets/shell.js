// The frame of every page: name, navigation, connection state, theme, logout.
import { el } from './dom.js';
import { chosenTheme, nextTheme } from './theme.js';

/** @type {Record<string, string>} */
const kThemeWords = { system: 'Look: as the system', light: 'Look: light', dark: 'Look: dark' };
/** @type {Record<string, string>} */
const kThemeSigns = { system: '◐', light: '☀', dark: '☾' };

const kLinks = [
  { page: 'rooms', href: '#/rooms', name: 'Rooms' },
  { page: 'channel', href: '#/channel', name: 'Channel' },
  { page: 'server', href: '#/server', name: 'Server' },
  { page: 'try', href: '#/try', name: 'Try it' },
];

export class Shell {
  #app;
  #stopped = new AbortController();
  #links = kLinks.map(({ page, href, name }) => ({ page, element: el('a', { href }, name) }));
  #state = el('span');
  #live = el('span', { class: 'live' }, el('span', { class: 'live-dot', 'aria-hidden': 'true' }), this.#state);
  #alert = el('span', { role: 'alert' });
  // Hidden from screen readers: it counts down, and each change would be read out.
  #attempt = el('span', { 'aria-hidden': 'true' });
  #banner = el('div', { class: 'banner', hidden: true }, this.#alert, this.#attempt,
    el('button', { type: 'button', class: 'button small', onclick: () => this.#app.stream.retryNow() }, 'Try now'));
  #themeSign = el('span', { 'aria-hidden': 'true' });
  #theme = el('button', { type: 'button', class: 'button icon', onclick: () => this.#showTheme(nextTheme()) }, this.#themeSign);
  #content = el('main', { id: 'content', tabindex: '-1' });
  element;

  /**
   * @param {import('./app.js').App} app
   * @param {() => void} onLogout
   */
  constructor(app, onLogout) {
    this.#app = app;
    this.element = el('div', { class: 'shell' },
      el('header', { class: 'topbar' },
        el('a', { class: 'brand', href: '#/rooms' }, el('img', { src: 'icon.svg', alt: '', width: 28, height: 28 }), 'rtcroomd'),
        el('nav', { class: 'mainnav', 'aria-label': 'Console' }, ...this.#links.map((link) => link.element)),
        el('div', { class: 'topbar-end' }, this.#live, this.#theme,
          el('button', { type: 'button', class: 'button small', onclick: onLogout }, 'Log out'))),
      this.#banner, this.#content);
    this.#showTheme(chosenTheme());
    this.#showState();
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

  /** Moves the focus to the page after a navigation. */
  focusContent() {
    this.#content.focus({ preventScroll: true });
    scrollTo({ top: 0 });
  }

  /** @param {string} theme */
  #showTheme(theme) {
    this.#themeSign.textContent = kThemeSigns[theme];
    this.#theme.setAttribute('aria-label', kThemeWords[theme]);
    this.#theme.setAttribute('title', kThemeWords[theme]);
  }

  #showState() {
    const { state, retryAtMs, problem } = this.#app.stream.status;
    this.#live.dataset.state = state;
    const words = { live: 'Live', connecting: 'Connecting', waiting: 'Not live' }[state];
    if (this.#state.textContent !== words) this.#state.textContent = words;
    if (state === 'live') {
      this.#banner.hidden = true;
      this.#alert.textContent = '';
    }
    if (state !== 'waiting') return;
    const seconds = Math.max(0, Math.ceil((retryAtMs - Date.now()) / 1000));
    this.#banner.hidden = false;
    this.#attempt.textContent = `Next attempt in ${seconds} s.`;
    const reason = problem ? `the server answers “${problem}”` : 'the server cannot be reached';
    const cause = `Not live: ${reason}. What you see may be out of date.`;
    if (this.#alert.textContent !== cause) this.#alert.textContent = cause;
  }
}
