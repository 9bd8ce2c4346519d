// The API of the console.
import assert from 'node:assert';

import { newPusher, newRoom } from './gen1.js';

const kBodies = [null, '', 0, -1, 1, 1.5, 'x', true, [], {}, 31622400, 31622401, 'a/b', 'a'.repeat(48), 'a'.repeat(49), 'a'.repeat(65)];

// Checks that bodies that match the schema are accepted, and others refused.
async function probe(client, operationId, schema, good, headers) {
  const { document } = client;
  for (const field of Object.keys(document.root.components.schemas[schema].properties)) {
    for (const value of kBodies) {
      const body = { ...good, [field]: value };
      const reply = await client.send(operationId, { body, headers });
      const isTaken = reply.status !== 400;
      assert.strictEqual(isTaken, document.faults(schema, body) === '', `${operationId} ${JSON.stringify(body)}: ${reply.text}`);
    }
  }
}

// The events of the stream for a room that is created while it is open.
async function follow(client, headers) {
  let isOpen;
  const opened = new Promise((resolve) => { isOpen = resolve; });
  const until = (text) => {
    isOpen();
    return text.includes('event: room_destroyed') && text.endsWith('\n\n');
  };
  const streamed = client.call('consoleStream', 'text/event-stream', { headers, until });
  await Promise.race([opened, streamed]);
  await client.call('createRoom', 'RoomNamed', { kind: 'multi_room', body: newRoom('streamed', 'alice') });
  await client.call('destroyRoom', 'Done', { kind: 'multi_room', body: { roomID: 'streamed', userID: 'alice' } });
  const lines = (await streamed).split('\n');
  const events = lines.filter((line) => line.startsWith('data: ')).map((line) => JSON.parse(line.slice('data: '.length)));
  assert.deepStrictEqual(events.map((event) => event.type), ['room_created', 'pusher_added', 'pusher_deleted', 'room_destroyed']);
  for (const event of events) assert.strictEqual(client.document.faults('ConsoleEvent', event), '');
  assert(lines.includes(`id: ${events[0].cursor}`));
}

export async function run(client, token) {
  const headers = { Authorization: `Bearer ${token}` };
  const ask = (operation, expected, query) => client.call(operation, expected, { query, headers });
  const say = (operation, expected, body) => client.call(operation, expected, { body, headers });
  const room = { kind: 'multi', roomID: 'console' };

  await client.call('createRoom', 'RoomNamed', { kind: 'multi_room', body: newRoom('console', 'alice') });
  await client.call('addPusher', 'Done', { kind: 'multi_room', body: newPusher('console', 'bob') });
  await client.call('webrtcCreateRoom', 'WebrtcRoomMade', { body: { userID: 'carol', roomInfo: 'talk', roomType: 'tea' } });
  const server = await ask('consoleServer', 'ConsoleServer');
  assert.strictEqual(server.rooms.multi, 1);
  const first = await ask('consoleRooms', 'ConsoleRooms', { limit: 1 });
  const rest = await ask('consoleRooms', 'ConsoleRooms', { limit: 200, after: first.next });
  assert.strictEqual(first.rooms.length + rest.rooms.length, 2);
  const found = await ask('consoleRooms', 'ConsoleRooms', { kind: 'multi', q: 'bob' });
  assert.deepStrictEqual(found.rooms.map((one) => one.roomID), ['console']);
  await ask('consoleRooms', 'AdminRefusal', { limit: 0 });
  await ask('consoleRoom', 'ConsoleOneRoom', room);
  await ask('consoleRoom', 'AdminRefusal', { ...room, roomID: 'nowhere' });
  await ask('consoleEvents', 'AdminRefusal', { ...room, before: 'x' });
  await ask('consoleNodes', 'ConsoleNodes');
  await ask('consoleChannel', 'ConsoleChannel', { limit: 200, q: 'a', after: 'alice' });
  await ask('consoleChannel', 'AdminRefusal', { limit: 0 });
  await ask('consoleRecordings', 'ConsoleRecordings', { ...room, userID: 'alice', limit: 200 });
  await ask('consoleRecordings', 'AdminRefusal', { after: 'x' });

  await probe(client, 'consoleKick', 'ConsoleKick', { ...room, userID: 'nobody' }, headers);
  await probe(client, 'consoleDismiss', 'ConsoleDismiss', { ...room, roomID: 'nowhere' }, headers);
  await probe(client, 'consoleLogout', 'ConsoleLogout', { userID: 'nobody' }, headers);
  await say('consoleLogout', 'ConsoleDone', { userID: 'nobody' });
  await say('consoleKick', 'ConsoleDone', { ...room, userID: 'bob', banSeconds: 60 });
  await say('consoleKick', 'AdminRefusal', { ...room, userID: 'bob' });
  await say('consoleDismiss', 'ConsoleDone', room);
  await say('consoleDismiss', 'AdminRefusal', room);
  const page = await ask('consoleEvents', 'ConsoleEvents', { ...room, limit: 2 });
  assert.strictEqual(page.events[0].type, 'room_destroyed');
  const older = await ask('consoleEvents', 'ConsoleEvents', { ...room, before: page.before });
  assert.strictEqual(older.events.at(-1).type, 'room_created');

  await follow(client, headers);

  for (const operation of client.document.operations.values()) {
    if (!operation.path.startsWith('/console/')) continue;
    const refused = await client.call(operation.id, 'AdminRefusal', { headers: { Authorization: 'Bearer another' } });
    assert.strictEqual(refused.code, 7, operation.id);
  }
}
