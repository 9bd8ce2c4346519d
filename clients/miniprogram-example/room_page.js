// What the pages of calls and live rooms share: they enter a room, show in `data` what happens there, and leave it.
const { text, textOfError, texts } = require('./texts');

const kMessages = 100; // kept in `data`
// Of <live-pusher>: states and errors, as WeChat documents them.
const kStreamRuns = 1002;
const kCameraFailed = [-1301, -1302];
const kCameraRefused = [10001, 10002];

/** Asks for camera and microphone. WeChat remembers the answer; a refusal is taken back in the settings only. */
async function askForCamera() {
  try {
    await wx.authorize({ scope: 'scope.camera' });
    await wx.authorize({ scope: 'scope.record' });
  } catch ({ errMsg }) {
    throw { name: 'CAMERA_REFUSED', errMsg };
  }
}

/** Of a member; `key` is another one for each stream, so that each stream gets a <live-player> of its own. */
function playerOf({ userID, userName, accelerateURL }, { url = accelerateURL, mode = 'RTC', place = '' } = {}) {
  return { key: `${userID} ${url}`, name: userName || text('guest'), url, mode, place };
}

/** Of the page that enters a room; without an ID it makes one. */
const urlOf = (kind, roomID) => `/pages/${kind === 'live' ? 'live/live' : 'call/call'}?kind=${kind}&roomID=${roomID}`;

/** Pages add `isSender()`, `open(client, options)` and, for more data, their own `view(room)`. */
const roomPage = {
  data: {
    t: {},
    isEntering: true,
    hasRoom: false,
    problem: '', // in words
    isRefused: false, // camera or microphone
    notice: '',
    streams: [],
    players: [],
    isMuted: false,
    messages: [],
    hasMessages: true,
  },

  /** @param {any} query */
  onLoad({ kind, roomID = '' }) {
    Object.assign(this, { kind, roomID, name: wx.getStorageSync('name') || text('guest') });
    this.setData({ t: texts() });
    wx.setNavigationBarTitle({ title: text(kind) });
    wx.setKeepScreenOn({ keepScreenOn: true });
    this.ignoreConnection = getApp().client.on('connection', (state) => this.setData({
      notice: state === 'connecting' ? text('reconnecting') : '',
      hasMessages: state !== 'none',
    }));
    this.enter();
  },

  // Hidden means unseen and unheard. After half a minute the server also gives the seat to others: then the library
  // returns by itself as soon as the program is shown, and `streams` gets another URL.
  onHide() { if (this.data.streams.length) wx.createLivePusherContext().pause(); },
  onShow() { if (this.data.streams.length) wx.createLivePusherContext().resume(); },

  onUnload() {
    this.isUnloaded = true;
    this.ignoreConnection();
    wx.setKeepScreenOn({ keepScreenOn: false });
    if (this.room) this.room.leave().catch(console.warn);
  },

  onShareAppMessage() {
    const { kind, room } = this;
    if (!room || room.isClosed) return { path: '/pages/start/start' };
    return { title: text('invitation', { name: this.name }), path: urlOf(kind, room.roomID) };
  },

  async enter() {
    const { client } = getApp();
    this.setData({ problem: '', isRefused: false, isEntering: true });
    try {
      if (this.isSender()) await askForCamera();
      await client.login();
      const room = await this.open(client, { userName: this.name, roomInfo: this.name });
      if (this.isUnloaded) await room.leave();
      else this.follow(room);
    } catch (error) {
      this.showProblem(error);
    }
  },

  follow(room) {
    this.room = room;
    const show = () => this.setData(this.view(room));
    for (const event of ['pushers', 'pushURL', 'fields', 'audience']) room.on(event, show);
    room.on('message', (message) => this.addMessages([message]));
    room.on('gap', ({ from }) => {
      // From 1: the numbers have begun anew.
      this.setData({ messages: this.data.messages.filter(({ seq }) => seq < from) });
      wx.showToast({ title: text('missing'), icon: 'none' });
    });
    room.on('evicted', () => wx.showToast({ title: text('returning'), icon: 'none' }));
    room.on('closed', ({ reason }) => this.onClosed(reason));
    show();
    this.setData({ hasMessages: getApp().client.connection !== 'none' });
    room.history({ limit: 50 }).then(({ messages }) => this.addMessages(messages), console.warn);
    if (room.isClosed) this.onClosed('gone'); // while it was entered
  },

  view(room) {
    return {
      isEntering: false,
      hasRoom: true,
      // A list, so that another URL makes another <live-pusher>: one that exists keeps to its own.
      streams: room.pushURL ? [room.pushURL] : [],
      players: room.others.map((member) => playerOf(member)),
    };
  },

  addMessages(messages) {
    const { userID } = getApp().client;
    const known = this.data.messages.map(({ seq }) => seq);
    const added = messages.filter(({ seq, type }) => type === 'text' && !known.includes(seq))
      .map(({ seq, from, nick, body }) => ({ seq, body, nick: nick || text('guest'), isOwn: from === userID }));
    const all = [...this.data.messages, ...added].sort((one, other) => one.seq - other.seq);
    this.setData({ messages: all.slice(-kMessages) });
  },

  showProblem(error) {
    this.setData({ problem: textOfError(error), isRefused: error.name === 'CAMERA_REFUSED', isEntering: false });
  },

  /** For what fails while the room goes on. */
  toast(error) {
    wx.showToast({ title: textOfError(error), icon: 'none' });
  },

  onClosed(reason) {
    const content = text(`closed.${reason}`);
    wx.showModal({ content, showCancel: false, confirmText: text('ok'), complete: () => this.onLeave() });
  },

  /** The way back; a page that was opened by an invitation has none. `onUnload` follows. */
  onLeave() {
    if (this.isUnloaded) return;
    if (getCurrentPages().length > 1) wx.navigateBack();
    else wx.reLaunch({ url: '/pages/start/start' });
  },

  /** Takes a seat, or gives it another stream. */
  async startStream() {
    const { room } = this;
    this.setData({ problem: '', isRefused: false });
    try {
      await askForCamera();
      await (room.pushURL ? room.streamBroken() : room.takeSeat());
    } catch (error) {
      this.showProblem(error);
    }
  },

  /** After a problem, or from the settings. */
  onRetry() {
    if (this.room) this.startStream();
    else this.enter();
  },

  onDismiss() {
    if (this.room) this.setData({ problem: '' });
    else this.onLeave();
  },

  onPusherState({ detail: { code } }) {
    const { room } = this;
    if (kCameraFailed.includes(code)) {
      this.showProblem({ name: 'CAMERA_FAILED', code });
    } else if (code === kStreamRuns) {
      // As `pusherState` does; but a viewer is told when all seats are taken. The end of the room tells by itself.
      room.streamStarted().catch((error) => { if (!room.isClosed) this.toast(error); });
    } else {
      room.pusherState(code);
    }
  },

  onPusherError({ detail: { errCode } }) {
    if (kCameraRefused.includes(errCode)) this.showProblem({ name: 'CAMERA_REFUSED', errCode });
  },

  onMute() { this.setData({ isMuted: !this.data.isMuted }); },
  onFlip() { wx.createLivePusherContext().switchCamera(); },
  onSend({ detail: { text: body } }) { this.room.sendText(body).catch((error) => this.toast(error)); },
};

module.exports = { playerOf, roomPage, urlOf };
