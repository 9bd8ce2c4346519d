// Makes dist/: for bundlers and Node, for mini-programs, and for pages without modules.
import { build, transform } from 'esbuild';
import fs from 'node:fs';
import path from 'node:path';
import { minify } from 'terser';
import { makeDeclarations } from './declarations.js';

// Names in objects that never leave the library: they are shortened, like those that begin with _.
const kInside = ['about', 'accept', 'addressOf', 'askedOn', 'call', 'content', 'done', 'end', 'follow', 'give',
  'giveUp', 'hasSockets', 'identity', 'isIdle', 'isNew', 'isOnce', 'isRunning', 'isTaken', 'listener', 'load',
  'loginCode', 'lose', 'onClose', 'onConnection', 'onEvent', 'onMessage', 'onMissed', 'onNetwork', 'onNew', 'onOpen',
  'onPush', 'onReply', 'onShow', 'onSnapshot', 'onStream', 'onStreamBroken', 'openSocket', 'query', 'read', 'reject',
  'renew', 'renewal', 'reply', 'report', 'request', 'save', 'sendBeat', 'setTimer', 'start', 'state', 'stop', 'take',
  'tries', 'unsubscribe', 'verb', 'waitMs', 'wake', 'who'];

const kShown = ['state', 'stop']; // of what pages send and play
const kOfWeChat = ['onClose', 'onMessage', 'onOpen', 'request']; // which `wx` has, too

const smallWith = (names) => ({
  target: 'es2021', minify: true, mangleProps: new RegExp(`^_|^(${names.join('|')})$`), inject: ['short_names.js'],
  define: { 'Object.assign': '$assign', 'JSON.parse': '$parse', 'JSON.stringify': '$stringify' },
});

const kSmall = {
  page: smallWith(kInside),
  miniprogram: smallWith(kInside.filter((name) => !kOfWeChat.includes(name))),
  get miniprogram_live() { return this.miniprogram; },
  web: smallWith(kInside.filter((name) => !kShown.includes(name))),
};
// For terser, after esbuild: no getter of the library does anything but give, nothing reads the `length` of a function,
// and what becomes text has no value beside it.
const kSmaller = {
  ecma: 2020,
  compress: { passes: 3, hoist_funs: true, keep_fargs: false, pure_getters: true, unsafe: true, unsafe_arrows: true },
};

/** Writes an entry point and all that it imports into one file. */
const bundle = (entryPoint, outfile, options) => build({
  bundle: true, charset: 'utf8', logLevel: 'warning', absWorkingDir: import.meta.dirname,
  entryPoints: [`src/${entryPoint}.js`], outfile, ...options,
});

/** @returns an entry point and all that it imports, as small as it gets */
export async function minified(entryPoint, format) {
  const { outputFiles: [{ text }] } = await bundle(entryPoint, 'any.js', { format, write: false, ...kSmall[entryPoint] });
  const { code } = await minify(text, { ...kSmaller, module: format === 'esm' });
  return code;
}

// Bundlers such as webpack 4 take nothing newer, and leave packages as they are.
const target = 'es2017';

/** Writes entry points, and what they have in common in one more file: a program may use several, and then has one class
 * `RtcRoomError`.
 * @param entryPoints  by the names of their files
 * @param chunkNames  the name of what they have in common
 * @param formats  of the files, by their extensions */
async function makeShared(folder, entryPoints, chunkNames, target, formats) {
  const { outputFiles } = await build({
    bundle: true, charset: 'utf8', logLevel: 'warning', absWorkingDir: import.meta.dirname, format: 'esm', target,
    splitting: true, write: false, outdir: folder, outExtension: { '.js': '.mjs' }, chunkNames,
    entryPoints: Object.fromEntries(Object.entries(entryPoints).map(([name, file]) => [name, `src/${file}.js`])),
  });
  fs.mkdirSync(folder, { recursive: true });
  for (const { path: file, text } of outputFiles) {
    for (const [extension, format] of Object.entries(formats)) {
      const { code } = await transform(text, { charset: 'utf8', format, target });
      const importing = code.replaceAll(`"./${chunkNames}.mjs"`, `"./${chunkNames}.${extension}"`);
      fs.writeFileSync(file.replace(/mjs$/, extension), importing);
    }
  }
}

/** @param folder  to write to; dist if absent */
export async function makeDist(folder = path.join(import.meta.dirname, 'dist')) {
  const both = { mjs: 'esm', cjs: 'cjs' };
  await Promise.all([
    makeShared(folder, { rtcroom: 'index', web: 'web' }, 'shared', target, both),
    makeShared(folder, { miniprogram: 'miniprogram', miniprogram_live: 'miniprogram_live' }, 'miniprogram_shared', target,
      both),
    // WeChat's oldest engines have no `async`.
    makeShared(path.join(folder, 'miniprogram'), { index: 'miniprogram', live: 'miniprogram_live' }, 'shared', 'es2016',
      { js: 'cjs' }),
  ]);
  fs.writeFileSync(path.join(folder, 'rtcroom.min.js'), await minified('page', 'iife'));
  makeDeclarations(folder);
}

if (process.argv[1] === import.meta.filename) await makeDist();
