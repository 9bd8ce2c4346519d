// Checks that every relative link and anchor in the documents resolves, and every runbook link of
// an alert, which is relative to the checkout root.
//
// Usage: node links.js CHECKOUT
'use strict';

const fs = require('node:fs');
const path = require('node:path');

const { anchorsOf, prose } = require('./headings');

const kSkipped = new Set(['.git', 'build', 'data', 'dist', 'node_modules']);

function filesBelow(folder, names) {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const name = path.join(folder, entry.name);
    if (entry.isDirectory()) return kSkipped.has(entry.name) ? [] : filesBelow(name, names);
    return names.test(entry.name) ? [name] : [];
  });
}

// @param folder  the folder that relative links start from.
function faultOf(file, link, folder = path.dirname(file)) {
  const [target, anchor] = decodeURIComponent(link).split('#');
  const to = target === '' ? file : path.resolve(folder, target);
  if (!fs.existsSync(to)) return 'there is no such file';
  if (anchor && to.endsWith('.md') && !anchorsOf(to).includes(anchor)) return 'there is no such heading';
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
  for (const [, link] of text.matchAll(/runbook_url: '{{[^}]*"docs" }}\/(\S+)'/g)) check(file, `docs/${link}`, root);
}
console.log(`${links} links`);
if (links === 0) faults.push('no links at all: this program cannot read the documents');
for (const fault of faults) console.error(fault);
process.exit(faults.length === 0 ? 0 : 1);
