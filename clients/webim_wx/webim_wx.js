// Takes the place of Tencent's webim_wx.js 1.7.0 in a WeChat mini-program: the same calls and
// listeners for rtcroom.js, liveroom.js and the webrtc component, over the message channel of
// rtcroomd (docs/channel-socket.md).
//
// ES5 and strict; `wx`, timers and `console` are all that it needs.
'use strict';

// The server: scheme, host, port, and channel.prefix if one is configured.
var HOST = 'https://rooms.example.com';

var SECOND = 1000; // in milliseconds; all durations below are multiples of it

var CONNECT_TIMEOUT = 4 * SECOND; // of a socket, to the reply to `connect`: some networks swallow all of it
var LOGIN_TIMEOUT = 30 * SECOND;
var REPLY_TIMEOUT = 20 * SECOND; // of a request or a join, over reconnects
var PONG_TIMEOUT = 10 * SECOND; // of a silent socket, while a reply is awaited
var HIDDEN_DELAY = 30 * SECOND; // between connects in the background, where WeChat refuses most
var BUSY_DELAY = 5 * SECOND;
var MAX_POLL_DELAY = 30 * SECOND;
var POLL_TIMEOUT = 60 * SECOND;
var SOCKET_RETRY = 60 * SECOND; // polling for so long, the socket is tried again
var POLL_WAIT = 45; // seconds, as the protocol has it
var MAX_POLL_REQUESTS = 10;
var MAX_MISSED_PAGES = 10; // of 50 texts, after a cut
var MAX_REFUSED_PAGES = 5; // in a row
var MAX_REQUESTS = 30; // on the socket, without a reply
var MAX_FRAMES = 18; // in a second: the server takes 20
var MESSAGES_PER_SECOND = 10; // where the server does not tell
var QUEUED_SECONDS = 10; // that a message may wait for its turn: REPLY_TIMEOUT is longer
var MAX_BODY = 8000; // bytes of a message ...
var MAX_NICK = 128; // ... and of what the server takes of its sender
var MAX_AVATAR = 1024;
var MAX_SESSIONS = 500;

// Refusals that no further try can change.
var REFUSED = { 10004: true, 60003: true, 70001: true, 70003: true, 70009: true, 70013: true, 70014: true };
var NO_REPLY = -1;
var BUSY = 10002;
var NOT_ALLOWED = 10007;
var NO_SUCH_GROUP = 10010;
var GROUP_EXISTS = 10025;
var BAD_LOGIN = 70001;
var OTHER_LOGIN = 91101;
var NOT_LOGGED_IN = 70003;
var CONTENT_REFUSED = 80001;
var CONTENT_TOO_LONG = 80002;

// Codes by which the server closes a socket.
var TRY_LATER = 1013;
var TOO_MANY_REQUESTS = 4008;

// A group is the room of any kind with its ID; when there are several, the first of these that the
// user is in, or else the first.
var KINDS = ['double', 'multi', 'live', 'webrtc'];
var CHANGES = ['pusher_added', 'pusher_updated', 'pusher_deleted'];

var SESSION_TYPE = { C2C: 'C2C', GROUP: 'GROUP' };
var MSG_ELEMENT_TYPE = {
  TEXT: 'TIMTextElem', FACE: 'TIMFaceElem', IMAGE: 'TIMImageElem', CUSTOM: 'TIMCustomElem',
  SOUND: 'TIMSoundElem', FILE: 'TIMFileElem', LOCATION: 'TIMLocationElem', GROUP_TIP: 'TIMGroupTipElem'
};
var CONNECTION_STATUS = { INIT: -1, ON: 0, RECONNECT: 1, OFF: 9999 };
var GROUP_MSG_SUB_TYPE = { COMMON: 0, LOVEMSG: 1, TIP: 2, REDPACKET: 3 };
var C2C_MSG_SUB_TYPE = { COMMON: '96' };
var GROUP_SYSTEM_TYPE = { DESTORY: 5, REVOKE: 11, CUSTOM: 255 };
var GROUP_TIP_TYPE = {
  JOIN: 1, QUIT: 2, KICK: 3, SET_ADMIN: 4, CANCEL_ADMIN: 5, MODIFY_GROUP_INFO: 6, MODIFY_MEMBER_INFO: 7
};

// ---- Logs and texts

var isLogOn = true;

function logger(method) {
  return function (text) {
    if (isLogOn && typeof console !== 'undefined') console[method](text);
  };
}

var Log = { debug: logger('log'), info: logger('log'), warn: logger('warn'), error: logger('error') };

// Calls what belongs to the program. What it throws is not to end the connection, but is to be seen.
function call(callback, argument) {
  if (typeof callback !== 'function') return;
  try {
    callback(argument);
  } catch (error) {
    if (typeof console !== 'undefined') console.error('webim: a callback failed', error);
  }
}

// Calls a function of this file with what came from the network.
function attempt(handle, argument) {
  try {
    return handle(argument);
  } catch (error) {
    return Log.error(error);
  }
}

function later(callback, argument) {
  setTimeout(function () { call(callback, argument); }, 0);
}

function succeed(callback, members) {
  var reply = { ActionStatus: 'OK', ErrorCode: 0, ErrorInfo: '' };
  for (var name in members) reply[name] = members[name];
  later(callback, reply);
}

function fail(callback, code, text) {
  later(callback, { ActionStatus: 'FAIL', ErrorCode: code, ErrorInfo: text || 'error ' + code });
}

function textOf(value) {
  return typeof value === 'string' ? value : '';
}

// Programs give IDs as numbers, too.
function idOf(value) {
  return typeof value === 'number' ? String(value) : textOf(value);
}

function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

// @return undefined for what is not JSON.
function parsed(text) {
  try { return JSON.parse(text); } catch (error) { return undefined; }
}

function bytesOf(text) {
  // A lone surrogate, which encodeURIComponent refuses, has three bytes like most characters.
  return text.replace(/[\ud800-\udbff][\udc00-\udfff]/g, '1234').replace(/[\u0080-\u07ff]/g, '12')
    .replace(/[\u0800-\uffff]/g, '123').length;
}

// @return the beginning of `text`, at most that long.
function cutTo(bytes, text) {
  while (bytesOf(text) > bytes) text = text.slice(0, -1).replace(/[\ud800-\udbff]$/, '');
  return text;
}

