// A new client on the message channel, who is told which streams of a room begin and end.
import { WebSocket } from '../../../clients/support/packages.js';

export class Watcher {
  #told = []; // { userID, on, at }
  #replies = new Map(); // resolves, by id
  #ids = 0;
  #socket;

  static async start({ server }, kind, roomID) {
    const watcher = new Watcher();
    const { userID, sdkAppID, userSig } = await server.newUser();
    watcher.#socket = new WebSocket(`${server.host.replace('http', 'ws')}/channel/ws`, 'rtcroomd.v1');
    watcher.#socket.on('message', (text) => `${text}`.split('\n').forEach((line) => watcher.#take(JSON.parse(line))));
    await new Promise((resolve, reject) => { watcher.#socket.on('open', resolve).on('error', reject); });
    await watcher.#ask('connect', { userID, sdkAppID, userSig, streams: true });
    await watcher.#ask('subscribe', { kind, roomID });
    return watcher;
  }

  #ask(verb, request) {
    const id = ++this.#ids;
    this.#socket.send(JSON.stringify({ id, [verb]: request }));
    return new Promise((resolve, reject) => {
      this.#replies.set(id, (reply) => (reply[verb] ? resolve(reply[verb]) : reject(new Error(JSON.stringify(reply)))));
    });
  }

  #take(message) {
    if (message.stream) this.#told.push({ ...message.stream, at: Date.now() });
    this.#replies.get(message.id)?.(message);
  }

  /** When it was told that the stream of a user has ended. */
  endOf(user, since) { return this.#told.find(({ userID, on, at }) => userID === user && !on && at >= since)?.at; }

  stop() { this.#socket.terminate(); }
}
