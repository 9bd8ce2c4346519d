// The login form for the admin token.
import { Api } from './api.js';
import { code, el } from './dom.js';
import { languageSwitch } from './language_switch.js';
import { text, textParts } from './texts.js';

export class LoginPage {
  #onToken;
  #field = /** @type {HTMLInputElement} */ (el('input', {
    type: 'password', id: 'token', name: 'token', autocomplete: 'current-password', spellcheck: 'false', required: true,
    'aria-describedby': 'login-problem',
  }));
  #problem = el('p', { id: 'login-problem', class: 'problem', role: 'alert' });
  #submit = el('button', { type: 'submit', class: 'button primary wide' }, text('login.title'));
  element;

  /**
   * @param {string} problem  the reason for a repeated login
   * @param {(token: string) => void} onToken  called with a token that the server accepts
   * @param {() => void} onLanguage  called to switch the language
   */
  constructor(problem, onToken, onLanguage) {
    this.#onToken = onToken;
    this.#problem.textContent = problem;
    const form = el('form', { class: 'login-card', onsubmit: (/** @type {Event} */ event) => this.#try(event) },
      el('img', { src: 'icon.svg', alt: '', width: 44, height: 44 }),
      el('h1', { translate: 'no' }, 'rtcroomd'),
      el('p', { class: 'quiet' }, text('login.about')),
      el('label', { for: 'token' }, text('login.token')),
      this.#field, this.#problem, this.#submit,
      el('p', { class: 'fine quiet' }, ...textParts('login.hint', { setting: code('admin.token') })),
      el('p', {}, languageSwitch(onLanguage)));
    this.element = el('main', { class: 'login-page', id: 'content' }, form);
  }

  focus() {
    this.#field.focus();
  }

  /** @param {Event} event */
  async #try(event) {
    event.preventDefault();
    const token = this.#field.value.trim();
    this.#problem.textContent = '';
    this.#submit.toggleAttribute('disabled', true);
    const problem = await problemOf(token);
    this.#submit.toggleAttribute('disabled', false);
    if (!problem) {
      this.#onToken(token);
      return;
    }
    this.#problem.textContent = problem;
    this.#field.select();
  }
}

/**
 * Tries the token with a request to the server.
 * @param {string} token
 */
async function problemOf(token) {
  // Headers cannot carry other characters, so no token has them. Inner spaces are allowed.
  if (!/^[\x20-\x7e]+$/.test(token)) return text('login.malformed');
  let refused = false;
  try {
    await new Api(token, () => { refused = true; }).get('server');
    return '';
  } catch (error) {
    return refused ? text('login.refused') : text('login.failed', { problem: /** @type {Error} */ (error).message });
  }
}
