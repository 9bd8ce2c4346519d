// The language of the texts, and the locale of numbers and times.

const kKey = 'rtcroomd.language';

/**
 * `name` is in the language itself.
 * @typedef {'en'|'zh'} Language
 * @type {Record<Language, {locale: string, name: string}>}
 */
const kLanguages = {
  en: { locale: 'en-GB', name: 'English' },
  zh: { locale: 'zh-CN', name: '中文' },
};

/** @type {Language} */
let current = 'en';

/** @returns {Language} */
export const language = () => current;

export const locale = () => kLanguages[current].locale;

/** The language that the switch offers. */
export function otherLanguage() {
  return kLanguages[other()];
}

/** @returns {Language} */
const other = () => (current === 'en' ? 'zh' : 'en');

/** @param {Language} chosen */
export function applyLanguage(chosen) {
  current = chosen;
  document.documentElement.lang = locale();
}

/**
 * The stored language, or else that of the browser.
 * @returns {Language}
 */
export function chosenLanguage() {
  const stored = localStorage.getItem(kKey);
  if (stored === 'en' || stored === 'zh') return stored;
  return /^zh\b/i.test(navigator.language) ? 'zh' : 'en';
}

/** Switches to the other language. */
export function switchLanguage() {
  localStorage.setItem(kKey, other());
  applyLanguage(other());
}
