// Requests that reach no operation, on every path.
import assert from 'node:assert';

export async function run(client) {
  for (const operation of client.document.operations.values()) {
    const send = (options) => client.send(operation.id, { kind: 'live_room', ...options });
    const check = async (status, options) => {
      const reply = await send(options);
      assert.strictEqual(reply.status, status, `${operation.id} ${JSON.stringify(options)}`);
      // The channel answers a method that is not its own; what precedes that is common to all paths.
      const isOfChannel = operation.isOfChannel && status === 405;
      const isOfAdmin = !operation.isPublic && !operation.isOfChannel;
      client.document.check(operation, isOfChannel ? 'ChannelFailed' : isOfAdmin ? 'AdminRefusal' : 'Refusal', reply);
      return reply;
    };
    const refused = await check(405, { method: 'DELETE' });
    assert(refused.headers.allow.includes(operation.method), `${operation.id}: ${refused.headers.allow}`);
    if (!operation.isPublic && !operation.isOfChannel) continue;
    if (operation.isPublic) await check(404, { prefix: '/elsewhere' });
    await check(415, { headers: { 'Content-Encoding': 'gzip' } });
    await check(417, { headers: { Expect: 'a miracle' } });
    const preflight = await send({ method: 'OPTIONS' });
    assert.strictEqual(preflight.status, 204, operation.id);
    assert.strictEqual(preflight.headers['access-control-allow-origin'], '*', operation.id);
    if (operation.method === 'POST') await check(413, { body: JSON.stringify('x'.repeat(65537)) });
  }
}
