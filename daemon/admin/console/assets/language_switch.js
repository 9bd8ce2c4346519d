// The button that switches to the other language, and is labelled in it.
import { el } from './dom.js';
import { otherLanguage } from './language.js';

/** @param {() => void} onSwitch */
export function languageSwitch(onSwitch) {
  const { locale, name } = otherLanguage();
  return el('button', {
    type: 'button', class: 'button small language', lang: locale, translate: 'no', onclick: onSwitch,
  }, name);
}