function seconds(milliseconds) {
  return Math.floor((typeof milliseconds === 'number' ? milliseconds : Date.now()) / 1000);
}

var Tool = {
  getStrBytes: function (text) { return bytesOf(textOf(text)); },
  xssFilter: function (text) {
    return String(text).replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
  },
  formatText2Html: function (text) {
    return text && Tool.xssFilter(text).replace(/ /g, '&nbsp;').replace(/\n/g, '<br/>');
  },
  formatHtml2Text: function (html) {
    return html && html.replace(/&nbsp;/g, ' ').replace(/<br\/>/g, '\n');
  },
  formatTimeStamp: function (time) { return new Date(time * 1000).toLocaleString(); }
};

// ---- Sessions and messages, as the libraries build and read them

// Gives a class a reader `getX` for each member x.
function withReaders(constructor, members) {
  members.forEach(function (member) {
    var name = 'get' + member.charAt(0).toUpperCase() + member.slice(1);
    constructor.prototype[name] = function () { return this[member]; };
  });
  return constructor;
}

function Session(type, id, name, icon, time, seq) {
  this._impl = { type: type, id: idOf(id), name: name, icon: icon, time: time, seq: seq || 0, unread: 0 };
}
['type', 'id', 'name', 'icon', 'time', 'unread'].forEach(function (member) {
  Session.prototype[member] = function (value) {
    if (value !== undefined) this._impl[member] = value;
    return this._impl[member];
  };
});

function Msg(sess, isSend, seq, random, time, fromAccount, subType, fromAccountNick, fromAccountHeadurl) {
  this.sess = sess;
  this.isSend = Boolean(isSend);
  this.seq = seq >= 0 ? seq : ++Msg.newest;
  this.random = random || Math.round(Math.random() * 4294967296);
  this.time = time || seconds();
  this.fromAccount = idOf(fromAccount);
  this.subType = subType;
  this.fromAccountNick = idOf(fromAccountNick) || this.fromAccount;
  this.fromAccountHeadurl = fromAccountHeadurl || '';
  this.elems = [];
}
Msg.newest = Math.floor(Math.random() * 1000000);
Msg.prototype = {
  constructor: Msg,
  getSession: function () { return this.sess; },
  addElem: function (elem) { this.elems.push(elem); },
  addText: function (text) { this.addElem(new Msg.Elem(MSG_ELEMENT_TYPE.TEXT, text)); },
  addFace: function (face) { this.addElem(new Msg.Elem(MSG_ELEMENT_TYPE.FACE, face)); },
  addCustom: function (custom) { this.addElem(new Msg.Elem(MSG_ELEMENT_TYPE.CUSTOM, custom)); },
  addGroupTip: function (tip) { this.addElem(new Msg.Elem(MSG_ELEMENT_TYPE.GROUP_TIP, tip)); },
  toHtml: function () { return this.elems.map(function (elem) { return elem.toHtml(); }).join(''); }
};
withReaders(Msg, ['isSend', 'seq', 'random', 'time', 'fromAccount', 'fromAccountNick', 'fromAccountHeadurl',
  'subType', 'elems']);

Msg.Elem = function (type, content) {
  this.type = type;
  this.content = content;
};
withReaders(Msg.Elem, ['type', 'content']);
Msg.Elem.prototype.toHtml = function () { return this.content.toHtml(); };

// A class of contents; the first member is the text that is shown.
function content(constructor, members) {
  constructor.prototype.toHtml = function () { return String(this[members[0]]); };
  return withReaders(constructor, members);
}

// Like the SDK, it gives readers a text with entities; `typed` is what is sent.
Msg.Elem.Text = content(function (text) {
  this.typed = String(text);
  this.text = Tool.xssFilter(text);
}, ['text']);
Msg.Elem.Face = content(function (index, data) {
  this.data = data;
  this.index = index;
}, ['data', 'index']);
Msg.Elem.Custom = content(function (data, desc, ext) {
  this.data = data || '';
  this.desc = desc || '';
  this.ext = ext || '';
}, ['data', 'desc', 'ext']);
// Never received, since this server sends no tips; the libraries name its readers.
Msg.Elem.GroupTip = content(function (opType, opUserId, groupId, groupName, userIdList) {
  this.opType = opType;
  this.opUserId = opUserId;
  this.groupId = groupId;
  this.groupName = groupName;
  this.userIdList = userIdList || [];
  this.groupInfoList = [];
  this.memberInfoList = [];
  this.groupMemberNum = null;
}, ['opType', 'opUserId', 'groupId', 'groupName', 'userIdList', 'groupInfoList', 'memberInfoList',
  'groupMemberNum']);

var sessions = {};

// The session of the messages with a peer or in a group.
function sessionOf(type, id) {
  var key = type + id;
  if (!sessions[key]) {
    if (Object.keys(sessions).length >= MAX_SESSIONS) sessions = {};
    sessions[key] = new Session(type, id, id, '', seconds());
  }
  return sessions[key];
}

var MsgStore = {
  sessMap: function () { return sessions; },
  sessByTypeId: function (type, id) { return sessions[type + id]; },
  delSessByTypeId: function (type, id) { return delete sessions[type + id]; }
};

// ---- Messages between their form in the channel and their elements

// The libraries join the elements of a message, cut the text after the first `}}`, and parse that
// part. `}` and `<`, `&` of their line breaks and blanks are therefore written as escapes.
function commandElem(cmd, nick, avatar, roomCmd) {
  var data = { nickName: nick, headPic: avatar };
  if (roomCmd !== undefined) data.cmd = roomCmd;
  var inner = JSON.stringify(data).slice(0, -1).replace(/[}<&]/g, function (mark) {
    return { '}': '\\u007d', '<': '\\u003c', '&': '\\u0026' }[mark];
  });
  return new Msg.Elem.Custom('{"cmd":"' + cmd + '","data":' + inner + '}}');
}

