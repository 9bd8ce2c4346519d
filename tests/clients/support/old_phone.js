// A mini-program with the SDK of 2018 in which only the address was replaced, as the server sees it: its calls, and its
// two polls.
import { setTimeout } from 'node:timers/promises';

const kAccountPoll = 'v4/openim/longpolling';
const kRoomPoll = 'v1/group_open_long_polling_http_noauth_svc/get_msg';
const kPauseMs = 100; // after a poll that failed

export class OldPhone {
  texts = []; // of the room
  notices = []; // ReportTypes
  #host;
  #proof;
  #room;
  #random = 0;
  #over = new AbortController();

  constructor(host, userID) {
    this.#host = host;
    this.userID = userID;
  }

  async login({ userSig, sdkAppID }) {
    this.#proof = `sdkappid=${sdkAppID}&identifier=${this.userID}&usersig=${userSig}`;
    const { TinyId, A2Key } = await this.#call('v4/openim/login', { State: 'Online' });
    this.#proof = `sdkappid=${sdkAppID}&tinyid=${TinyId}&a2=${A2Key}`;
    const { LongPollingId } = await this.#call('v4/openim/getlongpollingid', {});
    const cookie = { NotifySeq: 0, NoticeSeq: 0, LongPollingId };
    this.#poll(async () => {
      const { EventArray } = await this.#call(kAccountPoll, { Timeout: 60, Cookie: cookie });
      for (const { GroupTips = [] } of EventArray) {
        for (const { NoticeSeq, MsgBody } of GroupTips) {
          cookie.NoticeSeq = Math.max(cookie.NoticeSeq, NoticeSeq);
          this.notices.push(MsgBody.ReportType);
        }
      }
    });
  }

  async join(GroupId) {
    this.#room = GroupId;
    const { LongPollingKey } = await this.#call('v4/group_open_http_svc/apply_join_group', { GroupId });
    let next = { StartSeq: 0, Key: LongPollingKey };
    this.#poll(async () => {
      const { NextSeq, Key, RspMsgList } = await this.#call(kRoomPoll, { HoldTime: 90, ...next });
      next = { StartSeq: NextSeq, Key };
      for (const { Event, MsgBody } of RspMsgList) if (Event === 3) this.texts.push(textIn(MsgBody));
    });
  }

  say(text) {
    const command = { cmd: 'CustomTextMsg', data: { nickName: this.userID, headPic: '' } };
    return this.#call('v4/group_open_http_svc/send_group_msg', {
      GroupId: this.#room,
      Random: ++this.#random,
      MsgBody: [
        { MsgType: 'TIMCustomElem', MsgContent: { Data: JSON.stringify(command), Desc: '', Ext: '' } },
        { MsgType: 'TIMTextElem', MsgContent: { Text: text } },
      ],
    });
  }

  async logout() {
    this.#over.abort();
    await this.#call('v4/openim/logout', {});
  }

  async #poll(round) {
    const { signal } = this.#over;
    while (!signal.aborted) await round().catch(() => signal.aborted || setTimeout(kPauseMs));
  }

  async #call(command, body) {
    const isPoll = command === kAccountPoll || command === kRoomPoll;
    const response = await fetch(`${this.#host}/${command}?${this.#proof}`,
      { method: 'POST', body: JSON.stringify(body), signal: isPoll ? this.#over.signal : undefined });
    const reply = await response.json();
    if (reply.ErrorCode !== 0) throw Object.assign(new Error(`${command}: ${reply.ErrorInfo}`), { code: reply.ErrorCode });
    return reply;
  }
}

/** What the libraries make of the elements: they join them, and the text is behind the command. */
function textIn(elements) {
  const joined = elements.map(({ MsgContent: { Data, Text } }) => Data ?? Text).join('');
  return joined.slice(joined.indexOf('}}') + 2);
}
