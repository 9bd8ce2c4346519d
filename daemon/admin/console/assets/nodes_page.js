// The servers that share the store: who is there, and which one does what.
import { code, el, userText } from './dom.js';
import { duration } from './format.js';
import { inMs } from './metric_charts.js';
import { text, textParts } from './texts.js';

const kPollMs = 2000;
/** A node that has told nothing for so long serves nobody. */
const kCutOffMs = 6000;

/** @typedef {import('./types.js').NodesReply} NodesReply */
/** @typedef {import('./types.js').ListedNode} ListedNode */

/** @type {import('./texts.js').TextKey[]} */
const kColumns = ['nodes.node', 'nodes.duties', 'nodes.alive', 'nodes.told', 'nodes.rounds', 'nodes.schema', 'nodes.config'];

export class NodesPage {
  #app;
  #leaving = new AbortController();
  /** @type {number|undefined} */
  #timer;
  #note = el('p', { class: 'notice', role: 'status' }, text('list.loading'));
  #rows = el('tbody');
  #list = el('section', { class: 'panel', hidden: true },
    el('h2', { id: 'nodes-list' }, text('nodes.list')),
    el('div', { class: 'table-scroll', role: 'region', tabindex: 0, 'aria-labelledby': 'nodes-list' },
      el('table', { class: 'nodes' },
        el('thead', {}, el('tr', {}, ...kColumns.map((key) => el('th', { scope: 'col' }, text(key))))),
        this.#rows)),
    el('p', { class: 'quiet fine' }, ...textParts('nodes.dutiesAbout', {
      reaper: code('reaper'), im: code('im'), trtc: code('trtc'), upkeep: code('upkeep'),
    })));
  #facts = el('dl', { class: 'facts facts-grid' });
  #self = el('section', { class: 'panel', hidden: true }, el('h2', {}, text('nodes.self')), this.#facts);
  element = el('div', { class: 'nodes-page' },
    el('div', { class: 'page-head' }, el('h1', {}, text('page.nodes')),
      el('p', { class: 'quiet' }, text('nodes.about'))),
    this.#note, this.#list, this.#self);

  /** @param {import('./app.js').App} app */
  constructor(app) {
    this.#app = app;
    document.addEventListener('visibilitychange', () => this.#load(), { signal: this.#leaving.signal });
    this.#load();
  }

  stop() {
    this.#leaving.abort();
    clearTimeout(this.#timer);
  }

  async #load() {
    clearTimeout(this.#timer);
    if (document.hidden || this.#leaving.signal.aborted) return;
    try {
      this.#draw(await this.#app.api.get('nodes', {}, this.#leaving.signal));
    } catch (error) {
      if (this.#leaving.signal.aborted) return;
      this.#say(textParts('list.problem', { problem: /** @type {Error} */ (error).message }));
    }
    if (!this.#leaving.signal.aborted) this.#timer = setTimeout(() => this.#load(), kPollMs);
  }

  /** @param {NodesReply} reply */
  #draw(reply) {
    this.#say(sentenceOf(reply));
    this.#list.hidden = reply.nodes === null || reply.nodes.length === 0;
    this.#rows.replaceChildren(...(reply.nodes ?? []).map(rowOf));
    this.#self.hidden = false;
    this.#facts.replaceChildren(...factsOf(reply).map(([key, ...value]) =>
      el('div', {}, el('dt', {}, text(key)), el('dd', {}, ...value))));
  }

  /**
   * Only what changes is read out.
   * @param {Array<string|HTMLElement>} sentence
   */
  #say(sentence) {
    const next = el('p', {}, ...sentence);
    this.#note.hidden = sentence.length === 0;
    if (this.#note.textContent !== next.textContent) this.#note.replaceChildren(...next.childNodes);
  }
}

/**
 * What the table does not tell.
 * @param {NodesReply} reply
 * @returns {Array<string|HTMLElement>}
 */
function sentenceOf({ shared, nodes, problem }) {
  if (!shared) return textParts('nodes.alone', { setting: code('store.url') });
  if (nodes === null) {
    return textParts('nodes.unreadable', { problem: el('span', { lang: 'en', translate: 'no' }, problem ?? '') });
  }
  return nodes.length > 1 ? [] : textParts('nodes.aloneNow');
}

/**
 * @param {NodesReply} reply
 * @returns {Array<[import('./texts.js').TextKey, ...Array<string|HTMLElement>]>}
 */
function factsOf({ shared, self }) {
  const { duties, cutOffMs, logAgeMs, allToldAgoMs } = self;
  const reach = cutOffMs === 0
    ? text('nodes.reached')
    : el('span', { class: 'tone-bad' }, text('nodes.cutOff', { duration: duration(cutOffMs) }));
  if (!shared) return [['nodes.duties', ...dutiesOf(duties)]];
  return [
    ['nodes.duties', ...dutiesOf(duties)],
    ['nodes.database', reach],
    ['nodes.logAge', short(logAgeMs)],
    ['nodes.allTold', text('nodes.ago', { duration: short(allToldAgoMs) })],
  ];
}

const short = (/** @type {number} */ ms) => (ms < 1000 ? inMs(ms) : duration(ms));

/** @param {ListedNode} node */
function rowOf(node) {
  const { name, self, schema, rounds, aliveMs, toldAgoMs, config, duties } = node;
  const told = toldAgoMs === null ? text('nodes.neverTold') : text('nodes.ago', { duration: short(toldAgoMs) });
  const isLate = toldAgoMs === null || toldAgoMs >= kCutOffMs;
  return el('tr', { 'data-node': node.node },
    el('th', { scope: 'row' },
      el('span', { class: 'node-name' }, name !== '' && userText(name),
        self && el('span', { class: 'badge' }, text('nodes.thisOne'))),
      el('span', { class: 'mono quiet fine' }, String(node.node))),
    el('td', {}, ...dutiesOf(duties)),
    el('td', {}, duration(aliveMs)),
    el('td', { class: isLate ? 'tone-bad' : '' }, told),
    el('td', {}, String(rounds)),
    el('td', {}, String(schema)),
    el('td', {}, config === '' ? '–' : code(config)));
}

/**
 * @param {string[]} duties
 * @returns {Array<string|HTMLElement>}
 */
function dutiesOf(duties) {
  if (duties.length === 0) return [text('nodes.noDuty')];
  return duties.flatMap((duty, at) => (at === 0 ? [code(duty)] : [' ', code(duty)]));
}
