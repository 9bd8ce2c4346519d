// Runs the commands of documents against the real server and compares their output with the
// document: each block marked `sh`, with the plain block that directly follows it. Each document
// gets a new server.
//
// Usage: node commands.js RTCROOMD DOCUMENT...
'use strict';

const assert = require('node:assert');
const { spawn, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

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

// @return the process and the address of its HTTP listener.
async function serve(binary, directory) {
  const free = '127.0.0.1:0';
  const server = spawn(binary, ['serve', '--dev'], {
    cwd: directory,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      ...process.env,
      RTCROOMD_SERVER_HTTP_LISTEN: free,
      RTCROOMD_SERVER_HTTPS_LISTEN: free,
      RTCROOMD_ADMIN_LISTEN: free,
      RTCROOMD_GRPC_LISTEN: free,
      RTCROOMD_LOG_FORMAT: 'json',
      RTCROOMD_ROOM_HEARTBEAT_TIMEOUT: '10m',  // so that a slow test evicts no user
    },
  });
  let log = '';
  server.stderr.on('data', (bytes) => { log += bytes; });
  const deadline = Date.now() + kDeadlineMs;
  while (!log.includes('"event":"ready"')) {
    assert(Date.now() < deadline && server.exitCode === null, `rtcroomd did not become ready:\n${log}`);
    await new Promise((resolve) => { setTimeout(resolve, 20); });
  }
  return { server, address: log.match(/"listener":"http","address":"([^"]+)"/)[1] };
}

async function checkDocument(binary, document) {
  const blocks = blocksOf(document);
  assert(blocks.some((block) => block.printed), `${document}: no commands with what they print`);
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'rtcroomd-commands-'));
  const { server, address } = await serve(binary, directory);
  const ended = new Promise((resolve) => { server.on('exit', resolve); });
  try {
    const script = blocks.map((block) => block.commands).join(`echo '${kMarker}'\n`).replaceAll(kAddress, address);
    const ran = spawnSync('bash', ['-euo', 'pipefail', '-c', script], { cwd: directory, timeout: kDeadlineMs });
    assert.strictEqual(ran.status, 0, `the commands fail: ${ran.stderr}\n${ran.stdout}`);
    const printed = ran.stdout.toString().split(`${kMarker}\n`);
    blocks.forEach((block, i) => check(block, printed[i]));
  } finally {
    server.kill('SIGTERM');
    await ended;
    fs.rmSync(directory, { recursive: true, force: true });
  }
  console.log(`${document}: ${blocks.length} blocks of commands`);
}

async function main(binary, ...documents) {
  assert(documents.length > 0, 'no document is named');
  for (const document of documents) await checkDocument(binary, document);
}

main(...process.argv.slice(2)).catch((failure) => {
  console.error(failure);
  process.exit(1);
});
