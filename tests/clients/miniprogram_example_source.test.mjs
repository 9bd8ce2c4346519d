// The files of the example mini-program fit together, and its texts are in both languages and nowhere else.
import assert from 'node:assert';
import fs from 'node:fs';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { expectAlike, expectAskedFor } from '../console/support/catalogues.js';
import { nodesOf, parsed, sentences } from '../console/support/sources.js';
import { textsOf } from './support/declared.js';
import { kExample, Phone, prepareExample } from './support/mini_program.js';
import { allNodes, expressionsIn, pathsIn, readWxml } from './support/wxml.js';

const read = (name) => fs.readFileSync(path.join(kExample, name), 'utf8');
const json = (name) => JSON.parse(read(name));
const files = fs.readdirSync(kExample, { recursive: true })
  .filter((name) => !/miniprogram_npm|node_modules/.test(name));
const { pages } = json('app.json');
const components = files.filter((name) => /^components\/.*\.js$/.test(name)).map((name) => name.slice(0, -3));

// WeChat's own components, of which the example may use any.
const kTags = ['view', 'text', 'button', 'input', 'image', 'scroll-view', 'block', 'live-pusher', 'live-player'];
const kNames = ['rtcroom']; // the same in all languages

const folder = prepareExample();
after(() => fs.rmSync(path.dirname(folder), { recursive: true }));

const phone = new Phone(folder, 'http://127.0.0.1:1');
phone.hide(); // nothing is asked of that server
const { kTexts } = phone.require('texts');
const { en: english, 'zh-Hans': chinese } = kTexts;

/** What WXML may bind to, and the names that it may read. */
function partsOf(name) {
  const { methods, data = {}, properties = {}, ...rest } = phone.definition(name);
  return { handlers: methods ?? rest, names: [...Object.keys(data), ...Object.keys(properties)] };
}

const nodesIn = (name) => [...allNodes(readWxml(path.join(kExample, `${name}.wxml`)))];
const textsIn = ({ node }) => (node.text ? [node.text] : Object.values(node.attributes));

describe('The pages of the example mini-program', () => {
  it('are the folders of app.json, each with its four files', () => {
    for (const name of [...pages, ...components]) {
      const wanted = ['js', 'json', 'wxml', 'wxss'].map((type) => `${name}.${type}`);
      assert.deepStrictEqual(wanted.filter((file) => !files.includes(file)), []);
    }
    const scripts = files.filter((name) => /^pages\/.*\.js$/.test(name)).map((name) => name.slice(0, -3));
    assert.deepStrictEqual(scripts.sort(), [...pages].sort());
  });

  it('have configurations that can be read, and a colour for each one that they name', () => {
    for (const name of files.filter((each) => each.endsWith('.json'))) json(name);
    const { light, dark } = json('theme.json');
    const named = Object.values(json('app.json').window).filter((value) => value.startsWith('@'));
    const wanted = [...new Set(named)].map((value) => value.slice(1)).sort();
    for (const theme of [light, dark]) assert.deepStrictEqual(Object.keys(theme).sort(), wanted);
  });

  for (const name of [...pages, ...components]) {
    it(`${name} uses tags that exist, and handlers and data that it has`, () => {
      const used = json(`${name}.json`).usingComponents ?? {};
      Object.values(used).forEach((value) => assert.ok(components.includes(value.slice(1)), value));
      const { handlers, names } = partsOf(name);
      let bound = 0;
      for (const { node, names: added } of nodesIn(name)) {
        if (node.tag) assert.ok(kTags.includes(node.tag) || node.tag in used, `<${node.tag}>`);
        for (const [attribute, value] of Object.entries(node.attributes ?? {})) {
          if (!/^(bind|catch)/.test(attribute)) continue;
          assert.strictEqual(typeof handlers[value], 'function', `${attribute}="${value}"`);
          bound += 1;
        }
        for (const read of textsIn({ node }).flatMap(expressionsIn).flatMap(pathsIn)) {
          const [first, second] = read.split('.');
          assert.ok(names.includes(first) || added.includes(first), `{{${read}}}`);
          if (first === 't') assert.ok(second in english, `{{${read}}}`);
        }
      }
      assert.ok(bound, 'nothing is bound');
      const tags = nodesIn(name).map(({ node }) => node.tag);
      assert.deepStrictEqual(Object.keys(used).filter((tag) => !tags.includes(tag)), []);
    });
  }
});

describe('The texts of the example mini-program', () => {
  const scripts = files.filter((name) => name.endsWith('.js') && name !== 'texts.js');
  const treeOf = (name) => parsed(read(name));

  it('are the same in both languages, with the same parameters', () => expectAlike(english, chinese));

  it('name each error of the library, and each reason for the end of a room', () => {
    const of = (type, prefix) => textsOf(type).map((name) => prefix + name);
    const wanted = [...of('ErrorName', 'error.'), 'error.CAMERA_REFUSED', 'error.CAMERA_FAILED',
      ...of('CloseReason', 'closed.')].sort();
    assert.deepStrictEqual(Object.keys(english).filter((key) => /^(error|closed)\./.test(key)).sort(), wanted);
  });

  it('are all used', () => {
    const literals = scripts.flatMap((name) => [...nodesOf(treeOf(name))].filter(({ type }) => type === 'Literal'));
    const strings = literals.map(({ value }) => value);
    const shown = pages.flatMap((name) => nodesIn(name)).flatMap(textsIn).flatMap(expressionsIn).flatMap(pathsIn);
    const used = new Set([...strings, ...shown.filter((read) => read.startsWith('t.')).map((read) => read.slice(2))]);
    const names = Object.keys(english).filter((key) => !/^(error|closed)\./.test(key));
    assert.deepStrictEqual(names.filter((key) => !used.has(key)), []);
  });

  it('are asked for by names that exist, with all parameters', () => {
    const asked = expectAskedFor(scripts.map((name) => ({ name, tree: treeOf(name) })), ['text'], english);
    assert.ok(asked > 10, `${asked} texts`);
  });

  it('are not elsewhere', () => {
    for (const name of [...pages, ...components]) {
      for (const { node } of nodesIn(name)) {
        const { placeholder = '', title = '', 'confirm-text': confirm = '' } = node.attributes ?? {};
        const own = [node.text ?? '', placeholder, title, confirm].map((text) => text.replace(/\{\{.*?\}\}/gs, ''));
        assert.deepStrictEqual(own.filter((text) => /\p{L}/u.test(text)), [], name);
      }
      assert.strictEqual(json(`${name}.json`).navigationBarTitleText, undefined, name);
    }
    assert.ok(kNames.includes(json('app.json').window.navigationBarTitleText));
    for (const name of scripts) {
      assert.deepStrictEqual(sentences(treeOf(name)), [], name);
      assert.doesNotMatch(read(name).replace(/\/\/.*$|\/\*[^]*?\*\//gm, ''), /\p{Script=Han}/u, name);
    }
  });
});
