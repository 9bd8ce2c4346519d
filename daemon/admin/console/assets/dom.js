// Creates elements. Text becomes text nodes, never markup.
import { codeName, initials, plainText, toneOf, visibleRuns } from './inert_text.js';
import { text } from './texts.js';

const kSvg = 'http://www.w3.org/2000/svg';

/**
 * @typedef {Node|string|null|false} Child
 * @typedef {Record<string, string|number|boolean|null|((event: any) => void)>} Properties
 */

/**
 * Creates an element. A property that begins with `on` is a listener; `true` is an attribute
 * without value, `false` and `null` are left out.
 * @param {string} tag
 * @param {Properties} [properties]
 * @param {Child[]} children
 * @returns {HTMLElement}
 */
export function el(tag, properties = {}, ...children) {
  return fill(document.createElement(tag), properties, children);
}

/**
 * The same for SVG.
 * @param {string} tag
 * @param {Properties} [properties]
 * @param {Child[]} children
 * @returns {SVGElement}
 */
export function svg(tag, properties = {}, ...children) {
  return fill(/** @type {SVGElement} */ (document.createElementNS(kSvg, tag)), properties, children);
}

/**
 * @template {Element} T
 * @param {T} element
 * @param {Properties} properties
 * @param {Child[]} children
 * @returns {T}
 */
function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false) element.setAttribute(name, value === true ? '' : String(value));
  }
  for (const child of children) if (child !== null && child !== false) element.append(child);
  return element;
}

/**
 * Text that a user typed: isolated from the text around it, of unknown language, with invisible
 * characters spelled out.
 * @param {string} typed
 * @param {string} [className]
 */
export function userText(typed, className = '') {
  const runs = visibleRuns(typed).map((run) => (run.code === null
    ? run.text
    : el('span', { class: 'unseen', title: text('user.unseen') }, codeName(run.code))));
  return el('bdi', { class: `user-text ${className}`, title: plainText(typed), lang: '', translate: 'no' }, ...runs);
}

/**
 * A name of the configuration or the protocol, the same in all languages.
 * @param {string} name
 */
export const code = (name) => el('code', { lang: 'en', translate: 'no' }, name);

/**
 * Initials in the user's colour. Pictures are not loaded: users choose their URLs.
 * @param {string} name
 * @param {string} userId
 * @param {string} creator  of the room, who is marked with a star
 */
export function avatar(name, userId, creator) {
  const letters = el('span', {
    class: `avatar tone-${toneOf(userId)}`, 'aria-hidden': 'true', lang: '', translate: 'no',
  }, initials(name, userId));
  if (userId !== creator) return letters;
  return el('span', { class: 'starred', title: text('user.creator') },
    letters, el('span', { class: 'hidden' }, text('user.creator')));
}

/**
 * Wraps `work` to run at most once per frame, however often it is called.
 * @param {() => void} work
 */
export function oncePerFrame(work) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      work();
    });
  };
}

/**
 * Arranges the children in the wanted order with few moves. Other children keep their place.
 * @param {Element} parent
 * @param {Element[]} wanted
 */
export function arrange(parent, wanted) {
  /** @type {Element|null} */
  let next = null;
  for (const element of wanted.toReversed()) {
    if (element.parentNode !== parent || element.nextElementSibling !== next) parent.insertBefore(element, next);
    next = element;
  }
}

/**
 * Shows a message for a few seconds, and announces it to screen readers.
 * @param {string} message
 */
export function toast(message) {
  const shown = el('p', { class: 'toast' }, message);
  document.getElementById('toasts')?.append(shown);
  setTimeout(() => shown.remove(), 5000);
}
