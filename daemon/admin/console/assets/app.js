// The state that all pages share during a login.
import { Api } from './api.js';
import { EventStream } from './event_stream.js';
import { ServerStats } from './server_stats.js';
import { TryLab } from './try_lab.js';

export class App {
  /**
   * @param {string} token
   * @param {() => void} onRefused  called when the server rejects the token
   */
  constructor(token, onRefused) {
    this.api = new Api(token, onRefused);
    this.stream = new EventStream(this.api);
    this.stats = new ServerStats(this.api);
    this.lab = new TryLab();
  }

  start() {
    this.stream.start();
    this.stats.start();
  }

  stop() {
    this.stream.stop();
    this.stats.stop();
    this.lab.stop();
  }
}
