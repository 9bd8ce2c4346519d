#include "tests/e2e/channel_caller.h"

#include <utility>

#include <fmt/format.h>

#include "tests/support/eventually.h"

namespace rtcroom {
namespace {

using nlohmann::json;

constexpr const char* kOfSdk = "websdkappid=537048168&v=1.7.0";

}  // namespace

int ErrorCodeOf(const json& reply) {
  if (!reply.is_object()) return -1;
  const auto status = reply.find("ActionStatus");
  const auto code = reply.find("ErrorCode");
  const auto info = reply.find("ErrorInfo");
  const bool is_whole = status != reply.end() && code != reply.end() && info != reply.end() &&
                        code->is_number_integer() && info->is_string();
  if (!is_whole || *status != (*code == 0 ? "OK" : "FAIL")) return -1;
  return *code;
}

json CustomElement(const std::string& data) {
  return {{"MsgType", "TIMCustomElem"},
          {"MsgContent", {{"Data", data}, {"Desc", ""}, {"Ext", ""}}}};
}

json TextElement(const std::string& text) {
  return {{"MsgType", "TIMTextElem"}, {"MsgContent", {{"Text", text}}}};
}

json BareText(const std::string& text) { return json::array({TextElement(text)}); }

json RoomText(const std::string& text) {
  return json::array(
      {CustomElement(R"({"cmd":"CustomTextMsg","data":{"nickName":"n","headPic":"p"}})"),
       TextElement(text)});
}

std::string TextIn(const json& entry) {
  const json& elements = entry.at("MsgBody");
  if (elements.size() == 1 && elements[0].at("MsgType") == "TIMCustomElem") {
    return elements[0].at("MsgContent").at("Data");
  }
  std::string text;
  for (const json& element : elements) {
    if (element.at("MsgType") != "TIMTextElem") continue;
    text += element.at("MsgContent").at("Text").get<std::string>();
  }
  return text;
}

HeldPoll::HeldPoll(ApiClient client, ApiRequest request)
    : client_(std::move(client)), request_(std::move(request)), thread_([this] {
        const auto begun = std::chrono::steady_clock::now();
        reply_ = client_.Send(request_);
        duration_ = std::chrono::duration_cast<std::chrono::milliseconds>(
            std::chrono::steady_clock::now() - begun);
        is_answered_ = true;
      }) {}

HeldPoll::~HeldPoll() {
  // Repeated: it may not have begun yet.
  (void)Eventually([this] {
    if (!is_answered_) client_.Interrupt();
    return is_answered_.load();
  });
}

const ApiReply& HeldPoll::Reply() {
  if (thread_.joinable()) thread_.join();
  return reply_;
}

std::chrono::milliseconds HeldPoll::Duration() {
  (void)Reply();
  return duration_;
}

ChannelCaller::ChannelCaller(const Connect& connect, ChannelUser user)
    : connect_(connect), user_(std::move(user)), client_(connect_()) {}

ChannelCaller::ChannelCaller(const Connect& connect, std::string account)
    : ChannelCaller(connect, ChannelUser{.account = std::move(account)}) {}

ChannelCaller::ChannelCaller(const Connect& connect, std::string account, ChannelProof proof)
    : ChannelCaller(connect, std::move(account)) {
  proof_ = std::move(proof);
}

ChannelCaller ChannelCaller::ChosenBy(const ServerProcess& server) {
  const ApiReply info = server.Https().Get("/weapp/utils/get_login_info");
  ChannelCaller caller([&server] { return server.Https(); },
                       ChannelUser{.account = info.Text("userID"),
                                   .ticket = info.Text("userSig"),
                                   .app_id = info.json.value("sdkAppID", std::uint32_t{0})});
  (void)caller.LogIn();
  return caller;
}

std::string ChannelCaller::OfProgram() const {
  return fmt::format(
      "contenttype=json&sdkappid={}&accounttype=10086&apn=1&reqtime=1700000000&reqSeq=1",
      user_.app_id);
}

std::string ChannelCaller::Query() const {
  return fmt::format("{}&tinyid={}&a2={}&{}", kOfSdk, proof_.tiny_id, proof_.a2, OfProgram());
}

std::string ChannelCaller::LoginQuery(const std::string& ticket) const {
  return fmt::format("{}&identifier={}&usersig={}&{}", kOfSdk, account(), ticket, OfProgram());
}

ApiReply ChannelCaller::LogIn() {
  const std::string ticket = user_.ticket.value_or(MakeTicket(account()));
  ApiReply reply = client_.Send(
      {.target = "/v4/openim/login?" + LoginQuery(ticket), .body = R"({"State":"Online"})"});
  proof_ = {.tiny_id = reply.Text("TinyId"), .a2 = reply.Text("A2Key")};
  return reply;
}

ApiReply ChannelCaller::Send(const std::string& command, const std::string& body) {
  return client_.Send({.target = fmt::format("/{}?{}", command, Query()), .body = body});
}

ApiReply ChannelCaller::Call(const std::string& command, const json& body) {
  return Send(command, body.dump());
}

int ChannelCaller::CodeOf(const std::string& command, const json& body) {
  return ErrorCodeOf(Call(command, body).json);
}

std::unique_ptr<HeldPoll> ChannelCaller::Begin(const std::string& command, const json& body) const {
  return std::make_unique<HeldPoll>(
      connect_(),
      ApiRequest{.target = fmt::format("/{}?{}", command, Query()), .body = body.dump()});
}

std::string ChannelCaller::Join(const std::string& group) {
  return Call(fmt::format("{}apply_join_group", kGroups), {{"GroupId", group}})
      .Text("LongPollingKey");
}

int ChannelCaller::Quit(const std::string& group) {
  return CodeOf(fmt::format("{}quit_group", kGroups), {{"GroupId", group}});
}

ApiReply ChannelCaller::SendToGroup(const std::string& group, const json& elements) {
  return Call(fmt::format("{}send_group_msg", kGroups), {{"GroupId", group},
                                                         {"From_Account", account()},
                                                         {"Random", ++random_},
                                                         {"MsgBody", elements},
                                                         {"MsgPriority", "COMMON"}});
}

ApiReply ChannelCaller::SendToAccount(const std::string& account, const json& elements) {
  ++random_;
  return Call("v4/openim/sendmsg", {{"From_Account", user_.account},
                                    {"To_Account", account},
                                    {"MsgTimeStamp", 1700000000},
                                    {"MsgSeq", random_},
                                    {"MsgRandom", random_},
                                    {"MsgBody", elements}});
}

int ChannelCaller::SendText(const std::string& group, const std::string& text) {
  return ErrorCodeOf(SendToGroup(group, RoomText(text)).json);
}

int ChannelCaller::SendDirect(const std::string& account, const std::string& data) {
  return ErrorCodeOf(SendToAccount(account, json::array({CustomElement(data)})).json);
}

std::unique_ptr<HeldPoll> ChannelCaller::PollAccount(std::uint64_t cursor) const {
  const json cookie = {{"NotifySeq", 0}, {"NoticeSeq", cursor}, {"LongPollingId", "1"}};
  return Begin(kAccountPoll, {{"Timeout", 60}, {"Cookie", cookie}});
}

std::unique_ptr<HeldPoll> ChannelCaller::PollRoom(const std::string& key,
                                                  std::uint64_t start) const {
  return Begin(kRoomPoll, {{"StartSeq", start}, {"HoldTime", 90}, {"Key", key}});
}

}  // namespace rtcroom
