// Requests and replies of the simulated pushers, newest first.
import { code as codeText, el, userText } from './dom.js';
import { clockTime, withUnit } from './format.js';
import { NewestList } from './newest_list.js';
import { text } from './texts.js';

const kMostShown = 150;

/** @typedef {import('./try_lab.js').Line} Line */

export class WireLog {
  #list = el('ol', { class: 'wire' });
  #newest = new NewestList(this.#list, kMostShown, entry);
  #all = /** @type {HTMLInputElement} */ (el('input', { type: 'checkbox', id: 'all-polls' }));
  element;

  /** @param {Line[]} lines  earlier ones, newest first */
  constructor(lines) {
    this.#all.addEventListener('change', () => this.#list.classList.toggle('with-repeats', this.#all.checked));
    this.element = el('section', { class: 'panel', 'aria-label': text('wire.title') },
      el('div', { class: 'panel-head' }, el('h2', {}, text('wire.title')),
        el('label', { class: 'check', for: 'all-polls' }, this.#all, text('wire.all'))),
      this.#list);
    for (const line of lines.toReversed()) this.add(line);
  }

  /** @param {Line} line */
  add(line) {
    this.#newest.add(line);
  }
}

/**
 * What logs in is not shown.
 * @param {string} key
 * @param {unknown} value
 */
const hidden = (key, value) => (key === 'userSig' || key === 'token' ? '…' : value);

/** @param {Line} line */
function entry(line) {
  const { code } = line;
  const isPush = line.request === null;
  const answer = line.problem ? text('wire.noAnswer') : text('wire.code', { code: String(code) });
  const outcome = isPush ? text('wire.pushed') : answer;
  return el('li', { class: `wire-line${line.isRepeated ? ' repeated' : ''}` },
    el('details', {},
      el('summary', {},
        el('time', { class: 'quiet' }, clockTime(line.atMs)),
        el('span', { class: 'wire-who' }, userText(line.who)),
        codeText(line.endpoint),
        el('span', { class: `wire-code ${code === 0 ? 'tone-good' : 'tone-bad'}` }, outcome),
        el('span', { class: 'quiet wire-ms' }, isPush ? '' : withUnit(Math.round(line.tookMs), 'millisecond'))),
      el('div', { class: 'wire-bodies' },
        !isPush && body(text('wire.request'), line.request),
        body(text(isPush ? 'wire.push' : 'wire.reply'), line.reply ?? line.problem))));
}

/**
 * @param {string} title
 * @param {unknown} content
 */
function body(title, content) {
  return el('div', {}, el('h3', {}, title), el('pre', { tabindex: 0 }, userText(JSON.stringify(content, hidden))));
}