// Adds the elements that the SDK would have received to `msg`.
// @param kind  of the room that this user is in, null without one.
// @return whether the libraries can parse them: what makes them throw is not handed over.
function addElements(msg, message, kind, isDirect) {
  var nick = textOf(message.nick) || msg.fromAccount;
  var avatar = textOf(message.avatar);
  var body = textOf(message.body);
  var raw = new Msg.Elem.Custom(body);
  if (message.type === 'text') {
    if (kind === 'webrtc' && !isDirect) {
      // The component's texts are custom elements, with the nick in the description.
      msg.addCustom(new Msg.Elem.Custom(body, JSON.stringify({ nickName: nick, headPic: avatar }), 'TEXT'));
      return true;
    }
    if (!isDirect) msg.addCustom(commandElem('CustomTextMsg', nick, avatar));
    // Gen-1 sends its calls so; the component reads the first element.
    else if (kind !== 'webrtc') msg.addCustom(new Msg.Elem.Custom());
    msg.addText(new Msg.Elem.Text(body));
  } else if (message.type !== 'custom') {
    return false;
  } else if (typeof message.cmd === 'string') {
    addCommand(msg, nick, avatar, message.cmd, body);
  } else if (isDirect || kind === 'webrtc' || isReadable(raw.toHtml(), kind, false)) {
    msg.addCustom(raw);
  } else {
    addCommand(msg, nick, avatar, '', body);
  }
  return isReadable(msg.toHtml(), kind, isDirect);
}

function addCommand(msg, nick, avatar, cmd, body) {
  msg.addCustom(commandElem('CustomCmdMsg', nick, avatar, cmd));
  msg.addText(new Msg.Elem.Text(body));
}

// Whether a library can compare `cmd`, and read `data` where it does.
function isHandled(command, commands) {
  if (!isObject(command) || (typeof command.cmd === 'object' && command.cmd !== null)) return false;
  return commands.indexOf(command.cmd) < 0 || isObject(command.data);
}

function isReadable(html, kind, isDirect) {
  var text = Tool.formatHtml2Text(html);
  if (!isDirect) {
    if (kind === 'webrtc') return true;
    var end = text.indexOf('}}');
    return end >= 0 && isHandled(parsed(text.slice(0, end + 2)), ['CustomTextMsg', 'CustomCmdMsg']);
  }
  // Only the library of live rooms parses them.
  if (kind !== 'live') return true;
  var value = parsed(text);
  return isObject(value) ? isHandled(value, ['linkmic']) : value !== undefined && value !== null;
}

// The libraries paste nick and picture into this frame as they are, quotes and all.
var FRAME = new RegExp('^\\{"cmd":"(Custom(?:Text|Cmd)Msg)","data":\\{"nickName":"([^]*?)",' +
  '"headPic":"([^]*?)"(?:,"cmd":"([^]*?)")?\\}\\}$');

// @return the command with which a library begins a message to a room, else null.
function commandOf(data) {
  var command = parsed(data);
  if (isObject(command) && isObject(command.data) && /^Custom(Text|Cmd)Msg$/.test(command.cmd)) return command;
  var parts = command === undefined && FRAME.exec(data);
  return parts ? { cmd: parts[1], data: { nickName: parts[2], headPic: parts[3], cmd: parts[4] || '' } } : null;
}

// The body of a `send` without its receiver; null for what the channel cannot carry, or old clients
// could not show.
function sendForm(elems, kind) {
  var first = elems[0];
  var custom = first && first.getType() === MSG_ELEMENT_TYPE.CUSTOM ? first.getContent() : null;
  var text = '';
  for (var i = custom ? 1 : 0; i < elems.length; ++i) {
    var part = elems[i].getContent();
    if (elems[i].getType() === MSG_ELEMENT_TYPE.TEXT) text += part.typed;
    else if (elems[i].getType() === MSG_ELEMENT_TYPE.FACE) text += textOf(part.getData());
    else return null;
  }
  if (!custom) return text ? { type: 'text', body: text } : null;
  if (kind === 'webrtc' && custom.getExt() === 'TEXT' && custom.getData() && !text) {
    var desc = parsed(custom.getDesc());
    return { type: 'text', body: custom.getData(), nick: isObject(desc) ? textOf(desc.nickName) : '' };
  }
  // The channel would lose them.
  if (custom.getDesc() || custom.getExt()) return null;
  var command = commandOf(custom.getData());
  if (command) {
    var form = { type: 'text', body: text, nick: String(command.data.nickName || ''),
      avatar: String(command.data.headPic || '') };
    if (command.cmd === 'CustomCmdMsg') {
      form.type = 'custom';
      form.cmd = String(command.data.cmd || '');
    }
    return form;
  }
  if (custom.getData() === '') return text ? { type: 'text', body: text } : null;
  return text ? null : { type: 'custom', body: custom.getData() };
}

// Whether a member of a request holds U+0000, for which the server would close the socket.
function hasNul(body) {
  return Object.keys(body).some(function (name) { return String(body[name]).indexOf('\u0000') >= 0; });
}

// ---- The login

// The present login, null without one. Whatever an earlier login still receives is ignored.
var me = null;
var isHidden = false;
var watchesApp = false;
var newestId = 0;

function newLogin(info, listeners, cbOk, cbErr) {
  return {
    userID: idOf(info.identifier),
    sdkAppID: Number(info.sdkAppID),
    userSig: String(info.userSig),
    nick: idOf(info.identifierNick),
    image: '',
    listeners: isObject(listeners) ? listeners : {},
    cbOk: cbOk,
    cbErr: cbErr,
    isReady: false, // was connected once
    time: 0, // in milliseconds, as the ticks count it: the clock of a phone may be set at any time
    status: CONNECTION_STATUS.INIT,
    group: null,
    requests: [], // without a reply: {id, verb, body, done, at, isSent}
    second: null, // the timer of the current one, in which ...
    frames: 0, // ... so many requests were sent, ...
    messages: 0, // ... so many messages among them
    messagesPerSecond: MESSAGES_PER_SECOND,
    direct: 0, // position of the newest message to this user ...
    settled: 0, // ... and of the newest that the server knows to be received
    // The socket.
    task: null,
    isOpen: false, // `connect` was answered
    loggedIn: 0, // when, as the first connection says, or 0
    pingEvery: 25 * SECOND,
    sentAt: 0,
    silentSince: null, // a request was sent, and nothing has come since; or null
    pongTimeout: PONG_TIMEOUT,
    failures: 0,
    drain: 0, // milliseconds to wait after the socket closes, or 0
    timer: null, // of the next connect, or of the one under way
    // The polls.
    isPolling: false,
    pollingSince: 0,
    pollRun: 0, // of the current polling; replies to an earlier one are ignored
    pollFailures: 0,
    isPollNow: false, // one that is answered at once is under way
    hold: null, // the one that waits: {task}
    pollTimer: null, // of the next one
    clock: null
  };
}

