// Makes dist/: for `require`, for mini-programs, and for pages without modules.
import { build } from 'esbuild';

const common = { bundle: true, charset: 'utf8', logLevel: 'warning', absWorkingDir: import.meta.dirname };

await Promise.all([
  build({ ...common, entryPoints: ['src/index.js'], outfile: 'dist/rtcroom.cjs', format: 'cjs', target: 'es2020' }),
  // WeChat's oldest engines have no `async`.
  build({ ...common, entryPoints: ['src/miniprogram.js'], outfile: 'dist/miniprogram/index.js', format: 'cjs',
    target: 'es2016' }),
  build({ ...common, entryPoints: ['src/page.js'], outfile: 'dist/rtcroom.min.js', format: 'iife', target: 'es2020',
    minify: true, mangleProps: /^_/ }),
]);
