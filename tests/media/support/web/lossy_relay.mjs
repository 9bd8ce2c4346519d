// A network that loses packets of media, between a browser and the worker; or a router in front of the worker.
import dgram from 'node:dgram';
import { once } from 'node:events';

const kDelayMs = 20;
const isMedia = (packet) => packet[0] >= 128 && packet[0] < 192; // RTP and RTCP; STUN and DTLS pass

export class LossyRelay {
  #sockets = [];
  isOpen = true;
  counts = { passed: 0, lost: 0 };

  /**
   * @param lost  { up, down }: shares of packets from and to the browser
   * @param inside  the worker's address, if the one in its answers is to be the relay's: it forwards the same ports
   */
  constructor(lost, inside = undefined) {
    this.lost = lost;
    this.inside = inside;
  }

  /** An answer in which the worker's addresses are those of the relay. */
  async relayed(sdp) {
    const lines = sdp.split(/\r?\n/);
    const ports = new Map();
    for (const line of lines) {
      const [, , , address, port] = /^(a=candidate:\S+ \d+ (udp) \d+) (\S+) (\d+) /i.exec(line) ?? [];
      if (port && !ports.has(port)) ports.set(port, await this.#open(address, Number(port)));
    }
    if (this.inside) return sdp;
    return lines.map((line) => line.replace(/^(a=candidate:\S+ \d+ udp \d+) \S+ (\d+) /i,
      (all, start, port) => `${start} 127.0.0.1 ${ports.get(port)} `)).join('\r\n');
  }

  async #open(address, port) {
    const [outside, inside] = [dgram.createSocket('udp4'), dgram.createSocket('udp4')];
    for (const socket of [outside, inside]) {
      if (this.inside && socket === outside) socket.bind(port, address);
      else socket.bind(0, '127.0.0.1');
      await once(socket, 'listening');
      socket.on('error', () => {});
      socket.setRecvBufferSize(4_000_000);
    }
    this.#sockets.push(outside, inside);
    let browser;
    const pass = (packet, lost, send) => {
      if (isMedia(packet) && Math.random() < lost) {
        this.counts.lost++;
        return;
      }
      this.counts.passed++;
      setTimeout(send, kDelayMs);
    };
    outside.on('message', (packet, from) => {
      browser = from;
      pass(packet, this.lost.up, () => this.isOpen && inside.send(packet, port, this.inside ?? address));
    });
    inside.on('message', (packet) => {
      const to = browser;
      if (to) pass(packet, this.lost.down, () => this.isOpen && outside.send(packet, to.port, to.address));
    });
    return outside.address().port;
  }

  end() {
    this.isOpen = false;
    for (const socket of this.#sockets) socket.close();
  }
}