// Ends the login without a word to the program.
function discard(code, text) {
  var mine = me;
  me = null;
  clearTimeout(mine.timer);
  clearInterval(mine.clock);
  closeTask(mine);
  stopPolling(mine);
  mine.requests.forEach(function (request) { call(request.done, { error: { code: code, message: text } }); });
  if (mine.group) failJoin(mine.group, code, text);
  return mine;
}

// The server does not want this login any more, and no further try would change that.
function endLogin(code, text, isKicked) {
  var mine = discard(code, text);
  if (!mine.isReady) {
    fail(mine.cbErr, code, text);
  } else if (isKicked) {
    later(mine.listeners.onKickedEventCall, { ErrorCode: code, ErrorInfo: text });
  } else {
    later(mine.listeners.onConnNotify, { ErrorCode: CONNECTION_STATUS.OFF, ErrorInfo: text });
  }
}

function setStatus(status, text) {
  if (me.status === status) return;
  me.status = status;
  later(me.listeners.onConnNotify, { ErrorCode: status, ErrorInfo: text });
}

function online() {
  if (!me.isReady) {
    me.isReady = true;
    succeed(me.cbOk, { identifierNick: me.nick || me.userID, headurl: me.image });
  }
  setStatus(CONNECTION_STATUS.ON, 'connected');
}

function request(verb, body, done) {
  if (verb === 'send' && me.requests.length >= QUEUED_SECONDS * me.messagesPerSecond) {
    later(done, { error: { code: BUSY, message: 'too many requests' } });
    return;
  }
  var item = { id: ++newestId, verb: verb, body: body, done: done, at: me.time, isSent: false };
  // After a cut, texts that wait for a reply are refused before the subscription.
  if (verb === 'subscribe') me.requests.unshift(item);
  else me.requests.push(item);
  flush();
}

// Sends what is not sent, messages in order. An unanswered `send` is sent again after a cut, with its key.
function flush() {
  if (me.isOpen) {
    var sent = me.requests.filter(function (request) { return request.isSent; }).length;
    takeTurns(MAX_REQUESTS - sent).forEach(function (request) {
      transmit(request.id, request.verb, request.body);
    });
  } else if (me.isPolling) {
    pollNow();
  }
}

// @return up to `limit` of the requests that are to be sent now, in a second no more than the server takes: where it
// refuses what comes faster, texts are missing among others.
function takeTurns(limit) {
  var mine = me;
  var taken = [];
  me.requests.forEach(function (request) {
    var isMessage = request.verb === 'send';
    if (request.isSent || taken.length >= limit || mine.frames >= MAX_FRAMES) return;
    if (isMessage && mine.messages >= mine.messagesPerSecond) return;
    request.isSent = true;
    ++mine.frames;
    if (isMessage) ++mine.messages;
    taken.push(request);
  });
  if (taken.length && !me.second) {
    me.second = setTimeout(function () {
      mine.second = null;
      mine.frames = mine.messages = 0;
      if (me === mine) flush();
    }, SECOND);
  }
  return taken;
}

function isAsked(verb) {
  return me.requests.some(function (request) { return request.verb === verb; });
}

// @param reply  {id, <verb>: …} or {id, error: {code, message}}.
function settle(reply) {
  for (var i = 0; i < me.requests.length; ++i) {
    if (me.requests[i].id === reply.id) return call(me.requests.splice(i, 1)[0].done, reply);
  }
}

// Every second: whatever depends on time. A program in the background may skip any number of them.
function onTick() {
  var now = me.time += SECOND;
  me.requests.filter(function (request) { return now - request.at > REPLY_TIMEOUT; })
    .forEach(function (request) {
      settle({ id: request.id, error: { code: NO_REPLY, message: 'no reply' } });
    });
  if (!me) return;
  if (!me.isReady && now > LOGIN_TIMEOUT) return endLogin(NO_REPLY, 'no connection');
  if (me.group && me.group.cursor === null && now - me.group.at > REPLY_TIMEOUT) leave(NO_REPLY, 'no reply');
  if (me.isOpen) {
    if (me.silentSince !== null && now - me.silentSince > me.pongTimeout) return onSocketEnd(0);
    if (!isAsked('ping') && (me.direct > me.settled || now - me.sentAt >= me.pingEvery)) ping();
  } else if (me.isPolling && !me.task && !isHidden && now - me.pollingSince >= SOCKET_RETRY) {
    me.pollingSince = now;
    connect();
  }
}

// ---- The socket

function addressOf(path) {
  return HOST.replace(/\/+$/, '') + path;
}

function withDirect(members) {
  if (me.direct) members.direct = me.direct;
  return members;
}

function connectBody() {
  var members = { userID: me.userID, userSig: me.userSig };
  if (me.sdkAppID) members.sdkAppID = me.sdkAppID;
  if (me.loggedIn) members.login = me.loggedIn;
  return withDirect(members);
}

function connect() {
  if (me.task) return;
  clearTimeout(me.timer);
  var mine = me;
  var task;
  // Callbacks of a socket that was given up come late.
  function current(callback) {
    return function (event) {
      if (me === mine && mine.task === task) callback(event);
    };
  }
  me.isOpen = false;
  task = attempt(function () {
    return wx.connectSocket({
      url: addressOf('/channel/ws').replace(/^http/, 'ws'),
      protocols: ['rtcroomd.v1'],
      fail: current(function () { onSocketEnd(0); })
    });
  });
  if (!task) return startPolling(); // an old WeChat
  me.task = task;
  me.timer = setTimeout(current(function () { onSocketEnd(0); }), CONNECT_TIMEOUT);
  task.onOpen(current(function () { transmit(0, 'connect', connectBody()); }));
  task.onMessage(current(function (event) {
    mine.silentSince = null;
    textOf(event.data).split('\n').forEach(function (line) {
      var object = line && parsed(line);
      if (me !== mine || mine.task !== task || !isObject(object)) return;
      attempt(onObject, object);
    });
  }));
  task.onError(current(function () { onSocketEnd(0); }));
  task.onClose(current(function (event) { onSocketEnd(event && event.code); }));
}

