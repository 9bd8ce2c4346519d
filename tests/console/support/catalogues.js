// What holds for the texts of each page and program, in English and in Chinese.
import assert from 'node:assert';
import { latinWords } from './latin.js';
import { calleeOf, nodesOf, stringsOf } from './sources.js';

/** @typedef {Record<string, string | {one: string, other: string}>} Catalogue */

/** @param {Catalogue[string]} text */
const formsOf = (text) => (typeof text === 'string' ? [text] : Object.values(text));

/** @param {string} form */
const parametersOf = (form) => [...new Set([...form.matchAll(/\{(\w+)\}/g)].map(([, name]) => name))].sort();

/**
 * Both have the same keys in the same order, and each form of a text the same parameters. An English text may depend on
 * a count, a Chinese one does not, and has no English left.
 * @param {Catalogue} english
 * @param {Catalogue} chinese
 */
export function expectAlike(english, chinese) {
  assert.deepStrictEqual(Object.keys(chinese), Object.keys(english));
  for (const [key, text] of Object.entries(english)) {
    const inChinese = chinese[key];
    if (typeof inChinese !== 'string') assert.fail(`${key} depends on a count`);
    const wanted = parametersOf(inChinese);
    for (const form of formsOf(text)) assert.deepStrictEqual(parametersOf(form), wanted, key);
    if (typeof text !== 'string') {
      assert.deepStrictEqual(Object.keys(text), ['one', 'other'], key);
      assert.ok(wanted.includes('count'), key);
    }
    assert.deepStrictEqual(latinWords(inChinese.replace(/\{\w+\}/g, '')), [], key);
  }
}

/**
 * All texts that the modules ask for exist, and get all their parameters.
 * @param {import('./sources.js').Module[]} modules
 * @param {string[]} functions  that take a key and values
 * @param {Catalogue} english
 * @returns how many they are
 */
export function expectAskedFor(modules, functions, english) {
  let asked = 0;
  for (const { name, tree } of modules) {
    for (const node of nodesOf(tree)) {
      if (node.type !== 'CallExpression' || !functions.includes(calleeOf(node))) continue;
      const [key, values] = node.arguments;
      if (key.type === 'TemplateLiteral') {
        const [{ value: { cooked: beginning } }] = key.quasis;
        assert.ok(Object.keys(english).some((each) => each.startsWith(beginning)), `${name}: ${beginning}`);
        continue;
      }
      for (const each of stringsOf(key)) {
        asked += 1;
        assert.ok(each in english, `${name}: ${each}`);
        const given = (values?.properties ?? []).map((/** @type {any} */ property) => property.key.name).sort();
        assert.deepStrictEqual(given, parametersOf(formsOf(english[each])[0]), `${name}: ${each}`);
      }
    }
  }
  return asked;
}
