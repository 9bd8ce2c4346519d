// Requests to the message channel that no honest client sends: each gets the object that clients
// can read, the room's poll even a success after its hold; the server lives on, and keeps nothing.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/channel_server.h"
#include "tests/e2e/room_calls.h"
#include "tests/support/eventually.h"
#include "tests/support/process_stats.h"
#include "tests/support/raw_client.h"
#include "tests/support/sanitizers.h"

namespace rtcroom {
namespace {

using namespace std::string_literals;  // NOLINT(google-build-using-namespace): of bytes with NUL

using nlohmann::json;

constexpr std::chrono::seconds kShortestHold{5};
constexpr std::size_t kMaxBodyBytes = 65536;
/// What a client would take for a server that is overloaded or broken.
constexpr int kServerBusy = 10002;

struct HostileCall {
  std::string name = {};
  ApiRequest request = {};
  int status = 200;
  bool is_held = false;
};
std::ostream& operator<<(std::ostream& out, const HostileCall& call) { return out << call.name; }

using HostileBody = std::pair<std::string, std::string>;

std::string Repeated(std::string_view text, std::size_t times) {
  std::string repeated;
  for (std::size_t i = 0; i < times; ++i) repeated += text;
  return repeated;
}

/// Bodies that are hostile to any command.
std::vector<HostileBody> AnyBodies() {
  return {
      {"nested arrays", std::string(30'000, '[')},
      {"nested objects", Repeated(R"({"a":)", 10'000)},
      {"nested and closed", R"({"Key":)" + std::string(5000, '[') + std::string(5000, ']') + "}"},
      {"many members", "{" + Repeated(R"("a":1,)", 9000) + R"("b":1})"},
      {"an endless number", R"({"StartSeq":1e)" + std::string(5000, '9') + "}"},
      {"many digits", R"({"StartSeq":)" + std::string(60'000, '1') + "}"},
      {"a text without an end", R"({"Key":")" + std::string(60'000, 'a')},
      {"not UTF-8", "{\"Key\":\"\xc0\xaf\"}"},
      {"half a character", "{\"Key\":\"\xe4\xbd\"}"},
      {"a byte order mark", "\xef\xbb\xbf{}"},
      {"UTF-16", "\xff\xfe{\0}\0"s},
      {"NULs", std::string(1000, '\0')},
      {"an escaped NUL", R"({"Key":"a\u0000b","GroupId":"a\u0000b"})"},
      {"a lone surrogate", R"({"Key":"\ud800","GroupId":"\udc00"})"},
      {"a prototype", R"({"__proto__":{"Key":1},"constructor":{"prototype":1}})"},
      {"as long as allowed", "{" + std::string(kMaxBodyBytes - 2, ' ') + "}"},
      {"an array", "[{}]"},
      {"a form", "Key=1&StartSeq=2"},
      {"compressed", "\x1f\x8b\x08\0\0\0\0\0\0\x03"s},
  };
}

/// Values that no field expects, in place of each of these fields.
std::vector<HostileBody> IllTyped(const json& body) {
  std::vector<HostileBody> bodies;
  const std::pair<const char*, json> values[] = {
      {"null", nullptr},
      {"an object", {{"a", 1}}},
      {"an array", json::array({1})},
      {"a fraction", 0.5},
      {"a negative number", -1},
      {"a large number", std::numeric_limits<std::uint64_t>::max()},
      {"a huge number", 1e300},
      {"a switch", true},
      {"the empty text", ""},
      {"a long text", std::string(60'000, 'x')},
  };
  for (const auto& field : body.items()) {
    for (const auto& [name, value] : values) {
      json changed = body;
      changed[field.key()] = value;
      bodies.emplace_back(field.key() + " is " + name, changed.dump());
    }
  }
  return bodies;
}

std::string Message(const std::string& elements) {
  return R"({"GroupId":"r1","Random":7,"To_Account":"bob","MsgRandom":7,"MsgBody":)" + elements +
         "}";
}

std::vector<HostileBody> MessageBodies() {
  const std::string text = R"({"MsgType":"TIMTextElem","MsgContent":{"Text":"a"}})";
  return {
      {"many elements", Message("[" + Repeated(text + ",", 900) + text + "]")},
      {"elements that are no objects", Message("[1,null,\"a\",[]]")},
      {"an element without content", Message(R"([{"MsgType":"TIMTextElem"}])")},
      {"an element of no type", Message(R"([{"MsgContent":{"Text":"a"}}])")},
      {"a type that is an object", Message(R"([{"MsgType":{},"MsgContent":{}}])")},
      {"a picture", Message(R"([{"MsgType":"TIMImageElem","MsgContent":{"a":1}}])")},
      {"a text of 13 KB", Message(R"([{"MsgType":"TIMTextElem","MsgContent":{"Text":")" +
                                  std::string(13'000, 'a') + R"("}}])")},
      {"nested content", Message(R"([{"MsgType":"TIMTextElem","MsgContent":{"Text":"a","b":)" +
                                 std::string(12, '[') + std::string(12, ']') + "}}]")},
      {"a nested command",
       Message(R"([{"MsgType":"TIMCustomElem","MsgContent":{"Data":"{\"cmd\":)" +
               std::string(5000, '[') + R"(}}","Desc":"","Ext":""}}])")},
      {"a command that is an object",
       Message(R"([{"MsgType":"TIMCustomElem","MsgContent":{"Data":"{\"cmd\":{\"a\":1}}",)"
               R"("Desc":"","Ext":""}}])")},
      {"a face that is a text",
       Message(R"([{"MsgType":"TIMFaceElem","MsgContent":{"Index":"1","Data":2}}])")},
  };
}

struct HostileQuery {
  std::string name = {};
  std::string query = {};
};

/// @param good  the query of a login that is valid.
std::vector<HostileQuery> Queries(const std::string& good) {
  return {
      {"none", ""},
      {"nothing but &", std::string(1500, '&')},
      {"nothing but =", std::string(1000, '=')},
      {"broken escapes", "a2=%&tinyid=%zz&sdkappid=1400000001&%=%0"},
      {"escaped NULs", "sdkappid=1400000001&tinyid=%00&a2=%00%00"},
      {"escapes that are not UTF-8", "sdkappid=1400000001&tinyid=%ff&a2=%c0%af"},
      {"another application", "sdkappid=99999999999999999999&" + good},
      {"a negative application", "sdkappid=-1&" + good},
      {"a long proof", "sdkappid=1400000001&tinyid=1&a2=" + std::string(1500, 'a')},
      {"a long number", "sdkappid=1400000001&a2=00&tinyid=" + std::string(1500, '9')},
      {"a proof in capitals", "sdkappid=1400000001&tinyid=1&a2=ABCDEF"},
      {"many pairs", Repeated("a=1&", 400)},
  };
}

/// @param proof   of a member of the group "r1".
/// @param others  of accounts in no group: more than a few polls of one are answered early.
std::vector<HostileCall> HostileCalls(const std::string& proof,
                                      const std::vector<std::string>& others) {
  std::vector<HostileCall> calls;
  std::size_t held = 0;
  const auto post = [&](const std::string& name, const std::string& command,
                        const std::string& query, const std::string& body) {
    calls.push_back(
        {.name = command.substr(command.rfind('/') + 1) + ": " + name,
         .request = {.target = "/" + command + (query.empty() ? "" : "?") + query, .body = body},
         .is_held = command == kRoomPoll});
  };
  const auto poll = [&](const std::string& name, const std::string& body) {
    post(name, kRoomPoll, others[held++ % others.size()], body);
  };
  const std::string sends[] = {kGroups + "send_group_msg"s, "v4/openim/sendmsg"};
  for (const auto& [name, body] : AnyBodies()) {
    poll(name, body);
    post(name, sends[0], proof, body);
    post(name, "v4/openim/getmsg", proof, body);
  }
  for (const auto& [name, body] : MessageBodies()) {
    for (const std::string& command : sends) post(name, command, proof, body);
  }
  const std::pair<std::string, json> commands[] = {
      {kGroups + "group_msg_get"s, {{"GroupId", "r1"}, {"ReqMsgSeq", 1}}},
      {kGroups + "get_group_info"s, {{"GroupIdList", {"r1"}}}},
      {"v4/profile/portrait_set", {{"ProfileItem", json::array()}}},
      {"v4/openim/getroammsg", {{"Peer_Account", "bob"}, {"MaxCnt", 1}, {"MsgKey", "1"}}},
      {"v4/recentcontact/get", {{"Count", 1}}},
  };
  for (const auto& [command, body] : commands) {
    for (const auto& [name, changed] : IllTyped(body)) post(name, command, proof, changed);
  }
  for (const auto& [name, body] : IllTyped({{"StartSeq", 0}, {"HoldTime", 90}, {"Key", "k"}})) {
    poll(name, body);
  }
  for (const auto& [name, query] : Queries(proof)) {
    post("query of " + name, "v4/openim/authkey", query, "{}");
  }
  for (const auto& [name, query] : Queries(others.front())) {
    post("query of " + name, kRoomPoll, query, "{}");
  }
  const std::string app = "sdkappid=1400000001&";
  post("no ticket", "v4/openim/login", app + "identifier=bob", "{}");
  post("a long ticket", "v4/openim/login", app + "identifier=bob&usersig=" + std::string(1500, 'A'),
       "{}");
  post("a ticket of escapes", "v4/openim/login", app + "identifier=bob&usersig=%00%ff", "{}");
  post("a long account", "v4/openim/login",
       app + "usersig=eJx&identifier=" + std::string(1500, 'a'), "{}");
  post("an account of escapes", "v4/openim/login", app + "usersig=eJx&identifier=%00%ff", "{}");
  for (const std::string path :
       {"v4/", "v1/", "v4/openim", "v4/openim/", "v4/openim/login/", "v4//openim/login",
        "v4/OPENIM/login", "v4/openim/login%00", "v4/openim%2flogin", "v4/openim/deletemsg",
        "v4/sns/friend_add", "v1/openim/login",
        "v4/group_open_long_polling_http_noauth_svc/get_msg",
        "v1/group_open_http_noauth_svc/apply_join_group", "v4/__proto__/constructor"}) {
    calls.push_back(
        {.name = "path " + path, .request = {.target = "/" + path + "?" + proof, .body = "{}"}});
  }
  calls.push_back({.name = "path of 500 characters",
                   .request = {.target = "/v4/" + std::string(496, 'a') + "?" + proof}});
  calls.push_back({.name = "path of 3000 characters",
                   .request = {.target = "/v4/" + std::string(2996, 'a') + "?" + proof},
                   .status = 414});
  calls.push_back({.name = "query of 3000 characters",
                   .request = {.target = "/v4/openim/authkey?" + std::string(3000, 'a')},
                   .status = 414});
  for (const std::string method : {"GET", "PUT", "DELETE", "PATCH"}) {
    for (const std::string command : {"v4/openim/login", kAccountPoll, kRoomPoll}) {
      calls.push_back({.name = method + " " + command,
                       .request = {.method = method, .target = "/" + command + "?" + proof},
                       .status = 405});
    }
  }
  return calls;
}

class ChannelHostile : public testing::Test {
 protected:
  ChannelHostile() {
    EXPECT_EQ(server_.process()
                  .Https()
                  .Call("multi_room", "create_room", CreateBody("host", "r1"))
                  .code(),
              kOk);
    EXPECT_NE(caller_.Join("r1"), "");
  }

  /// Sends all: those that are held at once, and the others meanwhile.
  void TryAll(const std::vector<HostileCall>& calls) {
    std::vector<std::pair<const HostileCall*, std::unique_ptr<HeldPoll>>> polls;
    for (const HostileCall& call : calls) {
      if (!call.is_held) continue;
      polls.emplace_back(&call,
                         std::make_unique<HeldPoll>(server_.process().Https(), call.request));
    }
    ApiClient client = server_.process().Https();
    for (const HostileCall& call : calls) {
      if (!call.is_held) Check(call, client.Send(call.request));
    }
    for (const auto& [call, poll] : polls) {
      Check(*call, poll->Reply());
      EXPECT_GE(poll->Duration(), kShortestHold) << *call;
      EXPECT_EQ(ErrorCodeOf(poll->Json()), 0) << *call << ": " << poll->Reply();
    }
    EXPECT_EQ(caller_.CodeOf("v4/openim/authkey"), 0) << "the server lives, the login is valid";
  }
  static void Check(const HostileCall& call, const ApiReply& reply) {
    EXPECT_EQ(reply.status, call.status) << call << ": " << reply;
    EXPECT_NE(ErrorCodeOf(reply.json), -1) << call << ": " << reply;
    EXPECT_NE(ErrorCodeOf(reply.json), kServerBusy) << call << ": " << reply;
  }

  [[nodiscard]] std::vector<HostileCall> Calls() const {
    constexpr int kOthers = 10;
    std::vector<std::string> others;
    for (int i = 0; i < kOthers; ++i) {
      others.push_back(server_.Caller(fmt::format("u{}", i)).Query());
    }
    return HostileCalls(caller_.Query(), others);
  }

  ChannelServer server_{"5s"};
  ChannelCaller caller_ = server_.Caller("alice");
};

TEST_F(ChannelHostile, BodiesOfTooManyBytesAreRefusedWithThatObject) {
  for (const std::string command : {"v4/openim/sendmsg", kRoomPoll}) {
    RawClient client(server_.process().AddressOf("https"),
                     {.trusted = server_.process().certificate()});
    client.Send(
        RawPost("/" + command + "?" + caller_.Query(), std::string(kMaxBodyBytes + 1, ' ')));
    const RawReply reply = client.Receive();
    EXPECT_EQ(reply.status, 413);
    EXPECT_EQ(ErrorCodeOf(json::parse(reply.body, nullptr, /*allow_exceptions=*/false)), kBadJson)
        << reply.body;
  }
  EXPECT_EQ(caller_.CodeOf("v4/openim/authkey"), 0);
}

TEST_F(ChannelHostile, MethodsWithoutABodyGetNone) {
  ApiClient client = server_.process().Https();
  const ApiReply options = client.Send({.method = "OPTIONS", .target = "/v4/openim/login"});
  EXPECT_EQ(options.status, 204);
  EXPECT_EQ(options.text, "");
  EXPECT_EQ(client.Send({.method = "HEAD", .target = "/v4/openim/login"}).status, 405);
}

TEST_F(ChannelHostile, RequestsGetTheObjectThatClientsReadAndLeaveNothingBehind) {
  const pid_t server = server_.process().child().pid();
  const std::vector<HostileCall> calls = Calls();
  std::set<std::string> names;
  for (const HostileCall& call : calls) names.insert(call.name);
  EXPECT_EQ(names.size(), calls.size()) << "each row has a unique name";
  EXPECT_GE(calls.size(), 100U);
  TryAll(calls);  // first-time allocations happen here
  const std::size_t descriptors = OpenDescriptorsOf(server);
  if (IsServerSanitized()) {
    TryAll(calls);  // the sanitizers' allocators keep freed memory for a while, to detect its use
  } else {
    EXPECT_TRUE(StopsGrowing(server, [&] { TryAll(calls); }));
  }
  EXPECT_TRUE(Eventually([&] { return OpenDescriptorsOf(server) <= descriptors; }));
  EXPECT_EQ(server_.Polls(), 0);
}

}  // namespace
}  // namespace rtcroom
