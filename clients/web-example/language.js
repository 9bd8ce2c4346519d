// Shows texts in the language of the browser, or in the one that was chosen, and changes them in place.
import { recall, remember } from './memory.js';
import { kTexts } from './texts.js';

const kKey = 'rtcroom language';
const kTags = { en: 'en', zh: 'zh-CN' }; // of the texts

let language = recall('localStorage', kKey) || (/^zh\b/i.test(navigator.language) ? 'zh' : 'en');
const valuesOf = new WeakMap(); // by element

/** Of numbers and times: as the user's own country writes them, if the browser knows that. */
const locale = () => navigator.languages.find((tag) => tag.startsWith(language)) ?? kTags[language];

/** What a user typed. It has its own direction and an unknown language, so it neither reorders the text around it nor
 * gets the glyphs of another language. As text it is never markup. */
export function userText(text) {
  const element = document.createElement('bdi');
  element.lang = '';
  element.translate = false;
  element.textContent = text;
  return element;
}

/** Shows the text with that key in an element, now and after each change of the language. */
export function show(element, key, values = {}) {
  element.dataset.text = key;
  valuesOf.set(element, values);
  fill(element);
  return element;
}

export const hasText = (key) => key in kTexts.en;

export function switchLanguage() {
  language = language === 'en' ? 'zh' : 'en';
  remember('localStorage', kKey, language);
  translatePage();
}

export function translatePage() {
  document.documentElement.lang = kTags[language];
  for (const element of document.querySelectorAll('[data-text]')) fill(element);
  for (const element of document.querySelectorAll('[data-label]')) element.ariaLabel = textOf(element.dataset.label);
  for (const element of document.querySelectorAll('[data-hint]')) element.placeholder = textOf(element.dataset.hint);
}

function textOf(key, { count } = {}) {
  const text = kTexts[language][key];
  if (typeof text === 'string') return text;
  return text[new Intl.PluralRules(language).select(count)];
}

function fill(element) {
  const values = valuesOf.get(element) ?? {};
  const parts = textOf(element.dataset.text, values).split(/\{(\w+)\}/); // each second one is a parameter
  element.replaceChildren(...parts.map((part, at) => (at % 2 ? shown(values[part]) : part)));
}

function shown(value) {
  if (typeof value === 'number') return new Intl.NumberFormat(locale()).format(value);
  if (value instanceof Date) return new Intl.DateTimeFormat(locale(), { timeStyle: 'short' }).format(value);
  return userText(value);
}
