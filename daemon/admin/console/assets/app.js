// The state that all pages share during a login.
import { Api } from './api.js';
import { EventStream } from './event_stream.js';
import { ServerFigures } from './server_figures.js';
import { TryLab } from './try_lab.js';

export class App {
  /**
   * @param {string} token
   * @param {() => void} onRefused  called when the server rejects the token
   */
  constructor(token, onRefused) {
    this.api = new Api(token, onRefused);
    this.stream = new EventStream(this.api);
    this.figures = new ServerFigures(this.api);
    this.lab = new TryLab();
  }

  start() {
    this.stream.start();
    this.figures.start();
  }

  stop() {
    this.stream.stop();
    this.figures.stop();
    this.lab.stop();
  }
}
