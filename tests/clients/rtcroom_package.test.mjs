// What the package rtcroom promises beside its behaviour: types that fit, a README that is complete, a small file.
import assert from 'node:assert';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import { bundle, kSmall, makeDist } from '../../clients/js/build.js';
import { Client, Room, RtcRoomError } from '../../clients/js/src/index.js';

const kMostBytes = { page: 20 * 1024, miniprogram: 19 * 1024 }; // minified
const kLibrary = path.join(import.meta.dirname, '..', '..', 'clients', 'js');
const read = (name) => fs.readFileSync(path.join(kLibrary, name), 'utf8');
const ts = createRequire(path.join(kLibrary, 'package.json'))('typescript');

/** The members of a class or an interface in the declarations. */
function declared(name) {
  const source = ts.createSourceFile('index.d.ts', read('src/index.d.ts'), ts.ScriptTarget.Latest);
  const found = source.statements.find((statement) => statement.members && statement.name.text === name);
  return found.members.filter((member) => member.name).map((member) => member.name.text).sort();
}

/** The members of an object that are not private. */
function implemented(object) {
  const names = new Set();
  for (let part = object; part !== Object.prototype && part !== Error.prototype; part = Object.getPrototypeOf(part)) {
    Object.getOwnPropertyNames(part).filter((name) => !/^_|^constructor$|^stack$|^message$/.test(name))
      .forEach((name) => names.add(name));
  }
  return [...names].sort();
}

const client = new Client({ server: 'https://h' });
const kObjects = {
  Client: client,
  Room: new Room({ kind: 'live', roomID: 'r', profile: {}, client }),
  RtcRoomError: new RtcRoomError('NETWORK', ''),
};

describe('The package rtcroom', () => {
  for (const [name, object] of Object.entries(kObjects)) {
    it(`declares what ${name} has, and nothing else`, () => {
      assert.deepStrictEqual(declared(name), implemented(object));
    });
  }

  // A program with `import`, and one with `require`; neither has the types of browsers, as mini-programs have none.
  for (const extension of ['mts', 'cts']) it(`has declarations that a strict program compiles with (${extension})`, async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rtcroom-types-'));
    try {
      const installed = path.join(folder, 'node_modules/rtcroom');
      for (const part of ['package.json', 'src']) fs.cpSync(path.join(kLibrary, part), path.join(installed, part), { recursive: true });
      await makeDist(path.join(installed, 'dist'));
      const program = path.join(folder, `program.${extension}`);
      fs.writeFileSync(program, `
        import { Client, Room, RtcRoomError, type Message } from 'rtcroom';
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
          // @ts-expect-error there is no such event
          room.on('members', () => {});
          try { await room.leave(); } catch (error) { if (error instanceof RtcRoomError && error.name === 'NO_ROOM') off(); }
          return { hearts, likes };
        }
      `);
      execFileSync(process.execPath, [path.join(kLibrary, 'node_modules/typescript/bin/tsc'), '--noEmit', '--strict',
        '--target', 'es2022', '--lib', 'es2022', '--module', 'node16', program], { encoding: 'utf8', stdio: 'pipe' });
    } catch (error) {
      assert.fail(error.stdout || error);
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });

  for (const [entryPoint, most] of Object.entries(kMostBytes)) it(`is small: ${entryPoint}`, async () => {
    const { outputFiles: [{ contents }] } = await bundle(entryPoint, 'any.js', { ...kSmall, format: 'iife', write: false });
    assert.ok(contents.length <= most, `${contents.length} bytes`);
  });

  it('has the types of the wire as the description of the API has them', () => {
    const made = execFileSync(process.execPath, [path.join(kLibrary, 'wire_types.js')], { encoding: 'utf8' });
    assert.strictEqual(read('src/wire.d.ts'), made);
  });

  it('has a README that names every call, option, event, error and reason', () => {
    const readme = read('README.md');
    const texts = [...read('src/index.d.ts').matchAll(/^ {2}\| '(\w+)'/gm)].map(([, text]) => text);
    assert.ok(texts.includes('NO_ROOM') && texts.includes('creator_left'));
    const names = [...Object.keys(kObjects), 'ClientOptions', 'NewRoomOptions', 'SeatOptions'].flatMap(declared).concat(texts);
    assert.deepStrictEqual(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(readme)), []);
  });
});