function transmit(id, verb, body) {
  var message = { id: id };
  message[verb] = body;
  me.sentAt = me.time;
  if (me.silentSince === null) expectReply(PONG_TIMEOUT);
  // Where it throws, the socket is about to report its end.
  attempt(function () { me.task.send({ data: JSON.stringify(message) }); });
}

function onObject(object) {
  if (object.id === 0) onConnected(object);
  else if (object.id !== undefined) onReply(object);
  else if (isObject(object.event)) onEvent(object.event);
  else if (isObject(object.direct)) onDirect(object.direct);
  else if (isObject(object.kicked)) onKicked(object.kicked);
  else if (isObject(object.drain)) me.drain = Math.max(1, Number(object.drain.reconnect) || 0);
}

function expectReply(timeout) {
  me.silentSince = me.time;
  me.pongTimeout = timeout;
}

function onReply(reply) {
  settle(reply);
  if (me) flush();
}

function onConnected(reply) {
  if (reply.error) {
    if (reply.error.code === OTHER_LOGIN) endLogin(OTHER_LOGIN, 'kicked by another login', true);
    else if (REFUSED[reply.error.code]) endLogin(reply.error.code, textOf(reply.error.message));
    else onSocketEnd(TRY_LATER);
    return;
  }
  clearTimeout(me.timer);
  me.isOpen = true;
  me.failures = 0;
  me.drain = 0;
  // The server has gone back when its store was restored.
  if (reply.connect.direct < me.direct) me.direct = reply.connect.direct;
  me.settled = me.direct;
  me.loggedIn = Number(reply.connect.login) || 0;
  var limits = isObject(reply.connect.limits) ? reply.connect.limits : {};
  // 0: there is no limit.
  if (limits.messagesPerSecond >= 0) {
    me.messagesPerSecond = Math.min(MAX_FRAMES, Number(limits.messagesPerSecond) || MAX_FRAMES);
  }
  if (reply.connect.ping > 0) me.pingEvery = Math.min(25, reply.connect.ping) * SECOND;
  stopPolling(me);
  online();
  if (me.group) subscribe();
  flush();
}

function ping() {
  var position = me.direct;
  request('ping', withDirect({}), function (reply) {
    if (me && !reply.error) me.settled = Math.max(me.settled, position);
  });
}

function closeTask(mine) {
  var task = mine.task;
  mine.task = null;
  mine.isOpen = false;
  if (task) attempt(function () { task.close({ code: 1000 }); });
}

function onSocketEnd(code) {
  var wasOpen = me.isOpen;
  closeTask(me);
  if (code === 4001) return endLogin(OTHER_LOGIN, 'kicked by another login', true);
  if (code === 4003) return endLogin(BAD_LOGIN, 'the login expired');
  if (wasOpen) me.failures = 0;
  else if (!isHidden) ++me.failures;
  if (me.isPolling) return;
  if (code === 1007 || code === 1009) failSent();
  unsend();
  var isBusy = code === TRY_LATER || code === TOO_MANY_REQUESTS;
  if (me.failures > (isBusy ? 1 : 0)) return startPolling();
  var delay = Math.random() * SECOND;
  if (me.drain) delay = me.drain;
  else if (isBusy) delay += BUSY_DELAY;
  else if (isHidden && !wasOpen) delay += HIDDEN_DELAY;
  me.drain = 0;
  clearTimeout(me.timer);
  me.timer = setTimeout(connect, delay);
}

// The server cannot read one of the requests that were sent, and would close the next socket for it
// as well.
function failSent() {
  me.requests.filter(function (request) { return request.isSent; }).forEach(function (request) {
    settle({ id: request.id, error: { code: CONTENT_REFUSED, message: 'the server cannot read a request' } });
  });
}

// After a cut: what was sent and not answered is to be sent again, if it still makes sense.
function unsend() {
  me.requests = me.requests.filter(function (request) { return request.verb === 'send'; });
  me.requests.forEach(function (request) { request.isSent = false; });
  me.silentSince = null;
}

function watchApp() {
  if (watchesApp) return;
  watchesApp = true;
  if (typeof wx.onAppHide === 'function') wx.onAppHide(function () { isHidden = true; });
  // WeChat cuts the sockets of a program in the background after some seconds, not always with a
  // word to the program.
  if (typeof wx.onAppShow === 'function') wx.onAppShow(function () {
    isHidden = false;
    wake();
  });
  // The connections of the network before are dead, without a word.
  if (typeof wx.onNetworkStatusChange === 'function') wx.onNetworkStatusChange(function (network) {
    if (network && network.isConnected) return wake();
    if (!me || !me.isReady) return;
    setStatus(CONNECTION_STATUS.OFF, 'no network');
    if (me.isOpen) onSocketEnd(0);
  });
}

// Nothing is waited for any more: the program is shown, or there is another network.
function wake() {
  if (!me) return;
  if (me.isOpen) {
    ping();
    return expectReply(PONG_TIMEOUT / 2);
  }
  closeTask(me);
  me.failures = 0;
  connect();
  if (me.isPolling) holdPoll();
}

// ---- The polls

function startPolling() {
  if (me.isPolling) return;
  me.isPolling = true;
  me.pollingSince = me.time;
  ++me.pollRun;
  me.pollFailures = 0;
  unsend();
  holdPoll();
  flush();
}

function stopPolling(mine) {
  mine.isPolling = false;
  mine.isPollNow = false;
  ++mine.pollRun;
  endHold(mine);
  if (mine === me) unsend();
}

function endHold(mine) {
  clearTimeout(mine.pollTimer);
  var task = mine.hold && mine.hold.task;
  mine.hold = null;
  if (task && typeof task.abort === 'function') task.abort();
}

