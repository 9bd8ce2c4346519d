// Compares the request fields that docs/openapi.yaml documents with the server's table.
import assert from 'node:assert';

// A schema, what it refers to, and the first of its alternatives.
function partsOf(document, schema) {
  const others = [...(schema.$ref ? [document.resolve(schema)] : []), ...(schema.allOf ?? []), ...(schema.anyOf ?? []).slice(0, 1)];
  return [schema, ...others.flatMap((other) => partsOf(document, other))];
}

// The bytes that a string may have; Infinity if the schema does not limit them.
function maxBytes(parts) {
  const limits = parts.map((part) => {
    const counted = part.pattern?.match(/^(.*)\{(\d+),(\d+)\}\$$/);
    // One class of characters, or another one for the first of them.
    if (counted) return Number(counted[3]) + (counted[2] === '1' ? 0 : 1);
    return part['x-maxBytes'] ?? Infinity;
  });
  return Math.min(...limits);
}

function checkField(document, where, field, schema) {
  const parts = partsOf(document, schema);
  const values = parts.flatMap((part) => part.enum ?? []);
  const types = [...parts.flatMap(({ type }) => type ?? []), ...values.map((value) => typeof value)];
  const taken = { id: 'string', scalar: 'boolean' }[field.type] ?? field.type;
  assert(types.includes(taken), `${where}: of type ${types}, not ${taken}`);
  if (!field.maxBytes) return;
  if (field.type === 'object') {
    // JSON Schema has no keyword for the size of an object.
    const size = `${field.maxBytes / 1024} KiB`;
    assert(parts.some(({ description = '' }) => description.includes(size)), `${where}: not ${size}`);
    return;
  }
  if (values.length > 0) {
    values.forEach((value) => assert(value.length <= field.maxBytes, where));
    return;
  }
  // The server counts the quotes of a scalar.
  const most = field.type === 'scalar' ? field.maxBytes - 2 : field.maxBytes;
  assert.strictEqual(maxBytes(parts), most, `${where}: its longest value`);
}

function checkBody(document, where, fields, schema) {
  const properties = schema.properties ?? {};
  const required = [...(schema.required ?? []), ...(schema.then?.required ?? [])];
  for (const field of fields) {
    const at = `${where} ${field.name}`;
    assert(properties[field.name], `${at}: not in the document`);
    assert.strictEqual(required.includes(field.name), field.required, `${at}: required`);
    checkField(document, at, field, properties[field.name]);
  }
  const read = new Set(fields.flatMap(({ name, alias }) => [name, alias]));
  const unread = Object.keys(properties).filter((name) => !read.has(name));
  assert.deepStrictEqual(unread, [], `${where}: documented, but not read`);
}

// @param rows  of all protocols of the endpoint.
function checkQuery(document, where, rows, parameters) {
  const inQuery = rows.flatMap(({ fields }) => fields.filter((field) => field.inQuery));
  const names = new Set(inQuery.map(({ name }) => name));
  const documented = parameters.filter((parameter) => parameter.in === 'query');
  assert.deepStrictEqual(documented.map(({ name }) => name).sort(), [...names].sort(), `${where} query`);
  for (const { name, required = false, schema } of documented) {
    const fields = inQuery.filter((field) => field.name === name);
    const isRequired = fields.length === rows.length && fields.every((field) => field.required);
    assert.strictEqual(required, isRequired, `${where} ${name}: required`);
    const most = maxBytes(partsOf(document, schema));
    assert(fields.every((field) => (field.maxBytes || Infinity) === most), `${where} ${name}: its longest value`);
  }
}

// @param endpoints  from `publicEndpoints`.
export function checkFields(document, endpoints) {
  for (const { route, protocol, fields } of endpoints) {
    const operation = document.operationAt(route);
    const ofBody = fields.filter(({ inQuery }) => !inQuery);
    const name = operation.requestBody && document.requestName(operation, protocol);
    const schema = name ? document.root.components.schemas[name] : {};
    checkBody(document, `${operation.id} in ${protocol}:`, ofBody, schema);
    const parameters = operation.parameters.map((parameter) => document.resolve(parameter));
    const rows = endpoints.filter((other) => other.route === route);
    checkQuery(document, `${operation.id}:`, rows, parameters);
  }
}
