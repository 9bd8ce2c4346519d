// What the declarations of the library name.
import fs from 'node:fs';
import path from 'node:path';

const kTypes = path.join(import.meta.dirname, '../../../clients/js/src/types.js');

/** @param type  a union of texts, such as 'ErrorName' */
export function textsOf(type) {
  const [, union] = new RegExp(`@typedef \\{([^{}]*)\\} ${type}\\n`).exec(fs.readFileSync(kTypes, 'utf8'));
  return [...union.matchAll(/'(\w+)'/g)].map(([, text]) => text);
}
