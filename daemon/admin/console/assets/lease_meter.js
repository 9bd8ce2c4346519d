// The age of a pusher's last heartbeat: a bar that empties, and the seconds.
import { el } from './dom.js';
import { ago, duration } from './format.js';
import { text } from './texts.js';

const kLateShare = 0.5;
const kCriticalShare = 0.25;

/**
 * The warning level of a lease.
 * @param {number} share  the remaining share of the lease
 */
export function leaseState(share) {
  if (share <= 0) return 'over';
  if (share < kCriticalShare) return 'critical';
  return share < kLateShare ? 'late' : 'fresh';
}

export class LeaseMeter {
  #bar = el('span', { class: 'lease-bar' });
  #text = el('span', { class: 'lease-text' });
  /** @type {import('./types.js').Lease|null} */
  #lease = null;
  #takenAtMs = 0;
  #state = '';
  element;

  /** @param {string} label  for screen readers */
  constructor(label) {
    this.element = el('span', { class: 'lease', role: 'meter', 'aria-label': label, 'aria-valuemin': 0, 'aria-valuemax': 100 },
      el('span', { class: 'lease-track' }, this.#bar), this.#text);
  }

  /** @param {import('./types.js').Lease|null} lease  the current lease */
  set(lease) {
    this.#lease = lease;
    this.#takenAtMs = performance.now();
    this.tick();
  }

  /** Updates the display as time passes. */
  tick() {
    if (!this.#lease) {
      this.#show('none', 0, text('lease.none'));
      return;
    }
    const passed = performance.now() - this.#takenAtMs;
    const age = this.#lease.ageMs + passed;
    const left = this.#lease.remainingMs - passed;
    const share = Math.max(0, left / Math.max(1, left + age));
    this.#show(leaseState(share), share, left <= 0 ? text('lease.silent', { duration: duration(age) }) : ago(age));
  }

  /**
   * @param {string} state
   * @param {number} share
   * @param {string} words
   */
  #show(state, share, words) {
    if (state !== this.#state) this.element.dataset.state = state;
    this.#state = state;
    this.#bar.style.setProperty('--left', share.toFixed(3));
    if (this.#text.textContent !== words) this.#text.textContent = words;
    this.element.setAttribute('aria-valuenow', String(Math.round(share * 100)));
    this.element.setAttribute('aria-valuetext', words);
  }
}
