// All texts of the console are in both catalogues, and nowhere else.
import assert from 'node:assert';
import { describe, it } from 'node:test';
import { kEnglish } from '../../daemon/admin/console/assets/texts_en.js';
import { kChinese } from '../../daemon/admin/console/assets/texts_zh.js';
import { latinWords } from './support/latin.js';
import {
  calleeOf, modules, nodesOf, parsed, readAsset, sentences, shownStrings, stringsOf, treeOf,
} from './support/sources.js';

/** @typedef {string | {one: string, other: string}} Text */

/** @type {Record<string, Text>} */
const english = kEnglish;
/** @type {Record<string, Text>} */
const chinese = kChinese;

/** Names that are the same in all languages. */
const kNames = ['rtcroomd', 'gen-1', 'gen-2'];
/** Like words, but names: of phones, languages, HTTP headers, keys, and relations of links. */
const kNoTexts = ['Alice', 'Bob', 'Carol', 'Dave', 'Erin', 'Frank', 'English', 'Bearer ', 'Enter',
  'noopener noreferrer'];

/** @param {Text} text */
const formsOf = (text) => (typeof text === 'string' ? [text] : Object.values(text));

/** @param {string} form */
const parametersOf = (form) => [...new Set([...form.matchAll(/\{(\w+)\}/g)].map(([, name]) => name))].sort();

const hasLetters = (/** @type {string} */ text) => /\p{L}/u.test(text);

describe('the catalogues', () => {
  it('have the same keys', () => {
    assert.deepStrictEqual(Object.keys(chinese), Object.keys(english));
  });

  it('have each key once', () => {
    for (const name of ['texts_en.js', 'texts_zh.js']) {
      const [catalogue] = [...nodesOf(treeOf(name))].filter((node) => node.type === 'ObjectExpression');
      /** @type {string[]} */
      const keys = catalogue.properties.map((/** @type {any} */ property) => property.key.value);
      assert.deepStrictEqual(keys.filter((key, at) => keys.indexOf(key) !== at), [], name);
    }
  });

  it('have the same parameters in each form of a text', () => {
    for (const key of Object.keys(english)) {
      const wanted = parametersOf(formsOf(english[key])[0]);
      for (const form of [...formsOf(english[key]), ...formsOf(chinese[key])]) {
        assert.deepStrictEqual(parametersOf(form), wanted, key);
      }
    }
  });

  it('depend on a count where the language does', () => {
    for (const [key, text] of Object.entries(english)) {
      if (typeof text === 'string') continue;
      assert.deepStrictEqual(Object.keys(text), ['one', 'other'], key);
      assert.ok(parametersOf(text.other).includes('count'), key);
    }
    for (const [key, text] of Object.entries(chinese)) assert.strictEqual(typeof text, 'string', key);
  });

  it('have no English left in the Chinese one', () => {
    for (const [key, text] of Object.entries(chinese)) {
      const words = formsOf(text).flatMap((form) => latinWords(form.replace(/\{\w+\}/g, '')));
      assert.deepStrictEqual(words, [], key);
    }
  });
});

describe('the modules', () => {
  it('use every text of the catalogues', () => {
    const nodes = modules().flatMap(({ tree }) => [...nodesOf(tree)]);
    const used = new Set(nodes.filter((node) => node.type === 'Literal').map((node) => node.value));
    assert.deepStrictEqual(Object.keys(english).filter((key) => !used.has(key)), []);
  });

  it('ask for texts that exist, with all parameters', () => {
    let asked = 0;
    for (const { name, tree } of modules()) {
      for (const node of nodesOf(tree)) {
        if (node.type !== 'CallExpression' || !['text', 'textParts'].includes(calleeOf(node))) continue;
        const [key, values] = node.arguments;
        for (const each of stringsOf(key)) {
          asked += 1;
          assert.ok(each in english, `${name}: ${each}`);
          const given = (values?.properties ?? []).map((/** @type {any} */ property) => property.key.name).sort();
          assert.deepStrictEqual(given, parametersOf(formsOf(english[each])[0]), `${name}: ${each}`);
        }
      }
    }
    assert.ok(asked > 150, `${asked} texts`);
  });

  it('show no text of their own', () => {
    for (const { name, tree } of modules()) {
      const texts = shownStrings(tree).filter(hasLetters).filter((text) => !kNames.includes(text.replace(/^ · /, '')));
      assert.deepStrictEqual(texts, [], name);
      assert.deepStrictEqual(sentences(tree).filter((text) => !kNoTexts.includes(text)), [], name);
    }
  });

  it('are searched for texts in every way to show one', () => {
    const source = `
      el('p', {}, 'a', b ? 'c' : \`d \${e}\`);
      el('p', { title: 'f', class: 'not this' }, ...['g']);
      h.textContent = 'i' + j;
      k.setAttribute('aria-label', 'l');
      m.append('n');
      throw new Error('o');
      const kPs = { q: 'Some words' };`;
    const tree = parsed(source);
    const found = shownStrings(tree).filter(hasLetters).map((text) => text.trim());
    assert.strictEqual(found.sort().join(''), 'acdfgilno');
    assert.deepStrictEqual(sentences(tree), ['Some words']);
  });
});

describe('the page', () => {
  it('has a text of its own only where scripts do not run, in both languages', () => {
    const page = readAsset('index.html').replace(/<title>rtcroomd<\/title>/, '');
    const [, withoutScripts] = /** @type {RegExpMatchArray} */ (page.match(/<noscript>(.*)<\/noscript>/s));
    assert.match(withoutScripts, /needs JavaScript.*<p .* lang="zh-CN">rtcroomd 控制台需要 JavaScript/s);
    const rest = page.replace(withoutScripts, '').replace(/<[^>]*>/g, '').trim();
    assert.strictEqual(rest, '');
    assert.doesNotMatch(page, / (title|aria-label|alt|placeholder)="/);
  });
});
