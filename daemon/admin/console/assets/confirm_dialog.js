// Asks for confirmation of an irreversible action, and describes its consequences.
import { el } from './dom.js';
import { text } from './texts.js';

/**
 * @typedef {object} Confirmation
 * @property {import('./dom.js').Child[]} title
 * @property {import('./dom.js').Child[][]} consequences  one paragraph each
 * @property {HTMLElement|null} field  an input of the dialog, if any
 * @property {string} verb  the button label
 * @property {() => Promise<unknown>} act
 */

/**
 * The text after an error: only a 4xx refusal means that nothing was done. After a server failure
 * or a timeout, the action may have been executed.
 * @param {Error & {status?: number}} error
 */
export function failureWords({ message, status = 0 }) {
  const isRefusal = status >= 400 && status < 500;
  return text(isRefusal ? 'dialog.refused' : 'dialog.unknown', { problem: message });
}

/** Closes an open dialog without an answer. */
export function closeQuestion() {
  for (const dialog of document.querySelectorAll('dialog')) dialog.close();
}

/**
 * Opens the dialog. It closes when the action has succeeded or was canceled; an error is shown in
 * the dialog.
 * @param {Confirmation} confirmation
 */
export function confirmAction({ title, consequences, field, verb, act }) {
  const problem = el('p', { class: 'problem', role: 'alert' });
  const cancel = el('button', { type: 'button', class: 'button', autofocus: true, onclick: () => dialog.close() },
    text('dialog.cancel'));
  const confirm = el('button', { type: 'button', class: 'button danger' }, verb);
  const dialog = /** @type {HTMLDialogElement} */ (el('dialog', { class: 'dialog', 'aria-labelledby': 'dialog-title', 'aria-describedby': 'dialog-text' },
    el('h2', { id: 'dialog-title' }, ...title),
    el('div', { id: 'dialog-text' }, ...consequences.map((paragraph) => el('p', {}, ...paragraph))),
    field, problem,
    el('div', { class: 'dialog-buttons' }, cancel, confirm)));
  confirm.addEventListener('click', async () => {
    problem.textContent = '';
    confirm.toggleAttribute('disabled', true);
    try {
      await act();
      dialog.close();
    } catch (error) {
      problem.textContent = failureWords(/** @type {Error} */ (error));
      confirm.toggleAttribute('disabled', false);
    }
  });
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