// The poll that waits for news, begun again when the group is another. The first one asks at once
// whether polling works.
function holdPoll() {
  endHold(me);
  /** @type {any} */
  var hold = me.hold = {};
  var startedAt = me.time;
  var wait = me.status === CONNECTION_STATUS.ON && me.pollFailures === 0 ? POLL_WAIT : 0;
  hold.task = poll(wait, [], function (hasNews) {
    if (me.hold !== hold) return;
    me.hold = null;
    var delay = 0;
    if (hasNews === null) {
      ++me.pollFailures;
      if (!me.isReady && me.pollFailures > 1) return endLogin(NO_REPLY, 'no connection');
      if (me.pollFailures === 2) setStatus(CONNECTION_STATUS.OFF, 'no connection');
      delay = pauseAfter(me.pollFailures);
    } else {
      // The network is back, or the server: sockets may be, too.
      if (me.pollFailures) connect();
      me.pollFailures = 0;
      // A server that does not hold a poll is not to be asked in a loop.
      if (!hasNews && wait && me.time === startedAt) delay = SECOND;
    }
    me.pollTimer = setTimeout(holdPoll, delay);
  });
}

// @return milliseconds until the next try, after so many that failed in a row.
function pauseAfter(failures) {
  return Math.min(MAX_POLL_DELAY, SECOND * Math.pow(2, failures)) * (0.5 + Math.random() / 2);
}

// A poll with the requests, answered at once, beside the one that waits.
function pollNow() {
  if (me.isPollNow) return;
  var batch = takeTurns(MAX_POLL_REQUESTS);
  if (!batch.length) return;
  me.isPollNow = true;
  poll(0, batch, function (hasNews) {
    me.isPollNow = false;
    if (hasNews) return pollNow();
    batch.forEach(function (request) { request.isSent = false; });
    var run = me.pollRun;
    setTimeout(function () { if (me && me.pollRun === run) pollNow(); }, SECOND);
  });
}

// @param done  called with whether there was anything, or null after a failure.
function poll(wait, batch, done) {
  var mine = me;
  var run = me.pollRun;
  var group = me.group;
  var cursor = group && group.cursor;
  var position = me.direct;
  function current() { return me === mine && mine.isPolling && mine.pollRun === run; }
  var cursors = !group ? [] : group.kind === null
    ? KINDS.map(function (kind) { return { kind: kind, roomID: group.id }; })
    : [{ kind: group.kind, roomID: group.id, cursor: cursor }];
  return wx.request({
    url: addressOf('/channel/poll'),
    method: 'POST',
    header: { 'content-type': 'application/json' },
    timeout: POLL_TIMEOUT,
    data: {
      connect: connectBody(), wait: wait, cursors: cursors,
      requests: batch.map(function (request) {
        var message = { id: request.id };
        message[request.verb] = request.body;
        return message;
      })
    },
    success: function (response) {
      if (!current()) return;
      /** @type {any} */
      var reply = response.data;
      var error = isObject(reply) && reply.error;
      if (error && REFUSED[error.code]) return endLogin(error.code, textOf(error.message));
      if (!isObject(reply) || !Array.isArray(reply.rooms)) return done(null);
      mine.settled = Math.max(mine.settled, position);
      online();
      var hasNews = false;
      function each(list, handle) {
        (Array.isArray(list) ? list : []).forEach(function (item) {
          if (!current() || !isObject(item)) return;
          hasNews = hasNews || item.recovered !== true || Boolean(item.events && item.events.length);
          attempt(handle, item);
        });
      }
      // Another poll may have brought these events, and then continued from there.
      var isStale = !group || mine.group !== group || group.cursor !== cursor;
      each(reply.rooms, function (room) {
        if (!isStale) onSubscribed(group, room.kind, room.error ? { error: room.error } : { subscribe: room });
      });
      each(reply.pushes, function (push) { if (push.id === undefined) onObject(push); });
      each(reply.replies, settle);
      if (current()) done(hasNews);
    },
    fail: function () { if (current()) done(null); }
  });
}

// ---- The group

function subscribe() {
  var group = me.group;
  group.answers = {};
  group.early = [];
  // One that waits for its turn, of an earlier stay, would end this one.
  me.requests = me.requests.filter(function (request) {
    return request.isSent || request.verb !== 'unsubscribe' || request.body.roomID !== group.id;
  });
  (group.kind === null ? KINDS : [group.kind]).forEach(function (kind) {
    var body = { kind: kind, roomID: group.id };
    if (group.cursor !== null) body.cursor = group.cursor;
    request('subscribe', body, function (reply) {
      if (me && me.group === group) onSubscribed(group, kind, reply);
    });
  });
}

function onSubscribed(group, kind, reply) {
  if (group.kind === null) return onCandidate(group, kind, reply);
  if (kind !== group.kind) return;
  if (!isObject(reply.subscribe)) {
    var code = reply.error && reply.error.code;
    if (code === NO_SUCH_GROUP || code === NOT_ALLOWED) closeGroup();
    else if (me.isOpen) setTimeout(function () { if (me && me.isOpen && me.group === group) subscribe(); }, BUSY_DELAY);
    return;
  }
  var events = Array.isArray(reply.subscribe.events) ? reply.subscribe.events : [];
  events.forEach(function (event) {
    if (isObject(event) && me && me.group === group) onRoomEvent(group, isObject(event.event) ? event.event : event);
  });
  if (!me || me.group !== group) return;
  group.cursor = textOf(reply.subscribe.cursor) || group.cursor;
  if (reply.subscribe.recovered !== true) noticeChange(group);
  if (isObject(reply.subscribe.missed)) onMissed(group, reply.subscribe.missed);
  // A cut forgets what was asked for.
  else if (group.missed && !group.missed.isPaused && !isAsked('history')) readMissed(group);
}

function onMissed(group, missed) {
  if (!Array.isArray(missed.messages)) {
    group.missed = null;
    return Log.warn('webim: texts of ' + group.id + ' are missing');
  }
  // Texts that an earlier cut has left to read are read anew.
  var from = group.missed ? group.missed.from : missed.from;
  group.missed = { from: from, to: missed.to, found: missed.messages, later: [], pages: MAX_MISSED_PAGES,
    refusals: 0, isPaused: false };
  readMissed(group);
}

