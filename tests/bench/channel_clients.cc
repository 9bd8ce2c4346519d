#include "tests/bench/channel_clients.h"

#include <optional>
#include <stdexcept>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include "tests/support/raw_client.h"

namespace rtcroom {
namespace {

namespace asio = boost::asio;
using asio::use_awaitable;
using nlohmann::json;

/// @throws std::runtime_error on a failure that the server tells.
json ReadReply(const std::string& text) {
  json reply = json::parse(text);
  if (reply.value("ErrorCode", -1) != 0) throw std::runtime_error(text);
  return reply;
}

std::uint64_t NoticeSeqOf(const json& event, std::uint64_t cursor) {
  for (const char* const name : {"GroupTips", "C2cMsgArray"}) {
    if (!event.contains(name)) continue;
    for (const json& entry : event[name]) cursor = entry.value("NoticeSeq", cursor);
  }
  return cursor;
}

}  // namespace

asio::awaitable<void> BenchConnection::Connect(const asio::ip::tcp::endpoint& server) {
  co_await stream_.lowest_layer().async_connect(server, use_awaitable);
  stream_.lowest_layer().set_option(asio::ip::tcp::no_delay(true));
  co_await stream_.async_handshake(asio::ssl::stream_base::client, use_awaitable);
}

asio::awaitable<std::string> BenchConnection::Post(std::string target, std::string body) {
  const std::string request = RawPost("/" + target, body, "Content-Type: application/json\r\n");
  co_await asio::async_write(stream_, asio::buffer(request), use_awaitable);
  std::optional<RawReply> reply;
  while (!(reply = TakeReply(input_))) {
    char piece[4096];
    const std::size_t got = co_await stream_.async_read_some(asio::buffer(piece), use_awaitable);
    input_.append(piece, got);
  }
  if (input_.empty()) input_.shrink_to_fit();
  co_return std::move(reply->body);
}

std::string BenchPhone::Target(const std::string& command) const {
  return fmt::format("{}?{}", command, query_);
}

asio::awaitable<void> BenchPhone::Enter(asio::ip::tcp::endpoint server, std::string group) {
  co_await account_poll_.Connect(server);
  const json login = json::parse(co_await account_poll_.Post(
      "weapp/multi_room/get_im_login_info",
      fmt::format(R"({{"userIDPrefix":"pc","imuserid":"{}"}})", account_)));
  const std::string app = fmt::format("sdkappid={}", login.at("sdkAppID").get<std::int64_t>());
  const json entered = ReadReply(
      co_await account_poll_.Post(fmt::format("v4/openim/login?{}&identifier={}&usersig={}", app,
                                              account_, login.at("userSig").get<std::string>()),
                                  R"({"State":"Online"})"));
  query_ = fmt::format("{}&tinyid={}&a2={}", app, entered.at("TinyId").get<std::string>(),
                       entered.at("A2Key").get<std::string>());
  const json joined =
      ReadReply(co_await account_poll_.Post(Target("v4/group_open_http_svc/apply_join_group"),
                                            fmt::format(R"({{"GroupId":"{}"}})", group)));
  key_ = joined.at("LongPollingKey");
  group_ = std::move(group);
  co_await room_poll_.Connect(server);
}

asio::awaitable<void> BenchPhone::PollAccount() {
  std::uint64_t cursor = 0;
  while (true) {
    const std::string body = fmt::format(
        R"({{"Timeout":45,"Cookie":{{"NotifySeq":0,"NoticeSeq":{},"LongPollingId":"1"}}}})",
        cursor);
    const json reply =
        json::parse(co_await account_poll_.Post(Target("v4/openim/longpolling"), body));
    if (!reply.contains("EventArray")) continue;
    for (const json& event : reply["EventArray"]) {
      cursor = NoticeSeqOf(event, cursor);
    }
  }
}

asio::awaitable<void> BenchPhone::PollRoom(OnTexts on_texts) {
  std::uint64_t next = 0;
  const std::string target = Target("v1/group_open_long_polling_http_noauth_svc/get_msg");
  while (true) {
    const std::string body =
        fmt::format(R"({{"StartSeq":{},"HoldTime":90,"Key":"{}"}})", next, key_);
    const json reply = json::parse(co_await room_poll_.Post(target, body));
    next = reply.at("NextSeq");
    if (!reply.at("RspMsgList").empty()) on_texts(reply["RspMsgList"]);
  }
}

asio::awaitable<void> BenchPhone::PollFromStart(BenchConnection& connection) {
  const std::string target = Target("v1/group_open_long_polling_http_noauth_svc/get_msg");
  const std::string body = fmt::format(R"({{"StartSeq":1,"HoldTime":90,"Key":"{}"}})", key_);
  while (true) (void)co_await connection.Post(target, body);
}

asio::awaitable<void> BenchPhone::SendText(BenchConnection& connection, std::string text) {
  const std::string body =
      fmt::format(R"({{"GroupId":"{}","Random":{},"MsgBody":[{{"MsgType":"TIMTextElem",)"
                  R"("MsgContent":{{"Text":"{}"}}}}]}})",
                  group_, ++sent_, text);
  (void)ReadReply(co_await connection.Post(Target("v4/group_open_http_svc/send_group_msg"), body));
}

}  // namespace rtcroom
