// What every page works with, for as long as one is logged in.
import { Api } from './api.js';
import { EventStream } from './event_stream.js';
import { ServerFigures } from './server_figures.js';
import { TryLab } from './try_lab.js';

export class App {
  /**
   * @param {string} token
   * @param {() => void} onRefused  the server does not take the token any more
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
