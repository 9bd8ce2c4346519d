// One simulated pusher: its buttons, and its own view of the room.
import { avatar, el, userText } from './dom.js';
import { duration } from './format.js';
import { LeaseMeter } from './lease_meter.js';
import { text } from './texts.js';

/** @type {Record<import('./phone.js').PhoneState, import('./texts.js').TextKey>} */
const kStates = { out: 'phone.out', in: 'phone.in', silent: 'phone.silent', evicted: 'phone.evicted' };

export class PhoneCard {
  #phone;
  #lab;
  #timeoutMs;
  #meter;
  #state = el('span', { class: 'phone-state' });
  #belief = el('div', { class: 'belief' });
  #beliefAge = el('span', { class: 'quiet fine' });
  #problem = el('p', { class: 'problem', role: 'status' });
  #mode = el('span', { class: 'badge', hidden: true });
  #texts = el('ol', { class: 'chat-texts', 'aria-live': 'polite' });
  #text = /** @type {HTMLInputElement} */ (el('input', {
    type: 'text', maxlength: 200, autocomplete: 'off', placeholder: text('phone.saySomething'),
  }));
  #chat;
  /** @type {Record<string, HTMLElement>} */
  #buttons;
  #shownBelief = '';
  #shownTexts = '';
  element;

  /**
   * @param {import('./phone.js').Phone} phone
   * @param {import('./try_lab.js').TryLab} lab
   * @param {number} timeoutMs
   */
  constructor(phone, lab, timeoutMs) {
    this.#phone = phone;
    this.#lab = lab;
    this.#timeoutMs = timeoutMs;
    this.#meter = new LeaseMeter(text('user.heartbeat', { name: phone.userName }));
    const button = (/** @type {string} */ action, /** @type {() => void} */ act, look = '') => {
      const label = text('phone.button', { name: phone.userName, action });
      return el('button', { type: 'button', class: `button small ${look}`, 'aria-label': label, onclick: act }, action);
    };
    this.#buttons = {
      create: button(text('phone.create'), () => phone.create(this.#lab.place, text('try.roomName'))),
      join: button(text('phone.join'), () => phone.join(this.#lab.place)),
      silent: button(text('phone.stop'), () => phone.fallSilent(), 'warn-outline'),
      wake: button(text('phone.resume'), () => phone.wakeUp()),
      leave: button(text('phone.leave'), () => phone.leave()),
      end: button(text('phone.destroy'), () => phone.endRoom(), 'danger-outline'),
    };
    this.#text.setAttribute('aria-label', text('phone.says', { name: phone.userName }));
    this.#text.addEventListener('keydown', (event) => { if (event.key === 'Enter') this.#say(); });
    this.#chat = el('div', { class: 'phone-chat', hidden: true }, this.#texts,
      el('div', { class: 'chat-line' }, this.#text, button(text('phone.send'), () => this.#say())));
    this.element = el('article', { class: 'phone', 'data-user': phone.key, 'aria-label': phone.userName },
      el('header', { class: 'phone-top' }, avatar(phone.userName, phone.key, ''),
        el('span', { class: 'member-names' }, userText(phone.userName, 'strong'), this.#state), this.#mode),
      el('div', { class: 'phone-beat' },
        el('span', { class: 'quiet fine' }, text('phone.heartbeat')), this.#meter.element),
      el('div', { class: 'phone-screen' },
        el('div', { class: 'panel-head' }, el('h3', {}, text('phone.believes')), this.#beliefAge), this.#belief),
      this.#chat,
      this.#problem,
      el('div', { class: 'phone-buttons' }, ...Object.values(this.#buttons)));
    this.update();
  }

  update() {
    const { state, isCreator, problem } = this.#phone;
    this.element.dataset.state = state;
    this.#state.textContent = text(kStates[state]);
    const isMember = state === 'in' || state === 'silent';
    /** @type {Record<string, boolean>} */
    const usable = {
      create: !isMember, join: !isMember, silent: state === 'in', wake: state === 'silent', leave: state !== 'out', end: state === 'in' && isCreator,
    };
    for (const [name, button] of Object.entries(this.#buttons)) button.hidden = !usable[name];
    const { connection, isNotified } = this.#phone;
    this.#mode.hidden = state !== 'in' || !this.#lab.hasChannel;
    this.#mode.textContent = text(connection === 'connected' ? 'phone.notified' : 'phone.polling');
    this.#chat.hidden = state !== 'in' || !isNotified;
    this.#drawTexts();
    if (this.#problem.textContent !== problem) this.#problem.textContent = problem;
    this.#drawBelief();
    this.tick();
  }

  /** Updates the display as time passes. */
  tick() {
    const { state, lastBeatMs, belief, isNotified } = this.#phone;
    const age = performance.now() - lastBeatMs;
    const isMember = state === 'in' || state === 'silent';
    this.#meter.set(isMember ? { ageMs: age, remainingMs: this.#timeoutMs - age } : null);
    const since = belief && !isNotified ? performance.now() - belief.atMs : 0;
    this.#beliefAge.textContent = belief && since > 3000 ? text('phone.beliefAge', { duration: duration(since) }) : '';
  }

  #say() {
    const body = this.#text.value.trim();
    if (body === '') return;
    this.#text.value = '';
    this.#phone.say(body);
  }

  #drawTexts() {
    const { texts, userID } = this.#phone;
    const shown = texts.map(({ seq }) => seq).join(' ');
    if (shown === this.#shownTexts) return;
    this.#shownTexts = shown;
    this.#texts.replaceChildren(...texts.map(({ from, nick, text: body }) =>
      el('li', { class: from === userID ? 'own' : '' },
        el('span', { class: 'quiet fine' }, userText(nick || from)), userText(body))));
    this.#texts.scrollTop = this.#texts.scrollHeight;
  }

  #drawBelief() {
    const { belief } = this.#phone;
    const seen = JSON.stringify([belief?.members.map((member) => member.userID), belief?.creator]);
    if (seen === this.#shownBelief) return;
    this.#shownBelief = seen;
    if (!belief || belief.members.length === 0) {
      this.#belief.replaceChildren(el('p', { class: 'quiet' }, text(belief ? 'room.noPushers' : 'phone.notAsked')));
      return;
    }
    this.#belief.replaceChildren(el('ul', { class: 'believed' }, ...belief.members.map((member) =>
      el('li', { 'data-believed': member.userID }, avatar(member.userName, member.userID, belief.creator), userText(member.userName || member.userID)))));
  }
}
