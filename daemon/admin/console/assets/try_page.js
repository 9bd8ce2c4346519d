// Try it: simulated pushers in a room, through the public API that phones use.
import { code, el } from './dom.js';
import { withUnit } from './format.js';
import { kKinds, hashOf } from './routes.js';
import { PhoneCard } from './phone_card.js';
import { text, textParts } from './texts.js';
import { kindName } from './words.js';
import { WireLog } from './wire_log.js';

/** @typedef {import('./phone.js').Phone} Phone */

const kPauseMs = 1500;
// Rooms of webrtc_room use another protocol.
const kTryKinds = kKinds.filter((kind) => kind !== 'webrtc');

/** @type {import('./texts.js').TextKey[]} */
const kSteps = ['try.stepCreate', 'try.stepJoin', 'try.stepSilence', 'try.stepEviction'];

/**
 * The number of steps completed.
 * @param {Phone} alice
 * @param {Phone} bob
 */
export function stepsDone(alice, bob) {
  const together = alice.belief?.members.some((member) => member.userID === bob.userID) ?? false;
  if (alice.state !== 'in') return 0;
  if (bob.state === 'evicted' && !together) return 4;
  if (bob.state === 'silent') return together ? 3 : 4;
  return bob.state === 'in' && together ? 2 : 1;
}

export class TryPage {
  #app;
  #lab;
  #leaving = new AbortController();
  /** @type {Map<Phone, PhoneCard>} */
  #cards = new Map();
  #phones = el('div', { class: 'phones' });
  #add = el('button', { type: 'button', class: 'add-phone', onclick: () => this.#lab.addPhone() }, text('try.add'));
  #run = el('button', { type: 'button', class: 'button primary', onclick: () => this.#runAll() }, text('try.showMe'));
  #steps = kSteps.map((step) => el('li', {}, text(step)));
  #isRunning = false;
  #isConnected = false;
  /** @type {WireLog|null} */
  #log = null;
  element = el('div', { class: 'try-page' });

  /** @param {import('./app.js').App} app */
  constructor(app) {
    this.#app = app;
    this.#lab = app.lab;
    const { signal } = this.#leaving;
    app.stats.addEventListener('sample', () => this.#begin(), { signal });
    this.#lab.addEventListener('phones', () => this.#drawPhones(), { signal });
    this.#lab.addEventListener('change', () => this.#update(), { signal });
    this.#lab.addEventListener('line', (event) => this.#log?.add(/** @type {CustomEvent} */ (event).detail), { signal });
    const ticking = setInterval(() => this.#cards.forEach((card) => card.tick()), 500);
    signal.addEventListener('abort', () => clearInterval(ticking));
    this.element.append(el('p', { class: 'empty' }, text('list.loading')));
    this.#begin();
  }

  stop() {
    this.#leaving.abort();
  }

  /** Starts once the address of the public API is known. */
  #begin() {
    const latest = this.#app.stats.latest;
    if (!latest || this.#isConnected) return;
    const base = latest.publicApi.http;
    const { socket } = latest.channel;
    if (base === null) {
      this.element.replaceChildren(el('h1', {}, text('page.try')), missingListener());
      return;
    }
    this.#isConnected = true;
    this.#lab.connect(base, latest.heartbeatTimeoutMs, socket ?? '');
    if (this.#lab.hasChannel) this.#steps[1].textContent = text('try.stepJoinNotified');
    this.#log = new WireLog(this.#lab.lines);
    this.#build(base, latest.heartbeatTimeoutMs);
    this.#drawPhones();
  }

  /**
   * @param {string} base
   * @param {number} timeoutMs
   */
  #build(base, timeoutMs) {
    const kind = /** @type {HTMLSelectElement} */ (el('select', { id: 'try-kind' },
      ...kTryKinds.map((each) => el('option', { value: each, selected: each === this.#lab.place.kind }, kindName(each)))));
    const roomID = /** @type {HTMLInputElement} */ (el('input', { id: 'try-room', value: this.#lab.place.roomID, maxlength: 48, autocomplete: 'off', spellcheck: 'false' }));
    const link = el('a', {}, text('try.open'));
    const choose = () => {
      this.#lab.place = { kind: kind.value, roomID: roomID.value };
      link.setAttribute('href', hashOf({ page: 'room', kind: /** @type {any} */ (kind.value), roomID: roomID.value }));
    };
    kind.addEventListener('change', choose);
    roomID.addEventListener('input', choose);
    choose();
    this.element.replaceChildren(
      el('div', { class: 'page-head' }, el('h1', {}, text('page.try')),
        el('p', { class: 'quiet' }, ...textParts('try.api', { address: code(base) }))),
      el('section', { class: 'panel intro' },
        el('div', {},
          el('h2', {}, text('try.steps')),
          el('p', { class: 'quiet' }, text('try.about', { timeout: withUnit(timeoutMs / 1000, 'second', 'long') })),
          el('ol', { class: 'steps' }, ...this.#steps)),
        this.#run),
      el('div', { class: 'try-bar' },
        el('label', { class: 'field', for: 'try-kind' }, text('try.kind'), kind),
        el('label', { class: 'field', for: 'try-room' }, text('try.roomID'), roomID),
        link),
      this.#phones,
      /** @type {WireLog} */ (this.#log).element);
  }

  #drawPhones() {
    const timeoutMs = this.#app.stats.latest?.heartbeatTimeoutMs ?? 0;
    for (const phone of this.#lab.phones) {
      if (this.#cards.has(phone)) continue;
      const card = new PhoneCard(phone, this.#lab, timeoutMs);
      this.#cards.set(phone, card);
      this.#phones.append(card.element);
    }
    this.#phones.append(this.#add);
    this.#add.hidden = this.#lab.isFull;
    this.#update();
  }

  #update() {
    for (const card of this.#cards.values()) card.update();
    const [alice, bob] = this.#lab.phones;
    const done = stepsDone(alice, bob);
    this.#steps.forEach((step, at) => {
      step.classList.toggle('done', at < done);
      if (at === done) step.setAttribute('aria-current', 'step');
      else step.removeAttribute('aria-current');
    });
    this.#run.toggleAttribute('disabled', this.#isRunning);
    this.#run.textContent = text(this.#isRunning ? 'try.watch' : 'try.showMe');
  }

  /** Runs the steps, with pauses to watch them. */
  async #runAll() {
    const [alice, bob] = this.#lab.phones;
    this.#isRunning = true;
    this.#update();
    for (const phone of [bob, alice]) if (phone.state !== 'out') await phone.leave();
    await alice.create(this.#lab.place, text('try.roomName'));
    await pause();
    if (alice.state === 'in') await bob.join(this.#lab.place);
    await pause();
    await pause();
    if (bob.state === 'in') bob.fallSilent();
    this.#isRunning = false;
    this.#update();
  }
}

const pause = () => new Promise((resolve) => { setTimeout(resolve, kPauseMs); });

function missingListener() {
  return el('div', { class: 'notice' },
    el('p', {}, text('try.noListener')),
    el('p', {}, ...textParts('try.setListener', { setting: code('server.http_listen = "127.0.0.1:5757"') })));
}
