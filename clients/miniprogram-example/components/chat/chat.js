// The messages of a room, and a line to write one.
Component({
  properties: { messages: Array, placeholder: String },

  data: { draft: '' },

  methods: {
    onSend() {
      const text = this.data.draft.trim();
      if (text) this.triggerEvent('send', { text });
      this.setData({ draft: '' });
    },
  },
});
