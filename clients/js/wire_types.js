// Makes src/wire.d.ts: the types that come over the wire as they are, from the description of the API.
import fs from 'node:fs';
import path from 'node:path';
import openapiTS, { astToString } from 'openapi-typescript';
import { parse } from 'yaml';

const kPassedOn = ['Pusher', 'Gen2ListedRoom', 'Gen2ListedLiveRoom', 'Viewers'];

const { schemas } = parse(fs.readFileSync(path.join(import.meta.dirname, '../../docs/openapi.yaml'), 'utf8')).components;

/** A schema's names, and those that they refer to. */
function withReferences(names, known = new Set()) {
  for (const name of names) {
    if (known.has(name)) continue;
    known.add(name);
    const text = JSON.stringify(schemas[name]);
    withReferences([...text.matchAll(/#\/components\/schemas\/(\w+)/g)].map(([, other]) => other), known);
  }
  return known;
}

const picked = Object.fromEntries([...withReferences(kPassedOn)].sort().map((name) => [name, schemas[name]]));
const document = { openapi: '3.1.0', info: { title: 'rtcroomd', version: '1' }, paths: {}, components: { schemas: picked } };
const types = astToString(await openapiTS(document, { rootTypes: true, rootTypesNoSchemaPrefix: true }));
const kept = types.replace(/^export (type|interface) (paths|webhooks|operations|\$defs)\b.*\n/gm, '');
process.stdout.write(`// Made by wire_types.js from docs/openapi.yaml.\n${kept}`);
