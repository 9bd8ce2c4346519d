// The plainest fan-out over WebSockets that could be: the peer of channel_socket_bench. It implements
// as much of docs/channel-socket.md as that needs, and checks, stores and repeats nothing.
//   node ws_fan_out.mjs CERTIFICATE KEY      (PEM files); prints its port
// The package ws comes from `npm ci --prefix tests/clients`.
import fs from 'node:fs';
import https from 'node:https';
import { createRequire } from 'node:module';

const { WebSocketServer } = createRequire(new URL('../clients/package.json', import.meta.url))('ws');

const [cert, key] = process.argv.slice(2).map((file) => fs.readFileSync(file));
const rooms = new Map(); // the sockets and the last message of each, by roomID

function subscribe(roomID, socket) {
  if (!rooms.has(roomID)) rooms.set(roomID, { sockets: new Set(), seq: 0 });
  const { sockets } = rooms.get(roomID);
  sockets.add(socket);
  socket.on('close', () => sockets.delete(socket));
}

function send({ kind, roomID, type, body }, from) {
  const room = rooms.get(roomID);
  const time = Date.now();
  const message = { seq: ++room.seq, time, from, nick: from, avatar: '', type, body };
  const text = JSON.stringify({ event: { roomID, kind, time, message, cursor: `${room.seq}` } });
  for (const socket of room.sockets) socket.send(text);
  return { seq: room.seq, time };
}

const server = https.createServer({ cert, key });
new WebSocketServer({ server, perMessageDeflate: false }).on('connection', (socket) => {
  let userID;
  socket.on('message', (text) => {
    const request = JSON.parse(text);
    let reply = {};
    if (request.connect) ({ userID } = request.connect);
    if (request.subscribe) subscribe(request.subscribe.roomID, socket);
    if (request.send) reply = send(request.send, userID);
    const verb = Object.keys(request)[1];
    socket.send(JSON.stringify({ id: request.id, [verb]: reply }));
  });
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