// Reads the missed texts that did not come along, newest first, and hands all over in order.
function readMissed(group) {
  var missed = group.missed;
  var before = missed.found.length ? missed.found[0].seq : missed.to + 1;
  function isCurrent() { return me && me.group === group && group.missed === missed; }
  if (before > missed.from && missed.pages > 0) {
    request('history', { kind: group.kind, roomID: group.id, before: before, limit: 50 }, function (reply) {
      if (!isCurrent()) return;
      var older = isObject(reply.history) && reply.history.messages;
      var code = reply.error && reply.error.code;
      if ((code === BUSY || code === NO_REPLY) && ++missed.refusals < MAX_REFUSED_PAGES) {
        missed.isPaused = true;
        setTimeout(function () {
          missed.isPaused = false;
          if (isCurrent()) readMissed(group);
        }, pauseAfter(missed.refusals));
        return;
      }
      if (Array.isArray(older) && older.length) {
        missed.found = older.concat(missed.found);
        missed.refusals = 0;
        --missed.pages;
      } else {
        missed.pages = 0;
      }
      readMissed(group);
    });
    return;
  }
  if (before > missed.from) Log.warn('webim: texts ' + missed.from + ' to ' + (before - 1) + ' are missing');
  group.missed = null;
  missed.found.concat(missed.later).forEach(function (message) {
    if (me && me.group === group && message.seq >= missed.from) handOver(message, message.time, group);
  });
}

// A reply to a join: the group is not known until each kind was tried.
function onCandidate(group, kind, reply) {
  if (KINDS.indexOf(kind) < 0) return;
  group.answers[kind] = reply;
  if (Object.keys(group.answers).length < KINDS.length) return;
  var found = KINDS.filter(function (name) { return isObject(group.answers[name].subscribe); });
  if (!found.length) {
    var refusals = KINDS.map(function (name) { return group.answers[name].error || {}; });
    var told = refusals.filter(function (error) { return error.code !== NO_SUCH_GROUP; })[0] || refusals[0];
    return leave(told.code || NO_REPLY, textOf(told.message));
  }
  var chosen = found.filter(function (name) { return isMember(group.answers[name].subscribe.room); })[0] || found[0];
  found.forEach(function (name) {
    if (name !== chosen && me.isOpen) request('unsubscribe', { kind: name, roomID: group.id });
  });
  group.kind = chosen;
  group.cursor = textOf(group.answers[chosen].subscribe.cursor);
  var early = group.early;
  group.answers = {};
  group.early = [];
  group.joined.splice(0).forEach(function (callbacks) { joined(callbacks.ok); });
  early.forEach(onEvent);
  // The libraries join after they have read the members, who may have changed in between.
  noticeChange(group);
}

function isMember(room) {
  if (!isObject(room)) return false;
  return room.roomCreator === me.userID || (Array.isArray(room.pushers) && room.pushers.some(function (pusher) {
    return isObject(pusher) && pusher.userID === me.userID;
  }));
}

function joined(ok) {
  succeed(ok, { JoinedStatus: 'JoinedSuccess' });
}

function failJoin(group, code, text) {
  group.joined.splice(0).forEach(function (callbacks) { fail(callbacks.err, code, text); });
}

// Leaves the group; a join that is under way fails with that error.
function leave(code, text) {
  var group = me.group;
  me.group = null;
  failJoin(group, code, text);
  dropUnsent(group);
  if (!me.isOpen) return;
  (group.kind === null ? Object.keys(group.answers) : [group.kind]).forEach(function (kind) {
    if (group.kind !== null || group.answers[kind].subscribe) {
      request('unsubscribe', { kind: kind, roomID: group.id });
    }
  });
}

// What has not been sent to a group that is left would be refused.
function dropUnsent(group) {
  me.requests.filter(function (request) {
    return !request.isSent && request.verb !== 'unsubscribe' && request.body.roomID === group.id;
  }).forEach(function (request) {
    settle({ id: request.id, error: { code: NOT_ALLOWED, message: 'left the group' } });
  });
}

// The room has ended for this user.
function closeGroup() {
  var group = me.group;
  me.group = null;
  notice(group, GROUP_SYSTEM_TYPE.DESTORY);
}

function notice(group, type, field) {
  var listeners = me.listeners.onGroupSystemNotifys;
  if (!listeners) return;
  call(listeners[type], {
    Event: 5, ReportType: type, GroupId: group.id, GroupName: group.id, Operator_Account: 'admin',
    MsgTime: seconds(), UserDefinedField: field || '', RemarkInfo: ''
  });
}

// Changes that come together are one notice: the library asks for all members anyway.
function noticeChange(group) {
  if (group.isChanged) return;
  group.isChanged = true;
  setTimeout(function () {
    group.isChanged = false;
    if (me && me.group === group) {
      notice(group, GROUP_SYSTEM_TYPE.CUSTOM, '{"cmd":"notifyPusherChange","data":""}');
    }
  }, 0);
}

function onEvent(event) {
  var group = me && me.group;
  if (!group || event.roomID !== group.id) return;
  if (group.kind === null) group.early.push(event);
  else if (event.kind === group.kind) onRoomEvent(group, event);
}

function onRoomEvent(group, event) {
  group.cursor = textOf(event.cursor) || group.cursor;
  if (event.room_destroyed) closeGroup();
  else if (CHANGES.some(function (name) { return event[name]; })) noticeChange(group);
  else if (isObject(event.message) && group.missed) group.missed.later.push(event.message);
  else if (isObject(event.message)) handOver(event.message, event.time, group);
}

function onKicked(kicked) {
  if (kicked.reason === 'other_login') return endLogin(OTHER_LOGIN, 'kicked by another login', true);
  if (kicked.reason === 'token_expired') return endLogin(BAD_LOGIN, 'the login expired');
  if (!me.group || kicked.roomID !== me.group.id || kicked.kind !== me.group.kind) return;
  if (kicked.reason === 'left') me.group = null; // by its own call
  else closeGroup();
}

function onDirect(message) {
  var position = Number(message.position) || 0;
  if (position <= me.direct) return;
  me.direct = position;
  handOver(message, message.time, null);
}

// @param group  null for a message to this user.
function handOver(message, time, group) {
  var from = textOf(message.from);
  var kind = me.group && me.group.kind;
  if (!from || from.charAt(0) === '@') return; // the SDK's own names, such as @TIM#SYSTEM
  var sess = group ? sessionOf(SESSION_TYPE.GROUP, group.id) : sessionOf(SESSION_TYPE.C2C, from);
  // The libraries set the nick to the user's ID, and read the ID from there; a text has its own nick.
  var msg = new Msg(sess, from === me.userID, message.seq || message.position, 0, seconds(time), from,
    group ? GROUP_MSG_SUB_TYPE.COMMON : C2C_MSG_SUB_TYPE.COMMON, from, textOf(message.avatar));
  if (!addElements(msg, message, kind, !group)) return Log.warn('webim: an unreadable message of ' + from);
  // One at a time: the libraries end a list at the first message that they cannot show.
  call(group ? me.listeners.onBigGroupMsgNotify : me.listeners.onMsgNotify, [msg]);
}

