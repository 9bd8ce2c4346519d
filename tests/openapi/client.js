// One HTTP request, and calls of the document's operations.
import http from 'node:http';
import { until } from '../console/support/until.js';

const kPrefix = '/weapp';

// @param until  decides whether the received bytes suffice, for a reply without an end.
export function request(address, agent, method, target, { body, headers = {}, until } = {}) {
  const [host, port] = address.split(':');
  const bytes = Buffer.from(body ?? '');
  const own = method === 'POST' ? { 'Content-Length': bytes.length } : {};
  return new Promise((resolve, reject) => {
    const sent = http.request(
      { host, port, agent, method, path: target, headers: { ...own, ...headers } },
      (reply) => {
        const { statusCode: status, headers: found } = reply;
        let text = '';
        reply.setEncoding('utf8');
        reply.on('error', reject);
        reply.on('end', () => resolve({ status, headers: found, text }));
        reply.on('data', (part) => {
          text += part;
          if (!until?.(text)) return;
          resolve({ status, headers: found, text });
          sent.destroy();
        });
      },
    );
    sent.on('error', reject);
    sent.end(bytes);
  });
}

// Calls operations of the document on one server, and checks each reply against it.
export class Client {
  // @param query  the query of every call: the credentials, in gen-2.
  constructor(document, server, query = {}) {
    this.document = document;
    this.server = server;
    this.query = query;
  }

  as(query) {
    return new Client(this.document, this.server, query);
  }

  // The unparsed reply.
  // @param body  an object; or text, which is sent unchanged.
  async send(operationId, { kind, query = {}, body, headers = {}, method, prefix = kPrefix, until } = {}) {
    const operation = this.document.operation(operationId);
    const pairs = Object.entries({ ...this.query, ...query }).map(
      ([name, value]) => `${encodeURIComponent(name)}=${name === 'token' ? value : encodeURIComponent(value)}`,
    );
    const target =
      (operation.isPublic ? prefix : '') +
      operation.path.replace('{kind}', kind) +
      (pairs.length > 0 ? `?${pairs.join('&')}` : '');
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const type = text === undefined ? {} : { 'Content-Type': 'application/json' };
    const reply = await this.server.send(
      operation.isPublic || operation.isOfChannel ? 'server.http_listen' : 'admin.listen',
      method ?? operation.method,
      target,
      { body: text, headers: { ...type, ...headers }, until },
    );
    return { ...reply, sent: { target, body } };
  }

  // Calls, and checks that the reply is `expected`: a schema of the document, or a media type.
  // @return the content of the reply.
  async call(operationId, expected, options) {
    const reply = await this.send(operationId, options);
    this.document.check(this.document.operation(operationId), expected, reply);
    return reply.headers['content-type'].startsWith('application/json') ? JSON.parse(reply.text) : reply.text;
  }

  // The same, with retries until the reply is `expected`.
  async callUntil(operationId, expected, options) {
    const operation = this.document.operation(operationId);
    await until(`${operationId}: ${expected}`, async () => {
      const reply = await this.send(operationId, options);
      if (reply.status !== 200 || !this.document.fitting(operation, JSON.parse(reply.text)).includes(expected)) return false;
      this.document.check(operation, expected, reply);
      return true;
    });
  }
}
