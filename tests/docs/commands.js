// Runs the commands of documents against the real server and compares their output with the
// document: each block marked `sh`, with the plain block that directly follows it. Each document
// gets a new server.
//
// Usage: node commands.js DOCUMENT..., with RTCROOMD naming the server
'use strict';

const assert = require('node:assert');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');

const kDeadlineMs = 60_000;
const kMarker = '--- next block ---';
const kAddress = '127.0.0.1:5757';  // the address used in the documents

function blocksOf(document) {
  const text = fs.readFileSync(document, 'utf8');
  return [...text.matchAll(/^```sh\n([^]*?)^```\n(?:```\n([^]*?)^```\n)?/gm)].map(
    ([, commands, printed]) => ({ commands, printed: printed ?? '' }),
  );
}

// `…` matches any text.
function patternOf(line) {
  const parts = line.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`);
}

function check(block, printed) {
  const got = printed.trim().split('\n');
  const wanted = block.printed.trim().split('\n');
  wanted.forEach((line, i) => assert.match(got[i] ?? '', patternOf(line), `line ${i + 1} after\n${block.commands}`));
  assert.strictEqual(got.length, wanted.length, `more is printed by\n${block.commands}`);
}

async function checkDocument(server, document) {
  const blocks = blocksOf(document);
  assert(blocks.some((block) => block.printed), `${document}: no commands with what they print`);
  await server.start();
  try {
    const script = blocks.map((block) => block.commands).join(`echo '${kMarker}'\n`).replaceAll(kAddress, server.settings['server.http_listen']);
    const ran = spawnSync('bash', ['-euo', 'pipefail', '-c', script], { cwd: server.folder, timeout: kDeadlineMs });
    assert.strictEqual(ran.status, 0, `the commands fail: ${ran.stderr}\n${ran.stdout}`);
    const printed = ran.stdout.toString().split(`${kMarker}\n`);
    blocks.forEach((block, i) => check(block, printed[i]));
  } finally {
    await server.end();
  }
  console.log(`${document}: ${blocks.length} blocks of commands`);
}

async function main(...documents) {
  assert(documents.length > 0, 'no document is named');
  const { Server } = await import('../console/support/server.js');
  for (const document of documents) await checkDocument(new Server({}, '--dev'), document);
}

main(...process.argv.slice(2)).catch((failure) => {
  console.error(failure);
  process.exit(1);
});
