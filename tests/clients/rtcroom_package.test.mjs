// What the package rtcroom promises beside its behaviour: types that fit, files that bundlers take, a README that is
// complete, a small size.
import assert from 'node:assert';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { makeDist, minified } from '../../clients/js/build.js';
import { Client, Room, RtcRoomError } from '../../clients/js/src/index.js';
import * as web from '../../clients/js/src/web.js';
import { textsOf } from './support/declared.js';
import { until } from '../console/support/until.js';
import { load, parse } from './support/packages.js';

const kMostBytes = { page: 20300, miniprogram: 17 * 1024, miniprogram_live: 19300, web: 120 * 256 }; // minified
const kFormats = { page: 'iife', miniprogram: 'esm', miniprogram_live: 'esm', web: 'esm' };
const kOfPages = /sessionStorage|sendBeacon|pagehide|\bfetch\(|WebSocket/;
const kOfCameras = /RTCPeerConnection|whip/;
const kPrograms = { 'program.mjs': 'await import', 'program.cjs': 'require' };
const kChecked = ['--skipDefaultLibCheck']; // TypeScript's own declarations are not what is tested
const kLibrary = path.join(import.meta.dirname, '..', '..', 'clients', 'js');
const read = (name) => fs.readFileSync(path.join(kLibrary, name), 'utf8');
const ofLibrary = createRequire(path.join(kLibrary, 'package.json'));
const ts = ofLibrary('typescript');
const esbuild = ofLibrary('esbuild');

const client = new Client({ server: 'https://h' });
const kObjects = {
  Client: client,
  Room: new Room({ kind: 'live', roomID: 'r', profile: {}, client }),
  RtcRoomError: new RtcRoomError('NETWORK', ''),
};
const camera = { getTracks: () => [] };
const webRoom = new web.Room({ kind: 'live', roomID: 'r', client: new web.Client({ server: 'https://h' }) });
const kWebObjects = {
  Client: new web.Client({ server: 'https://h' }),
  Room: webRoom,
  Publication: new web.Publication(webRoom, camera),
  Playback: new web.Playback(webRoom, 'u', {}, { video: false }),
};

/** The members of an object that are not private. */
function implemented(object) {
  const names = new Set();
  for (let part = object; part !== Object.prototype && part !== Error.prototype; part = Object.getPrototypeOf(part)) {
    Object.getOwnPropertyNames(part).filter((name) => !/^_|^constructor$|^stack$|^message$/.test(name))
      .forEach((name) => names.add(name));
  }
  return [...names].sort();
}

/** Runs Node in a folder; what it prints of a failure is the failure. */
function node(folder, ...args) {
  try {
    return execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    return assert.fail(error.stdout + error.stderr);
  }
}

describe('The package rtcroom', () => {
  let folder; // of a program that has installed it
  let installed;
  let tarball;

  before(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rtcroom-package-'));
    const source = path.join(folder, 'source');
    installed = path.join(folder, 'node_modules/rtcroom');
    for (const part of ['package.json', 'README.md', 'live', 'miniprogram', 'web']) {
      fs.cpSync(path.join(kLibrary, part), path.join(source, part), { recursive: true });
    }
    await makeDist(path.join(source, 'dist'));
    const pack = ['pack', '--ignore-scripts', '--loglevel=error', '--pack-destination', folder];
    tarball = path.join(folder, execFileSync('npm', pack, { cwd: source, encoding: 'utf8' }).trim());
    fs.mkdirSync(installed, { recursive: true });
    execFileSync('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1']);
  });
  after(() => { fs.rmSync(folder, { recursive: true }); });

  const programs = {}; // by entry: each takes a second, as it reads what browsers have

  /** The members of a class or an object in the declarations. */
  function declared(name, entry = 'index') {
    const file = path.join(installed, `dist/types/${entry}.d.ts`);
    const program = programs[entry]
      ??= ts.createProgram([file], { lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'], module: ts.ModuleKind.Node16 });
    const checker = program.getTypeChecker();
    const found = checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(file)))
      .find((symbol) => symbol.name === name);
    return checker.getDeclaredTypeOfSymbol(found).getProperties().map((property) => property.name)
      .filter((member) => !(name === 'RtcRoomError' && ['cause', 'message', 'stack'].includes(member))).sort();
  }

  for (const [name, object] of Object.entries(kObjects)) {
    it(`declares what ${name} has, and nothing else`, () => {
      assert.deepStrictEqual(declared(name), implemented(object));
    });
  }

  for (const [name, object] of Object.entries(kWebObjects)) {
    it(`declares what ${name} of rtcroom/web has, and nothing else`, () => {
      assert.deepStrictEqual(declared(name, 'web'), implemented(object));
    });
  }

  it('has declarations for pages with cameras that a strict program compiles with', () => {
    fs.writeFileSync(path.join(folder, 'page.mts'), `
      import { Client, type Playback, Publication, Room } from 'rtcroom/web';
      import { Client as AnyClient, Room as AnyRoom } from 'rtcroom';
      export async function call(stream: MediaStream, element: HTMLVideoElement) {
        const client = new Client({ server: 'https://h' });
        const room: Room = await client.createRoom('double', { userName: 'Ann', stream, maxBitrate: 800_000 });
        await client.joinRoom('double', 'r', { stream: false });
        const any: [AnyClient, AnyRoom] = [client, room];
        const publication: Publication | undefined = room.publication ?? await room.publish(stream);
        publication.on('state', ({ state, problem }) => state === 'live' || problem === 'NO_ROUTE');
        await publication.replaceTrack('video', null);
        const playback: Playback = room.play(room.others[0], element, { audio: false });
        playback.on('blocked', (isBlocked) => { if (isBlocked) playback.unblock(); });
        const { kbps }: { kbps: number } = await playback.stats();
        // @ts-expect-error no stream
        await client.joinRoom('double', 'r', { stream: 'camera' });
        // @ts-expect-error there is no such medium
        publication.mute('text', true);
        // @ts-expect-error the library has it
        new Publication();
        const [again] = await client.rejoin({ stream });
        again.playMix(element).stop();
        return { any, kbps };
      }
    `);
    node(folder, path.join(kLibrary, 'node_modules/typescript/bin/tsc'), '--noEmit', '--strict', '--target', 'es2022',
      '--lib', 'es2022,dom', '--module', 'node16', ...kChecked, 'page.mts');
  });

  // A program with `import`, and one with `require`; neither has the types of browsers, as mini-programs have none.
  it('has declarations that a strict program compiles with', () => {
    const program = `
      import { Client, Room, RtcRoomError, type Message } from 'rtcroom';
      import { Client as LiveClient } from 'rtcroom/live';
      import { Client as MiniProgramClient, type Kind } from 'rtcroom/miniprogram';
      export const kind: Kind = 'multi';
      export const login = () => new MiniProgramClient({ server: 'https://h' }).login({ userID: 1, userSig: 's', sdkAppID: 1 });
      export const like = async (): Promise<number> => (await new LiveClient({ server: 'https://h' }).watchRoom('r')).increment('likes');
      // @ts-expect-error rtcroom/live has it
      export const stop = new MiniProgramClient({ server: 'https://h' }).watchRooms('live', () => {});
      export async function talk() {
        const client = new Client({ server: 'https://h', storage: null });
        const [{ fields: { hearts } }] = await client.listRooms('live');
        client.watchRooms('live', ([first]) => first.seats?.toFixed())();
        const room = await client.joinRoom('live', 'r', { userName: 'Ann' });
        room.on('message', ({ nick, body }: Message) => \`\${nick}\${body}\`);
        const off: () => void = room.on('closed', ({ reason }) => { if (reason === 'gone') room.pushers[0].accelerateURL; });
        const likes: number = await room.increment('likes');
        // @ts-expect-error there is no such kind
        await client.joinRoom('video', 'r');
        // @ts-expect-error rooms are made by calls
        new Room();
        // @ts-expect-error the library writes it
        room.isClosed = true;
        // @ts-expect-error there is no such event
        room.on('members', () => {});
        // @ts-expect-error a message has no such member
        room.once('message', ({ text }) => text);
        try { await room.leave(); } catch (error) { if (error instanceof RtcRoomError && error.name === 'NO_ROOM') off(); }
        return { hearts, likes };
      }
    `;
    const files = ['program.mts', 'program.cts'];
    files.forEach((name) => fs.writeFileSync(path.join(folder, name), program));
    node(folder, path.join(kLibrary, 'node_modules/typescript/bin/tsc'), '--noEmit', '--strict', '--target', 'es2022',
      '--lib', 'es2022', '--module', 'node16', ...kChecked, ...files);
  });

  it('has nothing that publint finds', async () => {
    const { publint } = await load('publint');
    const { buffer, byteOffset, byteLength } = fs.readFileSync(tarball);
    const { messages } = await publint({ strict: true, pack: { tarball: buffer.slice(byteOffset, byteOffset + byteLength) } });
    assert.deepStrictEqual(messages, []);
  });

  it('has the right types for every kind of import, as attw finds', async () => {
    const { checkPackage, createPackageFromTarballData } = await load('@arethetypeswrong/core');
    const packed = createPackageFromTarballData(new Uint8Array(fs.readFileSync(tarball)));
    const { problems } = await checkPackage(packed, { excludeEntrypoints: ['./rtcroom.min.js'] }); // no module
    assert.deepStrictEqual(problems, []);
  });

  it('has files that old bundlers and engines can read', () => {
    const dist = path.join(installed, 'dist');
    const names = ['rtcroom', 'web', 'shared', 'miniprogram', 'miniprogram_live', 'miniprogram_shared'];
    const files = names.flatMap((name) => [[`${name}.mjs`, 2017], [`${name}.cjs`, 2017]])
      .concat(['index', 'live', 'shared'].map((name) => [`miniprogram/${name}.js`, 2016]));
    for (const [file, ecmaVersion] of files) {
      parse(fs.readFileSync(path.join(dist, file), 'utf8'), { ecmaVersion, sourceType: 'module' });
    }
  });

  for (const [program, verb] of Object.entries(kPrograms)) it(`is found by Node (${program})`, () => {
    const entries = ['rtcroom', 'rtcroom/web', 'rtcroom/miniprogram', 'rtcroom/live'];
    // Who uses two has one class of errors.
    const alike = [entries.slice(0, 2), entries.slice(2)];
    const text = [...entries.map((name) => `console.log(typeof (${verb}('${name}')).Client);\n`),
      ...alike.map(([one, other]) => `console.log((${verb}('${one}')).RtcRoomError === (${verb}('${other}')).RtcRoomError);\n`)];
    fs.writeFileSync(path.join(folder, program), text.join(''));
    assert.strictEqual(node(folder, program), `${'function\n'.repeat(4)}true\ntrue\n`);
  });

  /** What a bundler makes of a program. */
  const bundled = async (text) => {
    const { outputFiles: [file] } = await esbuild.build({ bundle: true, format: 'esm', write: false, logLevel: 'silent',
      stdin: { contents: text, resolveDir: folder } });
    return file.text;
  };

  it('is taken by a bundler, each part without the others', async () => {
    const page = await bundled("import { Client } from 'rtcroom'; new Client({ server: 'https://h' });");
    assert.match(page, kOfPages);
    assert.match(page, /connectSocket/);
    assert.doesNotMatch(page, kOfCameras);
    const small = await bundled("import { Client } from 'rtcroom/miniprogram'; new Client({ server: 'https://h' });");
    assert.doesNotMatch(small, kOfPages);
    assert.doesNotMatch(small, /get_audiences|unwatch/); // of live rooms and lists
    assert.match(small, /connectSocket/);
    assert.strictEqual((await bundled("import { Client } from 'rtcroom'; console.log(1);")).trim(), '// <stdin>\nconsole.log(1);');
  });

  for (const [entryPoint, most] of Object.entries(kMostBytes)) it(`is small: ${entryPoint}`, async () => {
    const length = Buffer.byteLength(await minified(entryPoint, kFormats[entryPoint]));
    assert.ok(length <= most, `${length} bytes`);
  });

  it('runs in a mini-program, as small as it gets', async (test) => {
    const text = await minified('miniprogram', 'cjs');
    const replies = { get_login_info: { userID: 'u', userSig: 's', sdkAppID: 1 }, login: { token: 't' } };
    const sent = [];
    const socket = { onOpen: queueMicrotask, onMessage() {}, onClose() {}, onError() {},
      send: ({ data }) => sent.push(JSON.parse(data)), close() {} };
    const wx = {
      login: ({ success }) => success({ code: 'c' }), getStorageSync() {}, setStorageSync() {},
      request: ({ url, success }) => success({ statusCode: 200, data: { code: 0, ...replies[/(\w+)\?/.exec(url)[1]] } }),
      connectSocket: () => socket,
    };
    const module = {};
    new Function('module', 'wx', text)(module, wx);
    const mini = new module.exports.Client({ server: 'https://h' });
    test.after(() => mini.close());
    assert.strictEqual(await mini.login(), 'u');
    await until('the socket is used', () => sent.length);
    assert.strictEqual(sent[0].connect.userID, 'u');
  });

  it('has the types of the wire as the description of the API has them', () => {
    assert.strictEqual(read('src/wire.d.ts'), node(kLibrary, 'wire_types.js'));
  });

  it('has a README that names every call, option, event, error and reason', () => {
    const readme = read('README.md');
    const texts = ['ErrorName', 'MediaErrorName', 'CloseReason', 'ConnectionState'].flatMap(textsOf);
    assert.ok(texts.includes('NO_ROOM') && texts.includes('creator_left'));
    const types = ['ClientOptions', 'NewRoomOptions', 'SeatOptions', 'ClientEvents', 'RoomEvents'];
    const names = [...Object.keys(kObjects), ...types].flatMap((name) => declared(name))
      .concat(...[...Object.keys(kWebObjects), 'MediaStats'].map((name) => declared(name, 'web')), texts);
    assert.deepStrictEqual(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(readme)), []);
  });
});
