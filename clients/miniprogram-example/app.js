// One user for the whole program.
const { Client } = require('rtcroom/live');
const { server } = require('./config');

App({
  onLaunch() {
    this.client = new Client({ server });
  },
});
