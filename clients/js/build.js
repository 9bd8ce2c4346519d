// Makes dist/: for `require`, for mini-programs, and for pages without modules.
import { build } from 'esbuild';
import fs from 'node:fs';
import path from 'node:path';

// Names in objects that never leave the library: they are shortened, like those that begin with _.
const kInside = ['about', 'accept', 'addressOf', 'askedOn', 'call', 'content', 'done', 'end', 'follow', 'follower',
  'give', 'giveUp', 'hasSockets', 'identity', 'isIdle', 'isLast', 'isNew', 'isOnce', 'isOver', 'isRunning', 'isTaken',
  'listener', 'load', 'loginCode', 'lose', 'onClose', 'onConnection', 'onEvent', 'onMessage', 'onMissed', 'onNetwork',
  'onOpen', 'onPush', 'onReply', 'onShow', 'onSnapshot', 'onStream', 'onStreamBroken', 'openSocket', 'profile',
  'read', 'reject', 'renew', 'renewal', 'reply', 'report', 'request', 'save', 'sendBeat', 'setTimer', 'start',
  'state', 'stop', 'take', 'tries', 'unsubscribe', 'verb', 'waitMs', 'wake', 'who'];

/** Options of a file as small as it gets. */
export const kSmall = { target: 'es2021', minify: true, mangleProps: new RegExp(`^_|^(${kInside.join('|')})$`) };

/** Writes an entry point and all that it imports into one file. */
export const bundle = (entryPoint, outfile, options) => build({
  bundle: true, charset: 'utf8', logLevel: 'warning', absWorkingDir: import.meta.dirname,
  entryPoints: [`src/${entryPoint}.js`], outfile, ...options,
});

/** @param folder  to write to; dist if absent */
export async function makeDist(folder = path.join(import.meta.dirname, 'dist')) {
  const make = (entryPoint, file, options) => bundle(entryPoint, path.join(folder, file), options);
  await Promise.all([
    make('index', 'rtcroom.cjs', { format: 'cjs', target: 'es2020' }),
    // WeChat's oldest engines have no `async`.
    make('miniprogram', 'miniprogram/index.js', { format: 'cjs', target: 'es2016' }),
    make('page', 'rtcroom.min.js', { format: 'iife', ...kSmall }),
  ]);
  // TypeScript takes declarations for `require` from files of their own.
  for (const [from, to] of [['index', 'rtcroom'], ['wire', 'wire']]) {
    const types = fs.readFileSync(path.join(import.meta.dirname, `src/${from}.d.ts`), 'utf8');
    fs.writeFileSync(path.join(folder, `${to}.d.cts`), types.replace('./wire.js', './wire.cjs'));
  }
}

if (process.argv[1] === import.meta.filename) await makeDist();
