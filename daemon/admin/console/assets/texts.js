// Finds the texts of the chosen language.
import { wholeNumber } from './format.js';
import { language, locale } from './language.js';
import { kEnglish } from './texts_en.js';
import { kChinese } from './texts_zh.js';

/**
 * With `one` and `other`: depends on the parameter `count`.
 * @typedef {string | {one: string, other: string}} Text
 * @typedef {keyof typeof kEnglish} TextKey
 */

/** @type {Record<import('./language.js').Language, Record<string, Text>>} */
const kCatalogues = { en: kEnglish, zh: kChinese };

/**
 * A text in parts: a parameter may be something other than a string, such as an element.
 * @template T
 * @param {TextKey} key
 * @param {Record<string, string|number|T>} values  numbers are formatted
 * @returns {Array<string|T>}
 */
export function textParts(key, values = {}) {
  const entry = kCatalogues[language()][key];
  const template = typeof entry === 'string' ? entry : entry[categoryOf(Number(values.count))];
  return template.split(/\{(\w+)\}/)
    .map((part, at) => (at % 2 === 0 ? part : shown(values[part])))
    .filter((part) => part !== '');
}

/**
 * @param {TextKey} key
 * @param {Record<string, string|number>} [values]  numbers are formatted
 */
export const text = (key, values) => textParts(key, values).join('');

/**
 * @param {number} count
 * @returns {'one'|'other'}
 */
const categoryOf = (count) => (new Intl.PluralRules(locale()).select(count) === 'one' ? 'one' : 'other');

/**
 * @template T
 * @param {string|number|T} value
 */
const shown = (value) => (typeof value === 'number' ? wholeNumber(value) : value);
