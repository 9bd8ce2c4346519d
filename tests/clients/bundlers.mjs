// The package rtcroom in programs as authors build them: each is made in a temporary folder, with its bundler from npm
// (`tests/run long packaging`; some minutes). The bundlers' versions are fixed, those of what they need are whatever an
// author would get today.
import assert from 'node:assert';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parse } from './support/packages.js';

const kLibrary = path.join(import.meta.dirname, '../../clients/js');
const kInLibrary = 'rtcroomd.v1'; // in every program that has it whole
const kInPages = 'sendBeacon';
const kOldUni = '2.0.2-4080420251103001';
const kNewUni = '3.0.0-4080720251210001';
const kVueCli = { '@vue/cli-plugin-babel': '4.5.19', '@vue/cli-service': '4.5.19', vue: '2.6.14', 'vue-template-compiler': '2.6.14' };

const program = (name) => `import { Client } from '${name}';
export const client = new Client({ server: 'https://rooms.example.com' });
client.on('connection', console.log);
client.login();
`;
const kManifest = JSON.stringify({ name: 'app', appid: '', versionName: '1', versionCode: '1', 'mp-weixin': { appid: 'touristappid', usingComponents: true } });
const kPages = JSON.stringify({ pages: [{ path: 'pages/index', style: {} }] });
const kPage = (name) => `<template><view>{{ state }}</view></template>
<script>
${program(name)}
export default { data: () => ({ state: client.connection }) };
</script>
`;
const kApp = '<script>export default {};</script>\n';

const uni = (folder, main) => Object.fromEntries(Object.entries({
  'manifest.json': kManifest, 'pages.json': kPages, 'App.vue': kApp, 'pages/index.vue': kPage('rtcroom/miniprogram'), 'main.js': main,
}).map(([name, text]) => [`${folder}/${name}`, text]));
const versions = (version, names) => Object.fromEntries(names.map((name) => [`@dcloudio/${name}`, version]));

// Of each: packages, files, the command, where its outcome is, and the newest syntax that this may have.
const kProgrammes = {
  'webpack 4': {
    packages: { webpack: '4.47.0', 'webpack-cli': '3.3.12' },
    files: { 'src/index.js': program('rtcroom') },
    command: ['webpack', '--mode', 'production'], outcome: 'dist', year: 2017,
  },
  'Vite 8': {
    packages: { vite: '8.3.8' },
    files: { 'index.html': '<script type="module" src="main.js"></script>', 'main.js': program('rtcroom') },
    command: ['vite', 'build'], outcome: 'dist', year: 'latest',
  },
  'Vue CLI 4': {
    packages: kVueCli,
    files: {
      'babel.config.js': "module.exports = { presets: ['@vue/cli-plugin-babel/preset'] };\n",
      'src/main.js': `import Vue from 'vue';\n${program('rtcroom')}new Vue({ render: (h) => h('p', client.connection) }).$mount('#app');\n`,
    },
    command: ['vue-cli-service', 'build'], outcome: 'dist', year: 2017,
  },
  'uni-app with Vue 2': {
    packages: {
      // Plugins are called in this order.
      ...versions(kOldUni, ['uni-app', 'uni-cli-i18n', 'uni-cli-shared', 'uni-i18n', 'uni-migration', 'uni-mp-vue',
        'uni-mp-weixin', 'uni-stat', 'uni-template-compiler', 'vue-cli-plugin-hbuilderx', 'vue-cli-plugin-uni',
        'webpack-uni-mp-loader', 'webpack-uni-pages-loader']),
      ...kVueCli, '@babel/runtime': '7.17.9', 'regenerator-runtime': '0.13.11', 'postcss-comment': '2.0.0', vuex: '3.6.2',
    },
    files: {
      'babel.config.js': "module.exports = { presets: [['@vue/app', { modules: 'commonjs', useBuiltIns: 'entry' }]] };\n",
      'postcss.config.js': "module.exports = { parser: require('postcss-comment'), plugins: [] };\n",
      ...uni('src', "import Vue from 'vue';\nimport App from './App.vue';\nApp.mpType = 'app';\nnew Vue(App).$mount();\n"),
    },
    command: ['vue-cli-service', 'uni-build'], env: { NODE_ENV: 'production', UNI_PLATFORM: 'mp-weixin' },
    outcome: 'dist/build/mp-weixin', year: 2018,
  },
  'uni-app with Vite': {
    packages: {
      vite: '5.2.8', vue: '3.4.21',
      ...versions(kNewUni, ['uni-app', 'uni-components', 'uni-mp-weixin', 'vite-plugin-uni']),
    },
    files: {
      'vite.config.js': "const { default: uni } = require('@dcloudio/vite-plugin-uni');\nmodule.exports = { plugins: [uni()] };\n",
      ...uni('src', "import { createSSRApp } from 'vue';\nimport App from './App.vue';\nexport const createApp = () => ({ app: createSSRApp(App) });\n"),
    },
    command: ['uni', 'build', '-p', 'mp-weixin'], outcome: 'dist/build/mp-weixin', year: 2020,
  },
};

