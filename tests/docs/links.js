// Checks that every relative link and anchor in the documents resolves, and every runbook link of
// an alert, which is relative to the checkout root.
//
// Usage: node links.js CHECKOUT
'use strict';

const fs = require('node:fs');
const path = require('node:path');

const kSkipped = new Set(['.git', 'build', 'data', 'dist', 'node_modules']);

function filesBelow(folder, names) {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const name = path.join(folder, entry.name);
    if (entry.isDirectory()) return kSkipped.has(entry.name) ? [] : filesBelow(name, names);
    return names.test(entry.name) ? [name] : [];
  });
}

// The text without code blocks, whose lines can look like links or headings.
function prose(file) {
  return fs.readFileSync(file, 'utf8').replace(/^ *```[^]*?^ *```/gm, '');
}

// Anchors as GitHub derives them from headings.
function anchorsOf(file) {
  const seen = new Map();
  const headings = [...prose(file).matchAll(/^#{1,6} +(.+?) *#* *$/gm)];
  return new Set(headings.map(([, heading]) => {
    const text = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const anchor = text.replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '').replaceAll(' ', '-');
    const times = seen.get(anchor) ?? 0;
    seen.set(anchor, times + 1);
    return times === 0 ? anchor : `${anchor}-${times}`;
  }));
}

// @param folder  the folder that relative links start from.
function faultOf(file, link, folder = path.dirname(file)) {
  const [target, anchor] = decodeURIComponent(link).split('#');
  const to = target === '' ? file : path.resolve(folder, target);
  if (!fs.existsSync(to)) return 'there is no such file';
  if (anchor && to.endsWith('.md') && !anchorsOf(to).has(anchor)) return 'there is no such heading';
  return null;
}

const root = path.resolve(process.argv[2]);
let links = 0;
const faults = [];

function check(file, link, folder) {
  ++links;
  const fault = faultOf(file, link, folder);
  if (fault) faults.push(`${path.relative(root, file)}: ${link}: ${fault}`);
}

for (const file of filesBelow(root, /\.(md|yaml)$/)) {
  const text = prose(file).replace(/`[^`\n]*`/g, '');
  for (const [, link] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
    if (!/^[a-z]+:/.test(link)) check(file, link);
  }
}
for (const file of filesBelow(root, /\.yml$/)) {
  const text = fs.readFileSync(file, 'utf8');
  for (const [, link] of text.matchAll(/runbook_url: *(docs\/\S+)/g)) check(file, link, root);
}
console.log(`${links} links`);
if (links === 0) faults.push('no links at all: this program cannot read the documents');
for (const fault of faults) console.error(fault);
process.exit(faults.length === 0 ? 0 : 1);