// ---- The calls

function login(loginInfo, listeners, options, cbOk, cbErr) {
  if (me) discard(NOT_LOGGED_IN, 'another login');
  isLogOn = !(options && options.isLogOn === false);
  if (!isObject(loginInfo) || !idOf(loginInfo.identifier) || !loginInfo.userSig) {
    return fail(cbErr, BAD_LOGIN, 'identifier and userSig are needed');
  }
  watchApp();
  isHidden = false;
  sessions = {};
  me = newLogin(loginInfo, listeners, cbOk, cbErr);
  var mine = me;
  me.clock = setInterval(function () { if (me === mine) onTick(); }, SECOND);
  connect();
}

function logout(cbOk) {
  if (me) discard(NOT_LOGGED_IN, 'logged out');
  sessions = {};
  succeed(cbOk);
}

// Texts have their own nick; this one is for messages without any.
function setProfilePortrait(options, cbOk, cbErr) {
  if (!me) return fail(cbErr, NOT_LOGGED_IN, 'not logged in');
  ((options && options.ProfileItem) || []).forEach(function (item) {
    if (item.Tag === 'Tag_Profile_IM_Nick') me.nick = idOf(item.Value);
    if (item.Tag === 'Tag_Profile_IM_Image') me.image = textOf(item.Value);
  });
  succeed(cbOk);
}

function applyJoinBigGroup(options, cbOk, cbErr) {
  if (!me) return fail(cbErr, NOT_LOGGED_IN, 'not logged in');
  var id = String(options.GroupId);
  if (hasNul({ GroupId: id })) return fail(cbErr, NO_SUCH_GROUP, 'no group has U+0000 in its ID');
  if (me.group && me.group.id === id && me.group.kind !== null) {
    joined(cbOk);
    return noticeChange(me.group);
  }
  if (me.group && me.group.id !== id) leave(NOT_ALLOWED, 'another group');
  var isNew = !me.group;
  if (isNew) {
    // `kind` and `cursor` are null until it is joined.
    me.group = { id: id, kind: null, cursor: null, at: me.time, joined: [], answers: {}, early: [],
      missed: null, isChanged: false };
  }
  me.group.joined.push({ ok: cbOk, err: cbErr });
  if (!isNew) return;
  if (me.isOpen) subscribe();
  else if (me.isPolling) holdPoll();
}

function quitBigGroup(options, cbOk) {
  if (me && me.group && options && String(options.GroupId) === me.group.id) leave(NOT_ALLOWED, 'left');
  succeed(cbOk);
}

// Groups begin and end with their rooms. The webrtc component takes this error for success.
function createGroup(options, cbOk, cbErr) {
  fail(cbErr, GROUP_EXISTS, 'the group exists');
}

function destroyGroup(options, cbOk, cbErr) {
  fail(cbErr, NOT_ALLOWED, 'rooms end through the room API');
}

function sendMsg(msg, cbOk, cbErr) {
  if (!me) return fail(cbErr, NOT_LOGGED_IN, 'not logged in');
  var group = me.group;
  var isDirect = msg.getSession().type() === SESSION_TYPE.C2C;
  var receiver = String(msg.getSession().id());
  if (!isDirect && (!group || group.kind === null || group.id !== receiver)) {
    return fail(cbErr, NOT_ALLOWED, 'not in the group');
  }
  var body = sendForm(msg.getElems(), isDirect ? null : group.kind);
  if (!body) return fail(cbErr, CONTENT_REFUSED, 'the channel cannot carry this message');
  if (bytesOf(body.body) > MAX_BODY) return fail(cbErr, CONTENT_TOO_LONG, 'the message is too long');
  body.nick = cutTo(MAX_NICK, body.nick || me.nick);
  body.avatar = body.avatar || me.image;
  if (bytesOf(body.avatar) > MAX_AVATAR) body.avatar = '';
  if (isDirect) {
    body.to = receiver;
  } else {
    body.kind = group.kind;
    body.roomID = group.id;
  }
  if (hasNul(body)) return fail(cbErr, CONTENT_REFUSED, 'the message holds U+0000');
  body.key = msg.getSeq() + '-' + msg.getRandom() + '-' + msg.getTime();
  request('send', body, function (reply) {
    if (reply.error) return fail(cbErr, reply.error.code, textOf(reply.error.message));
    var sent = isObject(reply.send) ? reply.send : {};
    succeed(cbOk, { MsgTime: seconds(sent.time), MsgSeq: sent.seq || 0 });
  });
}

module.exports = {
  SESSION_TYPE: SESSION_TYPE, MSG_ELEMENT_TYPE: MSG_ELEMENT_TYPE, CONNECTION_STATUS: CONNECTION_STATUS,
  GROUP_MSG_SUB_TYPE: GROUP_MSG_SUB_TYPE, C2C_MSG_SUB_TYPE: C2C_MSG_SUB_TYPE,
  GROUP_SYSTEM_TYPE: GROUP_SYSTEM_TYPE, GROUP_TIP_TYPE: GROUP_TIP_TYPE,
  MSG_MAX_LENGTH: { C2C: MAX_BODY, GROUP: MAX_BODY },
  // Without faces, `[微笑]` stays text, which the libraries show alike.
  Emotions: {}, EmotionDataIndexs: {},
  Tool: Tool, Log: Log, Session: Session, Msg: Msg, MsgStore: MsgStore,
  login: login, logout: logout, setProfilePortrait: setProfilePortrait,
  createGroup: createGroup, destroyGroup: destroyGroup,
  applyJoinBigGroup: applyJoinBigGroup, quitBigGroup: quitBigGroup, sendMsg: sendMsg,
  // The connection confirms receipts, and no sender is told who has read a message.
  c2CMsgReaded: function (options, cbOk) { succeed(cbOk); },
  setAutoRead: function () {}
};
