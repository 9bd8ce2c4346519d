// One user for the whole program.
const { Client } = require('rtcroom');
const { server } = require('./config');

App({
  onLaunch() {
    this.client = new Client({ server });
  },

  /** One login, however many pages ask for it meanwhile. After a login elsewhere call it only when the user wants to go
   * on: or two phones throw each other out in turn. */
  login() {
    if (this.client.userID) return Promise.resolve(this.client.userID);
    if (!this.loggingIn) {
      const done = () => { this.loggingIn = undefined; };
      this.loggingIn = this.client.login();
      this.loggingIn.then(done, done);
    }
    return this.loggingIn;
  },
});
