// Checks that the Chinese editions of documents are there and keep up with the English ones: both have the same
// headings, and each section the same blocks, tables, code, links, pictures and numbers. Also, that the README stays
// short.
//
// Usage: node editions.js CHECKOUT
'use strict';

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');

const { lexer, walkTokens } = require('marked');

const { anchorsOf } = require('./headings');

const kChinese = '.zh-CN.md';
const kTranslated = [
  'README.md', 'clients/js/README.md', 'clients/miniprogram-example/README.md', 'clients/web-example/README.md',
  'docs/channel.md', 'docs/client-guide.md', 'docs/console.md', 'docs/media-server.md', 'docs/operators-guide.md',
];
const kMostReadmeBytes = 10 * 1024; // of each edition

const root = path.resolve(process.argv[2]);

/** Of a document or a picture. */
function chineseOf(file) {
  return file.replace(/\.(md|jpg)$/, '.zh-CN$&');
}

function hasEdition(file) {
  return chineseOf(file) !== file && !file.includes('.zh-CN.') && fs.existsSync(chineseOf(file));
}

function editions() {
  const clients = path.join(root, 'clients');
  const folders = [root, path.join(root, 'docs'), ...fs.readdirSync(clients).map((name) => path.join(clients, name))];
  return folders.flatMap((folder) => fs.readdirSync(folder)
    .filter((name) => name.endsWith(kChinese)).map((name) => path.join(folder, name)));
}

// A heading is known by its number, which is the same in both editions.
function targetOf(file, link) {
  if (/^[a-z]+:/.test(link)) return link;
  const [name, anchor] = decodeURIComponent(link).split('#');
  const to = name === '' ? file : path.resolve(path.dirname(file), name);
  const english = file.endsWith(kChinese) ? null : to;
  const target = path.relative(root, english && hasEdition(english) ? chineseOf(english) : to);
  if (anchor === undefined) return target;
  const number = to.endsWith('.md') && fs.existsSync(to) ? anchorsOf(to).indexOf(anchor) + 1 : 0;
  return number === 0 ? `${target}#${anchor}` : `${target}, heading ${number}`;
}

const kReaders = {
  code: (section, token) => section.blocks.push(`the code block \`\`\`${token.lang ?? ''}\n${token.text}\n\`\`\``),
  table: (section, token) => section.blocks.push(
    `a table with ${token.rows.length} rows and ${token.header.length} columns`),
  list: (section, token) => section.blocks.push(`a list of ${token.items.length} items`),
  paragraph: (section) => section.blocks.push('a paragraph'),
  codespan: (section, token) => section.spans.add(`\`${token.text}\``),
  image: (section, token) => section.links.push(targetOf(section.file, token.href)),
  link: (section, token) => section.links.push(targetOf(section.file, token.href)),
  strong: (section) => ++section.strong,
  text: (section, token) => {
    if (!token.tokens) section.numbers.push(...(token.text.match(/\d([\d.,]*\d)?/g) ?? []));
  },
};

function sectionsOf(file, languages) {
  const text = fs.readFileSync(file, 'utf8');
  assert.strictEqual(text.split('\n')[2], languages, `${path.relative(root, file)}: line 3 links the editions`);
  const sections = [];
  walkTokens(lexer(text.replace(`${languages}\n`, '')), (token) => {
    if (token.type === 'heading') {
      sections.push({
        file, heading: `${'#'.repeat(token.depth)} ${token.text}`, level: token.depth,
        blocks: [], spans: new Set(), links: [], numbers: [], strong: 0,
      });
    }
    kReaders[token.type]?.(sections.at(-1), token);
  });
  return sections;
}

// @return what `some` has more often than `others`.
function surplus(some, others) {
  const left = [...others];
  return [...some].filter((item) => {
    const at = left.indexOf(item);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

function faultsOf(english, chinese) {
  if (english?.level !== chinese?.level) return ['the headings, or their levels, differ from here on'];
  const faults = [];
  for (const part of ['spans', 'links', 'numbers', 'blocks']) {
    faults.push(...surplus(english[part], chinese[part]).map((item) => `lacks ${item}`));
    faults.push(...surplus(chinese[part], english[part]).map((item) => `has only here ${item}`));
  }
  if (faults.length === 0) {
    const moved = chinese.blocks.find((block, i) => block !== english.blocks[i]);
    if (moved) faults.push(`has at another place ${moved}`);
  }
  if (english.strong !== chinese.strong) {
    faults.push(`has ${chinese.strong} instead of ${english.strong} passages in bold type`);
  }
  return faults;
}

function check(file) {
  const original = file.replace(kChinese, '.md');
  const name = path.basename(original, '.md');
  const english = sectionsOf(original, `English | [简体中文](${name}${kChinese})`);
  const chinese = sectionsOf(file, `[English](${name}.md) | 简体中文`);
  const alike = english.map(({ level }) => level).join() === chinese.map(({ level }) => level).join();
  let faults = 0;
  for (let i = 0; i < Math.max(english.length, chinese.length); ++i) {
    for (const fault of faultsOf(english[i], chinese[i])) {
      ++faults;
      const where = `"${chinese[i]?.heading ?? '(end)'}" (English: "${english[i]?.heading ?? '(end)'}")`;
      console.error(`${path.relative(root, file)}: ${where}: ${fault}`);
    }
    if (!alike && faults > 0) break;  // the sections after it do not belong together
  }
  console.log(`${path.relative(root, file)}: ${chinese.length} sections`);
  return faults;
}

const files = editions();
assert.deepStrictEqual(files.map((file) => path.relative(root, file)).sort(), kTranslated.map(chineseOf).sort());
for (const name of ['README.md', chineseOf('README.md')]) {
  const { size } = fs.statSync(path.join(root, name));
  assert(size <= kMostReadmeBytes, `${name} has ${size} bytes, more than ${kMostReadmeBytes}`);
}
const faults = files.map(check).reduce((sum, count) => sum + count, 0);
process.exit(faults === 0 ? 0 : 1);
