// What runs in mini-programs uses WeChat, and the library, as their typings say. Those of WeChat are checked for the
// library where it is built.
import assert from 'node:assert';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { makeDeclarations } from '../../clients/js/declarations.js';

const kClients = path.join(import.meta.dirname, '..', '..', 'clients');
// Typings do not know what an app or a page sets of itself.
const kOwn = /TS2339: Property '\w+' does not exist on type '(Instance|OptionalInterface)</;
const kPackages = path.join(kClients, 'js/node_modules');

describe('WeChat, by its typings,', () => {
  let folder;
  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rtcroom-typings-'));
    makeDeclarations(folder);
  });
  after(() => { fs.rmSync(folder, { recursive: true }); });

  for (const name of ['miniprogram-example', 'webim_wx']) it(`is used rightly by ${name}`, () => {
    const project = path.join(folder, `${name}.json`);
    fs.writeFileSync(project, JSON.stringify({
      compilerOptions: {
        allowJs: true, checkJs: true, noEmit: true, skipLibCheck: true, target: 'es2022', lib: ['es2022'], module: 'commonjs',
        moduleResolution: 'node10', types: ['miniprogram-api-typings'], typeRoots: [kPackages],
        paths: { 'rtcroom/live': [path.join(folder, 'types/miniprogram_live.d.ts')] },
      },
      include: [path.join(kClients, name, '**/*.js')], exclude: [path.join(kClients, name, 'miniprogram_npm')],
    }));
    const { stdout, stderr } = spawnSync(process.execPath, [path.join(kPackages, 'typescript/bin/tsc'), '-p', project], { encoding: 'utf8' });
    assert.strictEqual(stderr, '');
    assert.deepStrictEqual(stdout.split('\n').filter((line) => line && !kOwn.test(line)), []);
  });
});
