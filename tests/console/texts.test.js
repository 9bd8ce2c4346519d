// All texts of the console are in both catalogues, and nowhere else.
import assert from 'node:assert';
import { describe, it } from 'node:test';
import { kEnglish } from '../../daemon/admin/console/assets/texts_en.js';
import { kChinese } from '../../daemon/admin/console/assets/texts_zh.js';
import { expectAlike, expectAskedFor } from './support/catalogues.js';
import { modules, nodesOf, parsed, readAsset, sentences, shownStrings, treeOf } from './support/sources.js';

/** Names that are the same in all languages. */
const kNames = ['rtcroomd', 'gen-1', 'gen-2'];
/** Like words, but names: of phones, languages, HTTP headers, keys, and relations of links. */
const kNoTexts = ['Alice', 'Bob', 'Carol', 'Dave', 'Erin', 'Frank', 'English', 'Bearer ', 'Enter',
  'noopener noreferrer'];

const kModules = modules();
const hasLetters = (/** @type {string} */ text) => /\p{L}/u.test(text);

describe('the catalogues', () => {
  it('have the same texts with the same parameters, and no English in the Chinese one', () => {
    expectAlike(kEnglish, kChinese);
  });

  it('have each key once', () => {
    for (const name of ['texts_en.js', 'texts_zh.js']) {
      const [catalogue] = [...nodesOf(treeOf(name))].filter((node) => node.type === 'ObjectExpression');
      /** @type {string[]} */
      const keys = catalogue.properties.map((/** @type {any} */ property) => property.key.value);
      assert.deepStrictEqual(keys.filter((key, at) => keys.indexOf(key) !== at), [], name);
    }
  });
});

describe('the modules', () => {
  it('use every text of the catalogues', () => {
    const nodes = kModules.flatMap(({ tree }) => [...nodesOf(tree)]);
    const used = new Set(nodes.filter((node) => node.type === 'Literal').map((node) => node.value));
    assert.deepStrictEqual(Object.keys(kEnglish).filter((key) => !used.has(key)), []);
  });

  it('ask for texts that exist, with all parameters', () => {
    const asked = expectAskedFor(kModules, ['text', 'textParts'], kEnglish);
    assert.ok(asked > 150, `${asked} texts`);
  });

  it('show no text of their own', () => {
    for (const { name, tree } of kModules) {
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
