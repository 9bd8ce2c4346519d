// A call of two (kind `double`), or a meeting (kind `multi`).
const { roomPage } = require('../../room_page');

Page({
  ...roomPage,

  isSender: () => true,

  open(client, options) {
    const { kind, roomID } = this;
    return roomID ? client.joinRoom(kind, roomID, options) : client.createRoom(kind, options);
  },
});
