// Makes dist/: for bundlers and Node, for mini-programs, and for pages without modules.
import { build } from 'esbuild';
import path from 'node:path';
import { makeDeclarations } from './declarations.js';

// Names in objects that never leave the library: they are shortened, like those that begin with _.
const kInside = ['about', 'accept', 'addressOf', 'askedOn', 'call', 'content', 'done', 'end', 'follow', 'follower',
  'give', 'giveUp', 'hasSockets', 'identity', 'isIdle', 'isNew', 'isOnce', 'isOver', 'isRunning', 'isTaken',
  'listener', 'load', 'loginCode', 'lose', 'onClose', 'onConnection', 'onEvent', 'onMessage', 'onMissed', 'onNetwork',
  'onOpen', 'onPush', 'onReply', 'onShow', 'onSnapshot', 'onStream', 'onStreamBroken', 'openSocket', 'profile',
  'read', 'reject', 'renew', 'renewal', 'reply', 'report', 'request', 'save', 'sendBeat', 'setTimer', 'start',
  'state', 'stop', 'take', 'tries', 'unsubscribe', 'verb', 'waitMs', 'wake', 'who'];

const kOfWeChat = ['onClose', 'onMessage', 'onOpen', 'request']; // which `wx` has, too

const smallWith = (names) => ({ target: 'es2021', minify: true, mangleProps: new RegExp(`^_|^(${names.join('|')})$`) });

/** Options of files as small as they get, by entry point. */
export const kSmall = {
  page: smallWith(kInside),
  miniprogram: smallWith(kInside.filter((name) => !kOfWeChat.includes(name))),
};

/** Writes an entry point and all that it imports into one file. */
export const bundle = (entryPoint, outfile, options) => build({
  bundle: true, charset: 'utf8', logLevel: 'warning', absWorkingDir: import.meta.dirname,
  entryPoints: [`src/${entryPoint}.js`], outfile, ...options,
});

/** @param folder  to write to; dist if absent */
export async function makeDist(folder = path.join(import.meta.dirname, 'dist')) {
  const make = (entryPoint, file, options) => bundle(entryPoint, path.join(folder, file), options);
  // Bundlers such as webpack 4 take nothing newer, and leave packages as they are.
  const target = 'es2017';
  await Promise.all([
    ...[['index', 'rtcroom'], ['miniprogram', 'miniprogram']].flatMap(([entryPoint, name]) => [
      make(entryPoint, `${name}.mjs`, { format: 'esm', target }),
      make(entryPoint, `${name}.cjs`, { format: 'cjs', target }),
    ]),
    // WeChat's oldest engines have no `async`.
    make('miniprogram', 'miniprogram/index.js', { format: 'cjs', target: 'es2016' }),
    make('page', 'rtcroom.min.js', { format: 'iife', ...kSmall.page }),
  ]);
  makeDeclarations(folder);
}

if (process.argv[1] === import.meta.filename) await makeDist();
