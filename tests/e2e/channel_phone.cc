#include "tests/e2e/channel_phone.h"

#include <chrono>
#include <utility>

#include <fmt/format.h>

namespace rtcroom {
namespace {

using nlohmann::json;

/// The SDK waits after a failed account poll; a room poll goes on at once.
constexpr std::chrono::milliseconds kPause{100};

int CodeOfReply(const json& reply) { return reply.is_object() ? reply.value("ErrorCode", -1) : -1; }

}  // namespace

ChannelPhone::ChannelPhone(Connect connect, std::string account, std::string user_sig)
    : connect_(std::move(connect)),
      account_(std::move(account)),
      user_sig_(std::move(user_sig)),
      client_(connect_()) {}

ChannelPhone::~ChannelPhone() {
  is_over_ = true;
  // A poll may be between two requests when it is interrupted.
  for (const auto& poll : polls_) {
    poll->client.Interrupt();
  }
  polls_.clear();
}

std::string ChannelPhone::Query() const {
  return "websdkappid=537048168&v=1.7.0&tinyid=" + tiny_id_ + "&a2=" + a2_ +
         "&contenttype=json&sdkappid=1400000001&accounttype=1&apn=1&reqtime=1700000000&reqSeq=1";
}

json ChannelPhone::Post(ApiClient& client, const std::string& path, const std::string& query,
                        const json& body) const {
  ApiRequest request;
  request.target = path + "?" + query;
  request.body = body.dump();
  return client.Send(request).json;
}

json ChannelPhone::Call(std::string_view service_and_command, const json& body) {
  return Post(client_, fmt::format("/v4/{}", service_and_command), Query(), body);
}

int ChannelPhone::LogIn() {
  const json login =
      Post(client_, "/v4/openim/login",
           "websdkappid=537048168&v=1.7.0&identifier=" + account_ + "&usersig=" + user_sig_ +
               "&contenttype=json&sdkappid=1400000001&accounttype=1&apn=1&reqtime=1&reqSeq=1",
           {{"State", "Online"}});
  if (CodeOfReply(login) != 0) return CodeOfReply(login);
  tiny_id_ = login.at("TinyId");
  a2_ = login.at("A2Key");
  const json tags = {"Tag_Profile_IM_Nick", "Tag_Profile_IM_Image"};
  const std::pair<const char*, json> calls[] = {
      {"profile/portrait_get",
       {{"From_Account", account_}, {"To_Account", {account_}}, {"TagList", tags}}},
      {"imopenstat/web_report", {{"EvtItems", json::array()}, {"MainVersion", "1.7.0"}}},
      {"group_open_http_svc/get_joined_group_list",
       {{"Member_Account", account_}, {"Limit", 1000}, {"Offset", 0}}},
      {"openim/authkey", json::object()},
      {"profile/portrait_set",
       {{"From_Account", account_},
        {"ProfileItem", {{{"Tag", "Tag_Profile_IM_Nick"}, {"Value", account_}}}}}},
  };
  for (const auto& [command, body] : calls) {
    if (const int code = CodeOfReply(Call(command, body)); code != 0) return code;
  }
  const json poll_id = Call("openim/getlongpollingid", json::object());
  if (CodeOfReply(poll_id) != 0) return CodeOfReply(poll_id);
  poll_id_ = poll_id.at("LongPollingId");
  Start([this](Poll& poll) { PollAccount(poll); });
  return 0;
}

int ChannelPhone::Join(const std::string& group) {
  const json joined = Call("group_open_http_svc/apply_join_group", {{"GroupId", group}});
  if (CodeOfReply(joined) != 0) return CodeOfReply(joined);
  {
    const MutexLock lock(mutex_);
    start_ = 0;
    key_ = joined.at("LongPollingKey");
  }
  Start([this](Poll& poll) { PollRoom(poll); });
  return 0;
}

int ChannelPhone::Quit(const std::string& group) {
  const int code = CodeOfReply(Call("group_open_http_svc/quit_group", {{"GroupId", group}}));
  const MutexLock lock(mutex_);
  start_ = 0;
  key_.clear();
  return code;
}

int ChannelPhone::LogOut() {
  const int code = CodeOfReply(Call("openim/longpollinglogout", {{"LongPollingId", poll_id_}}));
  is_over_ = true;
  for (const auto& poll : polls_) poll->client.Interrupt();
  polls_.clear();
  return code;
}

int ChannelPhone::SendText(const std::string& group, const std::string& text) {
  return CodeOfReply(Call("group_open_http_svc/send_group_msg", {{"GroupId", group},
                                                                 {"From_Account", account_},
                                                                 {"Random", ++random_},
                                                                 {"MsgBody", RoomText(text)},
                                                                 {"MsgPriority", "COMMON"}}));
}

int ChannelPhone::SendDirect(const std::string& account, const std::string& data) {
  ++random_;
  return CodeOfReply(Call("openim/sendmsg", {{"From_Account", account_},
                                             {"To_Account", account},
                                             {"MsgTimeStamp", 1700000000},
                                             {"MsgSeq", random_},
                                             {"MsgRandom", random_},
                                             {"MsgBody", json::array({CustomElement(data)})}}));
}

void ChannelPhone::Start(const std::function<void(Poll&)>& round) {
  polls_.push_back(std::make_unique<Poll>(connect_()));
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
  const json reply =
      Post(poll.client, "/v4/openim/longpolling", Query(), {{"Timeout", 60}, {"Cookie", cookie}});
  const int code = CodeOfReply(reply);
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
  const json reply =
      Post(poll.client, "/v1/group_open_long_polling_http_noauth_svc/get_msg", Query(), request);
  if (is_over_) return;
  if (CodeOfReply(reply) != 0) {
    ++room_failures_;
    if (CodeOfReply(reply) == -1) std::this_thread::sleep_for(kPause);
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
