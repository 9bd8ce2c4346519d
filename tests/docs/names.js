// Checks that the operators' guide mentions every metric, log event and alert by name.
//
// Usage: node names.js CHECKOUT
'use strict';

const fs = require('node:fs');
const path = require('node:path');

const root = path.resolve(process.argv[2]);

function sourcesBelow(folder) {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const name = path.join(folder, entry.name);
    if (entry.isDirectory()) return sourcesBelow(name);
    return name.endsWith('.cc') ? [fs.readFileSync(name, 'utf8')] : [];
  });
}

function namesIn(texts, pattern) {
  return new Set(texts.flatMap((text) => [...text.matchAll(pattern)].map(([, name]) => name)));
}

const sources = ['daemon', 'handlers', 'storage'].flatMap((folder) => sourcesBelow(path.join(root, folder)));
const alerts = fs.readFileSync(path.join(root, 'deploy', 'prometheus', 'alerts.yml'), 'utf8');
const named = {
  metric: namesIn(sources, /"(rtcroomd_[a-z_]+)"/g),
  // Debug events are for readers of the code and are excluded.
  event: namesIn(sources, /(?:\b(?:Info|Warn|Error)\(|LogLevel::k(?:Info|Warn|Error), |_event = )\s*"([a-z_]+)"/g),
  alert: namesIn([alerts], /^ *- alert: (\w+)$/gm),
};

const guide = fs.readFileSync(path.join(root, 'docs', 'operators-guide.md'), 'utf8');
let failed = false;
for (const [what, names] of Object.entries(named)) {
  console.log(`${names.size} of: ${what}`);
  if (names.size === 0) failed = true;
  for (const name of names) {
    if (new RegExp(`\\b${name}\\b`).test(guide)) continue;
    console.error(`docs/operators-guide.md does not name the ${what} ${name}`);
    failed = true;
  }
}
process.exit(failed ? 1 : 0);
