// Makes the declarations for TypeScript of what JSDoc says in src, and checks src by them.
import fs from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

const kHere = import.meta.dirname;

/** Members that begin with _ are the library's own: `_hide` sets them, so that no declaration shows them. */
const isInside = (name) => name?.startsWith('_');

/** Programs must not write these, and the library does. */
const kReadOnly = 2540;
const kNoProperty = [2339, 2551];

/** @returns {{file, code, messageText}[]}  what is wrong in src */
function faultsOf(program) {
  return ts.getPreEmitDiagnostics(program).filter(({ code, messageText }) => code !== kReadOnly
    && !(kNoProperty.includes(code) && isInside(/^Property '(.+?)'/.exec(ts.flattenDiagnosticMessageText(messageText, '\n'))?.[1])));
}

/** As tsconfig.json says. @param options  in place of those there */
function makeProgram(options) {
  const file = path.join(kHere, 'tsconfig.json');
  const { config } = ts.readConfigFile(file, ts.sys.readFile);
  const { fileNames, options: known } = ts.parseJsonConfigFileContent(config, ts.sys, kHere, options, file);
  return ts.createProgram(fileNames, known);
}

/** Leaves out what is inside. */
const dropInside = (context) => (file) => {
  const visit = (node) => (ts.isClassElement(node) && isInside(node.name?.text) ? undefined
    : ts.visitEachChild(node, visit, context));
  return ts.visitNode(file, visit);
};

/** @param folder  gets `types`, and `types-cjs` for `require`, for which TypeScript takes declarations of their own */
export function makeDeclarations(folder) {
  const types = path.join(folder, 'types');
  const program = makeProgram({ outDir: types });
  const faults = faultsOf(program);
  if (faults.length) throw new Error(ts.formatDiagnostics(faults, ts.createCompilerHost({})));
  program.emit(undefined, undefined, undefined, true, { afterDeclarations: [dropInside] });
  fs.copyFileSync(path.join(kHere, 'src/wire.d.ts'), path.join(types, 'wire.d.ts'));
  const used = ts.createProgram(['index', 'miniprogram', 'miniprogram_live', 'web'].map((name) => path.join(types, `${name}.d.ts`)), {}).getSourceFiles();
  for (const file of fs.readdirSync(types, { recursive: true })) {
    const name = path.join(types, file);
    if (name.endsWith('.ts') && !used.some(({ fileName }) => path.resolve(fileName) === name)) fs.rmSync(name);
  }
  fs.cpSync(types, `${types}-cjs`, { recursive: true });
  fs.writeFileSync(path.join(`${types}-cjs`, 'package.json'), '{ "type": "commonjs" }\n');
}
