// One user for the whole program.
const { Client } = require('rtcroom');
const { server } = require('./config');

App({
  onLaunch() {
    this.client = new Client({ server });
  },
});
