// A network between clients and a server that can be taken away: connections stay open, and nothing passes.
import { once } from 'node:events';
import net from 'node:net';

export class SilentProxy {
  #isSilent = false;
  #sockets = new Set();
  #relay = net.createServer((client) => this.#accept(client));
  #target;

  /** @param {() => string} target  where connections go from then on, as a URL: a server may come back elsewhere */
  constructor(target) { this.#target = target; }

  async start() {
    this.#relay.listen(0, '127.0.0.1');
    await once(this.#relay, 'listening');
    return this;
  }

  get host() { return `http://127.0.0.1:${this.#relay.address().port}`; }

  #accept(client) {
    if (this.#isSilent) return this.#keep(client).pause();
    const { hostname, port } = new URL(this.#target());
    const server = this.#keep(net.connect(Number(port), hostname));
    this.#keep(client).pipe(server).pipe(client);
    client.on('close', () => server.destroy());
    server.on('close', () => client.destroy());
  }

  #keep(socket) {
    this.#sockets.add(socket);
    return socket.on('error', () => {}).on('close', () => this.#sockets.delete(socket));
  }

  silence() {
    this.#isSilent = true;
    for (const socket of this.#sockets) {
      socket.unpipe();
      socket.pause();
    }
  }

  /** The connections of before are lost; new ones pass. */
  mend() {
    this.#isSilent = false;
    this.#sockets.forEach((socket) => socket.destroy());
  }

  close() {
    this.mend();
    this.#relay.close();
  }
}
