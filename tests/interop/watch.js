// A subscriber of membership events in another language: follows a server by @grpc/grpc-js and
// prints each message as a line of JSON.
//
// Usage: node watch.js ADDRESS CURSOR [again]
//   CURSOR  where to resume; "earliest" for all retained events; "now" for new ones.
//   again   calls again, with the cursor of the last event, whenever the connection is lost.
// The line {"type":"following"} reports that the server has accepted the call. At the end of the stream it
// prints {"type":"ended", "code", "details", "cursor"} and ends with code 1.
'use strict';

const fs = require('node:fs');
const path = require('node:path');

const kPackages = path.join(__dirname, 'node_modules', '@grpc');
if (!fs.existsSync(kPackages)) {
  console.error('@grpc/grpc-js is not installed: npm ci --prefix tests/interop');
  process.exit(1);
}
const grpc = require('@grpc/grpc-js');
const protoLoader = require('@grpc/proto-loader');

const kProtos = path.join(__dirname, '..', '..', 'proto');
const definition = protoLoader.loadSync('rtcroom/v1/membership_notifier.proto', {
  includeDirs: [kProtos],
  keepCase: true,
  longs: String,
  enums: String,
  oneofs: true,
});
const { rtcroom: { v1 } } = grpc.loadPackageDefinition(definition);

function print(line) {
  // Written at once and complete: when this program is killed, its output must contain every
  // processed line.
  fs.writeSync(1, JSON.stringify(line) + '\n');
}

function lineOf(message) {
  if (message.message === 'keep_alive') return { type: 'keep_alive', cursor: message.keep_alive.cursor };
  if (message.message !== 'event') return { type: message.message };
  const event = message.event;
  const change = event[event.change];
  return {
    type: event.change,
    kind: event.room.kind,
    room: event.room.room_id,
    sequence: Number(event.sequence),
    epoch: event.epoch,
    cursor: event.cursor,
    user: change.user_id ?? change.creator ?? change.pusher?.user_id ?? change.audience?.user_id ?? '',
    reason: change.reason ?? '',
    new_creator: change.new_creator ?? '',
    changed: change.changed ?? '',
    user_info: change.audience?.user_info ?? '',
    seconds: Number(event.time.seconds),
  };
}

const [address, start, again] = process.argv.slice(2);
const client = new v1.MembershipNotifier(address, grpc.credentials.createInsecure(), {
  'grpc.initial_reconnect_backoff_ms': 20,
  'grpc.max_reconnect_backoff_ms': 100,
});
let cursor = start;

function watch() {
  const request = { keep_alive: { seconds: 1, nanos: 0 } };
  if (cursor === 'earliest') request.earliest = {};
  else if (cursor !== 'now') request.cursor = cursor;

  const call = client.Watch(request);
  call.on('metadata', () => print({ type: 'following' }));
  call.on('data', (message) => {
    const line = lineOf(message);
    if (line.cursor) cursor = line.cursor;
    print(line);
  });
  call.on('error', () => {});  // reported by 'status'
  call.on('status', (status) => {
    if (again && status.code === grpc.status.UNAVAILABLE) {
      setTimeout(watch, 20);
      return;
    }
    print({
      type: 'ended',
      code: status.code,
      details: status.details,
      cursor: status.metadata.get('rtcroom-cursor')[0] ?? '',
    });
    process.exitCode = 1;
  });
}
watch();