/** Runs a command; what it prints is shown when it fails. */
function run(folder, command, args, env = {}) {
  try {
    return execFileSync(command, args, { cwd: folder, encoding: 'utf8', env: { ...process.env, ...env },
      maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    throw new Error(`${command} ${args.join(' ')}\n${error.stdout}${error.stderr}`);
  }
}

/** @returns {number} the bytes of the scripts that are built */
function build(folder, tarball, { packages, files, command: [command, ...args], env, outcome, year }) {
  const write = (name, text) => {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.writeFileSync(path.join(folder, name), text);
  };
  write('package.json', JSON.stringify({ private: true, dependencies: { ...packages, rtcroom: `file:${tarball}` },
    browserslist: ['Chrome >= 60'] }));
  Object.entries(files).forEach(([name, text]) => write(name, text));
  run(folder, 'npm', ['install', '--ignore-scripts', '--legacy-peer-deps', '--no-audit', '--no-fund', '--loglevel=error']);
  // webpack 4 hashes by MD4, which OpenSSL 3 has among the legacy ones only.
  run(folder, path.join('node_modules/.bin', command), args, { NODE_OPTIONS: '--openssl-legacy-provider', ...env });

  const built = path.join(folder, outcome);
  const scripts = fs.readdirSync(built, { recursive: true }).filter((name) => name.endsWith('.js'))
    .map((name) => fs.readFileSync(path.join(built, name), 'utf8'));
  scripts.forEach((text) => parse(text, { ecmaVersion: year, sourceType: 'module' }));
  const all = scripts.join('\n');
  assert.ok(all.includes(kInLibrary), 'the library is not in what is built');
  assert.strictEqual(all.includes(kInPages), !outcome.includes('mp-'), 'what is for pages');
  return all.length;
}

const base = fs.mkdtempSync(path.join(os.tmpdir(), 'rtcroom-bundlers-'));
try {
  const pack = ['pack', '--silent', '--pack-destination', base];
  const tarball = path.join(base, run(kLibrary, 'npm', pack).trim().split('\n').pop());
  const chosen = Object.entries(kProgrammes).filter(([name]) => name.includes(process.argv[2] ?? ''));
  for (const [name, programme] of chosen) {
    const folder = path.join(base, name.replace(/\W/g, '_'));
    const started = Date.now();
    const size = build(folder, tarball, programme);
    console.log(`${name}: ${size} bytes in ${Math.round((Date.now() - started) / 1000)} s`);
    fs.rmSync(folder, { recursive: true });
  }
  run(kLibrary, 'npm', ['run', 'docs']);
  console.log('TypeDoc: the pages of all calls and types');
} finally {
  fs.rmSync(base, { recursive: true });
}
