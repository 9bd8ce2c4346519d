// Try it: simulated members in a room, through the public API that phones use.
import { el } from './dom.js';
import { kKinds, hashOf } from './routes.js';
import { PhoneCard } from './phone_card.js';
import { kindName } from './words.js';
import { WireLog } from './wire_log.js';

/** @typedef {import('./phone.js').Phone} Phone */

const kPauseMs = 1500;
// Rooms of webrtc_room use another protocol.
const kTryKinds = kKinds.filter((kind) => kind !== 'webrtc');

const kSteps = [
  'Alice creates a room, and is in it.',
  'Bob joins. Each phone polls the members.',
  'Bob’s phone fails: it sends no more heartbeats, and does not leave.',
  'The server evicts Bob. Alice’s phone sees that Bob is gone.',
];
const kNotifiedStep = 'Bob joins. The server notifies Alice’s phone at once, and they can talk.';

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
  #add = el('button', { type: 'button', class: 'add-phone', onclick: () => this.#lab.addPhone() }, '+ Add a member');
  #run = el('button', { type: 'button', class: 'button primary', onclick: () => this.#runAll() }, 'Show me');
  #steps = kSteps.map((words) => el('li', {}, words));
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
    this.element.append(el('p', { class: 'empty' }, 'Loading…'));
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
      this.element.replaceChildren(el('h1', {}, 'Try it'), missingListener());
      return;
    }
    this.#isConnected = true;
    this.#lab.connect(base, latest.heartbeatTimeoutMs, socket ?? '');
    if (this.#lab.hasChannel) this.#steps[1].textContent = kNotifiedStep;
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
    const link = el('a', {}, 'Watch it in the console →');
    const choose = () => {
      this.#lab.place = { kind: kind.value, roomID: roomID.value };
      link.setAttribute('href', hashOf({ page: 'room', kind: /** @type {any} */ (kind.value), roomID: roomID.value }));
    };
    kind.addEventListener('change', choose);
    roomID.addEventListener('input', choose);
    choose();
    this.element.replaceChildren(
      el('div', { class: 'page-head' }, el('h1', {}, 'Try it'), el('p', { class: 'quiet' }, 'Public API: ', el('code', {}, base))),
      el('section', { class: 'panel intro' },
        el('div', {},
          el('h2', {}, 'A call in four steps'),
          el('p', { class: 'quiet' }, `The phones below are simulated in this page. They speak to the server as a mini-program does: they beat, and after ${timeoutMs / 1000} seconds of silence the server lets them go.`),
          el('ol', { class: 'steps' }, ...this.#steps)),
        this.#run),
      el('div', { class: 'try-bar' },
        el('label', { class: 'field', for: 'try-kind' }, 'Kind', kind),
        el('label', { class: 'field', for: 'try-room' }, 'Room ID', roomID),
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
    this.#run.textContent = this.#isRunning ? 'Watch…' : 'Show me';
  }

  /** Runs the steps, with pauses to watch them. */
  async #runAll() {
    const [alice, bob] = this.#lab.phones;
    this.#isRunning = true;
    this.#update();
    for (const phone of [bob, alice]) if (phone.state !== 'out') await phone.leave();
    await alice.create(this.#lab.place, 'Trying it out');
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
    el('p', {}, 'This page speaks to the public API over plain HTTP, and that listener is off.'),
    el('p', {}, 'Set ', el('code', {}, 'server.http_listen = "127.0.0.1:5757"'), ' in the configuration and start the server again. ',
      'On the loopback interface, only this machine can reach it.'));
}
