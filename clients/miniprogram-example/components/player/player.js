// One stream of somebody else. A member without a stream is a name.
const kStreamLost = -2301; // after WeChat's own tries

Component({
  properties: { name: String, url: String, mode: String },

  methods: {
    onState({ detail: { code } }) {
      if (code === kStreamLost) wx.createLivePlayerContext('player', this).play();
    },
  },
});
