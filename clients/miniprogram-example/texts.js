// All texts, in both languages: that of the system, or the one that the switch on the start page has chosen.

const kTexts = {
  en: {
    otherLanguage: '中文',
    start: 'Rooms',
    yourName: 'Your name',
    guest: 'Guest',
    double: 'Call',
    multi: 'Meeting',
    live: 'Live',
    createDouble: 'Start a call',
    createMulti: 'Start a meeting',
    createLive: 'Go live',
    roomOf: '{name}’s room',
    join: 'Join',
    watch: 'Watch',
    full: 'Full',
    members: { one: '{count} member', other: '{count} members' },
    viewers: { one: '{count} viewer', other: '{count} viewers' },
    noRooms: 'No rooms yet. Start one, or pull down to look again.',
    you: 'You',
    alone: 'Waiting for others',
    invite: 'Invite',
    invitation: '{name} invites you',
    mute: 'Mute',
    unmute: 'Unmute',
    flip: 'Flip',
    leave: 'Leave',
    end: 'End',
    likes: '♥ {count}',
    takeSeat: 'Join in',
    giveUpSeat: 'Step down',
    write: 'Write a message',
    entering: 'Entering…',
    reconnecting: 'Reconnecting…',
    missing: 'Messages are missing',
    returning: 'You were away for too long. Returning…',
    tryAgain: 'Try again',
    notNow: 'Not now',
    settings: 'Open settings',
    ok: 'OK',
    'error.BAD_REQUEST': 'The server did not accept this.',
    'error.NO_ROOM': 'This room has ended.',
    'error.ROOM_EXISTS': 'This room exists already.',
    'error.ROOM_FULL': 'All seats are taken.',
    'error.NOT_MEMBER': 'You are no longer in this room.',
    'error.NOT_CREATOR': 'Only the creator of the room may do this.',
    'error.NOT_ALLOWED': 'You may not do this here.',
    'error.NOT_AUTHORISED': 'The login has failed.',
    'error.OTHER_LOGIN': 'You have logged in on another phone.',
    'error.RATE_LIMITED': 'Too many messages. Wait a moment.',
    'error.TOO_LONG': 'This message is too long.',
    'error.UNAVAILABLE': 'The server does not work at present.',
    'error.NETWORK': 'No connection to the server.',
    'error.NO_CHANNEL': 'This server has no messages.',
    'error.CLOSED': 'This room is closed.',
    'error.CAMERA_REFUSED': 'To be seen and heard, allow camera and microphone in the settings.',
    'error.CAMERA_FAILED': 'Camera or microphone cannot be opened. Another program may use them.',
    'closed.destroyed': 'The room was ended.',
    'closed.creator_left': 'The host has left.',
    'closed.last_left': 'Everybody has left.',
    'closed.idle': 'Nobody entered the room in time.',
    'closed.dismissed': 'The room was closed by an operator.',
    'closed.gone': 'The room ended while you were away.',
    'closed.full': 'All seats are taken.',
    'closed.kicked': 'An operator removed you from the room.',
    'closed.banned': 'An operator banned you from the room.',
    'closed.other_login': 'You have logged in on another phone.',
    'closed.login_expired': 'Your login has expired.',
  },
  'zh-Hans': {
    otherLanguage: 'English',
    start: '房间',
    yourName: '你的名字',
    guest: '访客',
    double: '双人通话',
    multi: '多人会议',
    live: '直播',
    createDouble: '发起通话',
    createMulti: '发起会议',
    createLive: '开始直播',
    roomOf: '{name}的房间',
    join: '加入',
    watch: '观看',
    full: '已满',
    members: '{count} 人',
    viewers: '{count} 位观众',
    noRooms: '还没有房间。发起一个，或下拉刷新。',
    you: '我',
    alone: '等待其他人加入',
    invite: '邀请',
    invitation: '{name}邀请你加入',
    mute: '静音',
    unmute: '取消静音',
    flip: '翻转',
    leave: '离开',
    end: '结束',
    likes: '♥ {count}',
    takeSeat: '上麦',
    giveUpSeat: '下麦',
    write: '说点什么',
    entering: '正在进入…',
    reconnecting: '正在重新连接…',
    missing: '缺少部分消息',
    returning: '离开时间过长，正在返回…',
    tryAgain: '重试',
    notNow: '暂不',
    settings: '打开设置',
    ok: '知道了',
    'error.BAD_REQUEST': '服务器未接受此请求。',
    'error.NO_ROOM': '房间已结束。',
    'error.ROOM_EXISTS': '房间已存在。',
    'error.ROOM_FULL': '房间已满。',
    'error.NOT_MEMBER': '你已不在房间中。',
    'error.NOT_CREATOR': '只有房间创建者可以这样做。',
    'error.NOT_ALLOWED': '你没有此权限。',
    'error.NOT_AUTHORISED': '登录失败。',
    'error.OTHER_LOGIN': '你已在另一部手机上登录。',
    'error.RATE_LIMITED': '消息过于频繁，请稍候。',
    'error.TOO_LONG': '消息太长。',
    'error.UNAVAILABLE': '服务器暂时不可用。',
    'error.NETWORK': '无法连接服务器。',
    'error.NO_CHANNEL': '此服务器不支持消息。',
    'error.CLOSED': '房间已关闭。',
    'error.CAMERA_REFUSED': '请在设置中允许使用摄像头和麦克风，其他人才能看到和听到你。',
    'error.CAMERA_FAILED': '无法打开摄像头或麦克风，它们可能正被其他程序使用。',
    'closed.destroyed': '房间已结束。',
    'closed.creator_left': '主播已离开。',
    'closed.last_left': '所有人都已离开。',
    'closed.idle': '无人按时进入房间。',
    'closed.dismissed': '房间已被管理员关闭。',
    'closed.gone': '你离开期间房间已结束。',
    'closed.full': '房间已满。',
    'closed.kicked': '你已被管理员移出房间。',
    'closed.banned': '你已被管理员禁止进入此房间。',
    'closed.other_login': '你已在另一部手机上登录。',
    'closed.login_expired': '登录已过期。',
  },
};
const kLocales = { en: 'en-GB', 'zh-Hans': 'zh-CN' };

/** WeChat says `zh_CN`, `zh_TW`, `en` and so on. */
function systemLanguage() {
  const { language } = wx.getAppBaseInfo ? wx.getAppBaseInfo() : wx.getSystemInfoSync(); // older base libraries
  return /^zh/.test(language) ? 'zh-Hans' : 'en';
}

const language = () => wx.getStorageSync('language') || systemLanguage();

const switchLanguage = () => wx.setStorageSync('language', language() === 'en' ? 'zh-Hans' : 'en');

/** For pages: `{{t.leave}}`. */
const texts = () => kTexts[language()];

/** Some Android engines have no `Intl`. */
const number = (value) => (typeof Intl === 'object'
  ? new Intl.NumberFormat(kLocales[language()]).format(value) : String(value));

/** @param values  of the parameters in braces; `count` also chooses between singular and plural */
function text(key, values = {}) {
  const entry = texts()[key];
  const template = typeof entry === 'string' ? entry : entry[values.count === 1 ? 'one' : 'other'];
  const shown = (value) => (typeof value === 'number' ? number(value) : value);
  return template.replace(/\{(\w+)\}/g, (_, name) => shown(values[name]));
}

/** What to tell the user about an error of rtcroom. Its `detail` is for the log. */
function textOfError(error) {
  console.warn(error);
  return text(`error.${error.name}` in kTexts.en ? `error.${error.name}` : 'error.UNAVAILABLE');
}

module.exports = { kTexts, switchLanguage, text, textOfError, texts };
