// A live room: its host, its guests, and viewers, who may become guests.
const { playerOf, roomPage } = require('../../room_page');
const { text } = require('../../texts');

Page({
  ...roomPage,

  data: { ...roomPage.data, isHost: false, isGuest: false, likes: '', viewers: '' },

  /** A new room is one's own; of others' rooms one is a viewer first. */
  isSender() { return !this.roomID; },

  open(client, options) {
    return this.roomID ? client.watchRoom(this.roomID, options) : client.createRoom('live', options);
  },

  view(room) {
    const isHost = !this.roomID;
    const isGuest = !isHost && Boolean(room.pushURL);
    return {
      ...roomPage.view(room),
      isHost,
      isGuest,
      players: room.others.map((member) => {
        if (member.userID !== room.roomCreator) return playerOf(member, { place: 'guest' });
        // Viewers play the stream that is made for many; those who talk with the host, the one without delay.
        return isGuest ? playerOf(member) : playerOf(member, { url: room.mixedPlayURL, mode: 'live' });
      }),
      likes: text('likes', { count: room.fields.likes || 0 }),
      viewers: text('viewers', { count: room.audienceCount }),
    };
  },

  onLike() { this.room.increment('likes').catch((error) => this.toast(error)); },

  onGiveUpSeat() { this.room.giveUpSeat().catch((error) => this.toast(error)); },
});
