// The name, the kind of room, the rooms of that kind.
const { urlOf } = require('../../room_page');
const { switchLanguage, text, textOfError, texts } = require('../../texts');

const kKinds = ['double', 'multi', 'live'];
const kSeats = { double: 2, multi: 4 }; // of servers that do not tell how many are free; live rooms have viewers besides
const kCreate = { double: 'createDouble', multi: 'createMulti', live: 'createLive' };

Page({
  data: { t: {}, name: '', kind: 'double', kinds: [], create: '', rooms: [], hasLooked: false, problem: '' },

  onLoad() {
    this.setData({ name: wx.getStorageSync('name') });
    this.ignoreKicks = getApp().client.on('kicked', ({ reason }) => {
      this.setData({ rooms: [], problem: text(`closed.${reason}`) });
    });
    this.showTexts();
    this.refresh();
  },

  /** Back from a room. After a login elsewhere the user has to ask for another one. */
  onShow() { if (getApp().client.userID) this.refresh(); },

  onUnload() { this.ignoreKicks(); },

  async onPullDownRefresh() {
    await this.refresh();
    wx.stopPullDownRefresh();
  },

  showTexts() {
    const kinds = kKinds.map((kind) => ({ kind, name: text(kind) }));
    this.setData({ t: texts(), kinds, create: text(kCreate[this.data.kind]) });
    wx.setNavigationBarTitle({ title: text('start') });
  },

  async refresh() {
    const { client } = getApp();
    const { kind } = this.data;
    this.setData({ problem: '' });
    try {
      await client.login(); // where it is not logged in
      const rooms = await client.listRooms(kind);
      if (kind !== this.data.kind) return; // another one was chosen meanwhile
      this.setData({ hasLooked: true, rooms: rooms.map(({ roomID, roomInfo, pushers, audienceCount, seats }) => ({
        roomID,
        isFull: kind !== 'live' && (seats === undefined ? kSeats[kind] - pushers.length : seats) <= 0,
        title: text('roomOf', { name: roomInfo || text('guest') }),
        size: kind === 'live' ? text('viewers', { count: audienceCount }) : text('members', { count: pushers.length }),
      })) });
    } catch (error) {
      this.setData({ problem: textOfError(error) });
    }
  },

  onLanguage() {
    switchLanguage();
    this.showTexts();
    this.refresh();
  },

  onName({ detail: { value } }) { wx.setStorageSync('name', value.trim()); },

  onKind({ currentTarget: { dataset } }) {
    this.setData({ kind: dataset.kind, rooms: [], hasLooked: false });
    this.showTexts();
    this.refresh();
  },

  /** Without a room of the list it is a new one. */
  onEnter({ currentTarget: { dataset } }) {
    if (dataset.full) return;
    wx.navigateTo({ url: urlOf(this.data.kind, dataset.room || '') });
  },
});
