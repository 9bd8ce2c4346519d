// The login form for the admin token.
import { Api } from './api.js';
import { el } from './dom.js';

export class LoginPage {
  #onToken;
  #field = /** @type {HTMLInputElement} */ (el('input', {
    type: 'password', id: 'token', name: 'token', autocomplete: 'current-password', spellcheck: 'false', required: true,
    'aria-describedby': 'login-problem',
  }));
  #problem = el('p', { id: 'login-problem', class: 'problem', role: 'alert' });
  #submit = el('button', { type: 'submit', class: 'button primary wide' }, 'Log in');
  element;

  /**
   * @param {string} problem  the reason for a repeated login
   * @param {(token: string) => void} onToken  called with a token that the server accepts
   */
  constructor(problem, onToken) {
    this.#onToken = onToken;
    this.#problem.textContent = problem;
    const form = el('form', { class: 'login-card', onsubmit: (/** @type {Event} */ event) => this.#try(event) },
      el('img', { src: 'icon.svg', alt: '', width: 44, height: 44 }),
      el('h1', {}, 'rtcroomd'),
      el('p', { class: 'quiet' }, 'The operators’ console. Rooms, members and metrics of this server, live.'),
      el('label', { for: 'token' }, 'Token'),
      this.#field, this.#problem, this.#submit,
      el('p', { class: 'fine quiet' }, 'It is the value of ', el('code', {}, 'admin.token'), ' in the configuration, and is kept in this tab only.'));
    this.element = el('main', { class: 'login', id: 'content' }, form);
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
  if (!/^[\x20-\x7e]+$/.test(token)) return 'This is not a token: it has letters that no token can have.';
  let refused = false;
  try {
    await new Api(token, () => { refused = true; }).get('server');
    return '';
  } catch (error) {
    return refused ? 'The server does not take this token.' : `${/** @type {Error} */ (error).message}.`;
  }
}
