#include "tests/e2e/channel_phone.h"

#include <chrono>
#include <utility>

#include <fmt/format.h>

namespace rtcroom {
namespace {

using nlohmann::json;

/// The SDK waits after a failed account poll; a room poll goes on at once.
constexpr std::chrono::milliseconds kPause{100};

}  // namespace

ChannelPhone::ChannelPhone(Connect connect, ChannelUser user)
    : connect_(std::move(connect)), caller_(connect_, std::move(user)) {}

ChannelPhone::~ChannelPhone() { EndPolls(); }

void ChannelPhone::EndPolls() {
  is_over_ = true;
  for (const auto& poll : polls_) poll->caller.Interrupt();
  polls_.clear();
}

int ChannelPhone::LogIn() {
  if (const int code = ErrorCodeOf(caller_.LogIn().json); code != 0) return code;
  const json tags = {"Tag_Profile_IM_Nick", "Tag_Profile_IM_Image"};
  const std::pair<const char*, json> calls[] = {
      {"profile/portrait_get",
       {{"From_Account", account()}, {"To_Account", {account()}}, {"TagList", tags}}},
      {"imopenstat/web_report", {{"EvtItems", json::array()}, {"MainVersion", "1.7.0"}}},
      {"group_open_http_svc/get_joined_group_list",
       {{"Member_Account", account()}, {"Limit", 1000}, {"Offset", 0}}},
      {"openim/authkey", json::object()},
      {"profile/portrait_set",
       {{"From_Account", account()},
        {"ProfileItem", {{{"Tag", "Tag_Profile_IM_Nick"}, {"Value", account()}}}}}},
  };
  for (const auto& [command, body] : calls) {
    const int code = caller_.CodeOf(fmt::format("v4/{}", command), body);
    if (code != 0) return code;
  }
  const json poll_id = caller_.Call("v4/openim/getlongpollingid").json;
  if (const int code = ErrorCodeOf(poll_id); code != 0) return code;
  poll_id_ = poll_id.at("LongPollingId");
  Start([this](Poll& poll) { PollAccount(poll); });
  return 0;
}

int ChannelPhone::Join(const std::string& group) {
  const json joined =
      caller_.Call(fmt::format("{}apply_join_group", kGroups), {{"GroupId", group}}).json;
  if (const int code = ErrorCodeOf(joined); code != 0) return code;
  {
    const MutexLock lock(mutex_);
    start_ = 0;
    key_ = joined.at("LongPollingKey");
  }
  Start([this](Poll& poll) { PollRoom(poll); });
  return 0;
}

void ChannelPhone::Start(const std::function<void(Poll&)>& round) {
  polls_.push_back(std::make_unique<Poll>(ChannelCaller(connect_, account(), caller_.proof())));
  Poll& poll = *polls_.back();
  poll.thread = std::jthread([this, round, &poll] {
    while (!is_over_) round(poll);
  });
}

void ChannelPhone::PollAccount(Poll& poll) {
  json cookie = {{"NotifySeq", 0}, {"LongPollingId", poll_id_}};
  {
    const MutexLock lock(mutex_);
    cookie["NoticeSeq"] = notice_seq_;
  }
  const json reply = poll.caller.Call(kAccountPoll, {{"Timeout", 60}, {"Cookie", cookie}}).json;
  const int code = ErrorCodeOf(reply);
  if (code == kOtherLogin) {
    is_kicked_ = true;
    is_over_ = true;
    return;
  }
  if (code == -1) std::this_thread::sleep_for(kPause);  // as the SDK, after a failure
  if (code != 0) return;
  const MutexLock lock(mutex_);
  for (const json& event : reply.at("EventArray")) {
    const int type = event.at("Event");
    if (type == 9) {
      for (const json& entry : event.at("C2cMsgArray")) {
        directs_.push_back(TextIn(entry));
      }
      notice_seq_ = event.at("C2cMsgArray").at(0).at("NoticeSeq");
    } else if (type == 5) {
      for (const json& entry : event.at("GroupTips")) {
        ReceiveNotice(entry);
        notice_seq_ = std::max(notice_seq_, entry.at("NoticeSeq").get<std::uint64_t>());
      }
    }
  }
}

void ChannelPhone::PollRoom(Poll& poll) {
  json request = {{"HoldTime", 90}};
  {
    const MutexLock lock(mutex_);
    request["StartSeq"] = start_;
    request["Key"] = key_;
  }
  const json reply = poll.caller.Call(kRoomPoll, request).json;
  if (is_over_) return;
  if (const int code = ErrorCodeOf(reply); code != 0) {
    ++room_failures_;
    if (code == -1) std::this_thread::sleep_for(kPause);
    return;
  }
  const MutexLock lock(mutex_);
  if (key_.empty()) return;  // quit meanwhile
  start_ = reply.at("NextSeq");
  key_ = reply.at("Key");
  for (const json& entry : reply.at("RspMsgList")) {
    entry.at("Event") == 3 ? ReceiveText(entry) : ReceiveNotice(entry);
  }
}

void ChannelPhone::ReceiveNotice(const json& entry) {
  const json& body = entry.at("MsgBody");
  notices_.push_back({.group = entry.at("ToGroupId"),
                      .type = body.at("ReportType"),
                      .data = body.value("UserDefinedField", "")});
}

void ChannelPhone::ReceiveText(const json& entry) {
  texts_.push_back({.group = entry.at("ToGroupId"),
                    .from = entry.at("From_Account"),
                    .seq = entry.at("MsgSeq"),
                    .text = TextIn(entry)});
}

std::vector<ReceivedText> ChannelPhone::texts() const {
  const MutexLock lock(mutex_);
  return texts_;
}

std::vector<ReceivedNotice> ChannelPhone::notices() const {
  const MutexLock lock(mutex_);
  return notices_;
}

std::vector<std::string> ChannelPhone::directs() const {
  const MutexLock lock(mutex_);
  return directs_;
}

}  // namespace rtcroom
