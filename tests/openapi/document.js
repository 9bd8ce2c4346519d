// docs/openapi.yaml: the replies that it documents, and which of them were seen.
import assert from 'node:assert';
import fs from 'node:fs';

const [{ Ajv2020 }, { default: yaml }] = await Promise.all([import('ajv/dist/2020.js'), import('yaml')]).catch(() => {
  throw new Error('ajv and yaml are not installed: npm ci --prefix tests/openapi');
});

const kRef = '#/components/schemas/';

// JSON Schema has no keyword that counts bytes, as the server does.
const kMaxBytes = {
  keyword: 'x-maxBytes',
  type: 'string',
  schemaType: 'number',
  validate: (most, text) => Buffer.byteLength(text) <= most,
};

export class ApiDocument {
  constructor(file) {
    this.root = yaml.parse(fs.readFileSync(file, 'utf8'));
    this.ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false, allErrors: true });
    this.ajv.addKeyword(kMaxBytes);
    this.ajv.addVocabulary(['servers', 'paths', 'components', 'info', 'openapi', 'tags']);
    this.ajv.addSchema({ ...this.root, $id: 'api' });
    this.validators = new Map();  // compiled once, by their text
    this.operations = new Map();
    for (const [path, item] of Object.entries(this.root.paths)) {
      for (const method of ['get', 'post']) {
        if (item[method]) this.#addOperation(path, item, method);
      }
    }
    this.seen = new Set();
  }

  #addOperation(path, item, method) {
    const operation = item[method];
    assert(!this.operations.has(operation.operationId), `${operation.operationId}: twice`);
    this.operations.set(operation.operationId, {
      id: operation.operationId,
      method: method.toUpperCase(),
      path,
      isPublic: !item.servers,
      isOfChannel: operation.tags.includes('channel'),
      // Those of the path apply to each of its operations.
      parameters: [...(item.parameters ?? []), ...(operation.parameters ?? [])],
      requestBody: operation.requestBody,
      responses: operation.responses,
    });
  }

  operation(id) {
    const found = this.operations.get(id);
    assert(found, `${id}: no such operation`);
    return found;
  }

  // @param route  `METHOD path`
  operationAt(route) {
    const found = [...this.operations.values()].find(({ method, path }) => `${method} ${path}` === route);
    assert(found, `${route}: no such operation`);
    return found;
  }

  // The name of the schema that a body has in `protocol`, which is its title, or else in all of them.
  requestName({ requestBody }, protocol) {
    const names = ApiDocument.namesIn(requestBody.content['application/json'].schema);
    return names.find((name) => this.root.components.schemas[name].title === protocol) ?? names[0];
  }

  resolve(object) {
    if (!object.$ref) return object;
    return object.$ref.slice(2).split('/').reduce((at, name) => at[name], this.root);
  }

  // The reasons why `value` does not match components/schemas/`name`; empty if it does.
  faults(name, value) {
    return this.#faults({ $ref: `api${kRef}${name}` }, value);
  }

  faultsOf(schema, value) {
    const local = JSON.parse(JSON.stringify(schema).replaceAll(`"${kRef}`, `"api${kRef}`));
    return this.#faults(local, value);
  }

  #faults(schema, value) {
    const key = JSON.stringify(schema);
    if (!this.validators.has(key)) this.validators.set(key, this.ajv.compile(schema));
    const validate = this.validators.get(key);
    if (validate(value)) return '';
    return `${this.ajv.errorsText(validate.errors)} in ${JSON.stringify(value)}`;
  }

  // The names of the schemas that a JSON body may have.
  static namesIn(schema) {
    const branches = schema.anyOf ?? [schema];
    return branches.map((branch) => {
      assert(branch.$ref?.startsWith(kRef), 'a body is a named schema or anyOf such');
      return branch.$ref.slice(kRef.length);
    });
  }

  responseFor(operation, status) {
    const key = [String(status), `${String(status)[0]}XX`].find((k) => operation.responses[k]);
    assert(key, `${operation.id}: status ${status} is not in the document`);
    return { key, content: this.resolve(operation.responses[key]).content };
  }

  // All documented replies: `operation status what`.
  promised() {
    const all = [];
    for (const operation of this.operations.values()) {
      for (const key of Object.keys(operation.responses)) {
        const { content } = this.responseFor(operation, key);
        for (const [type, media] of Object.entries(content)) {
          const names = type === 'application/json' ? ApiDocument.namesIn(media.schema) : [type];
          for (const name of names) all.push(`${operation.id} ${key} ${name}`);
        }
      }
    }
    return all;
  }

  // Checks one reply, and records it as seen.
  // @param expected  the name of its schema, or the media type of a reply that is not JSON.
  check(operation, expected, reply) {
    const say = (fault) => `${operation.id} ${JSON.stringify(reply.sent)}: ${fault}`;
    const { key, content } = this.responseFor(operation, reply.status);
    const type = (reply.headers['content-type'] ?? '').split(';')[0];
    assert(content[type], say(`${type} is not in the document for ${reply.status}`));
    if (type !== 'application/json') {
      assert.strictEqual(type, expected, say('media type'));
      assert.strictEqual(this.faultsOf(content[type].schema, reply.text), '', say('body'));
    } else {
      assert.strictEqual(reply.headers['content-type'], 'application/json; charset=utf-8');
      const body = JSON.parse(reply.text);
      assert.strictEqual(this.faultsOf(content[type].schema, body), '', say('not in the document'));
      assert.strictEqual(this.faults(expected, body), '', say(`not ${expected}`));
      const names = ApiDocument.namesIn(content[type].schema);
      assert(names.includes(expected), say(`${expected} is not in the document`));
    }
    this.seen.add(`${operation.id} ${key} ${expected}`);
  }

  // The schemas of components that a reply matches, of those of its operation.
  fitting(operation, body) {
    const { content } = this.responseFor(operation, 200);
    return ApiDocument.namesIn(content['application/json'].schema).filter(
      (name) => this.faults(name, body) === '',
    );
  }

  checkExamples() {
    let count = 0;
    const check = (where, media) => {
      for (const [name, example] of Object.entries(media.examples ?? {})) {
        assert.strictEqual(this.faultsOf(media.schema, example.value), '', `${where} ${name}`);
        ++count;
      }
    };
    for (const operation of this.operations.values()) {
      for (const [type, media] of Object.entries(operation.requestBody?.content ?? {})) {
        check(`${operation.id} request ${type}`, media);
        assert(media.examples, `${operation.id}: a request without an example`);
      }
      for (const key of Object.keys(operation.responses)) {
        const { content } = this.responseFor(operation, key);
        for (const [type, media] of Object.entries(content)) check(`${operation.id} ${key} ${type}`, media);
      }
    }
    return count;
  }
}
