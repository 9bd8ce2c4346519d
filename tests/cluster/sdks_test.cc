// Today's IM SDKs at several servers.
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/cluster/node_fixture.h"
#include "tests/e2e/web_socket_client.h"

namespace rtcroom {
namespace {

using nlohmann::json;

/// An SDK that has logged in at a server. Waits end after `kWaitTimeout`.
///
/// @threads for one thread.
class Sdk {
 public:
  Sdk(const ServerProcess& server, const ApiReply& identity)
      : client_("127.0.0.1:" + std::to_string(server.PortOf("https")),
                RawTls{.trusted = server.certificate()}),
        head_({{"identifier", identity.Text("userID")}, {"usersig", identity.Text("userSig")}}) {
    client_.Send("GET /info?sdkappid=" + identity.json["sdkAppID"].dump() +
                 " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                 "Sec-WebSocket-Version: 13\r\n\r\n");
    (void)client_.ReceiveUntil("\r\n\r\n");
    const json reply = Ask("im_open_status.wslogin");
    head_ = {{"tinyid", reply.value("TinyId", "")}, {"a2", reply.value("A2Key", "")}};
  }

  /// The body of the reply; null when the connection ends before.
  json Ask(const std::string& servcmd, const json& body = json::object()) {
    json head = head_;
    head["servcmd"] = servcmd;
    head["seq"] = ++last_seq_;
    client_.Send(ClientText(json({{"head", head}, {"body", body}}).dump()));
    while (true) {
      json object = Receive();
      if (object.is_null()) return object;
      if (object["head"].value("seq", std::int64_t{0}) == last_seq_)
        return std::move(object["body"]);
      pushes_.push_back(std::move(object["body"]));
    }
  }
  int CodeOf(const std::string& service, const json& body) {
    return Ask(service, body).value("ErrorCode", -1);
  }
  /// Waits for a push that has that text.
  bool Sees(std::string_view text) {
    while (true) {
      for (const json& push : std::exchange(pushes_, {})) {
        if (push.dump().find(text) != std::string::npos) return true;
      }
      json object = Receive();
      if (object.is_null()) return false;
      pushes_.push_back(std::move(object["body"]));
    }
  }

 private:
  json Receive() {
    while (true) {
      const auto frame = ReceiveFrame(client_);
      if (!frame || frame->opcode == kCloseOpcode) return nullptr;
      if (frame->opcode == kTextOpcode) return json::parse(frame->payload);
    }
  }

  RawClient client_;
  json head_;
  std::int64_t last_seq_ = 4'000'000'000;
  std::vector<json> pushes_;
};

class Sdks : public Nodes {
 protected:
  Sdks() {
    Add(2, {{"channel.enabled", true},
            {"channel.sdks", true},
            {"channel.max_instances", 2},
            {"auth.trust_imuserid", true}});
  }
  Sdk LoggedIn(std::size_t at, const std::string& account) {
    return {node(at), node(at).Https().Call("multi_room", "get_im_login_info",
                                            {{"userIDPrefix", "pc"}, {"imuserid", account}})};
  }
  static json Message(const std::string& text, int number) {
    return {{"MsgRandom", number},
            {"Random", number},
            {"MsgSeq", number},
            {"MsgBody", {{{"MsgType", "TIMTextElem"}, {"MsgContent", {{"Text", text}}}}}}};
  }
};

TEST_F(Sdks, SeeOfEachOtherAtOtherNodesWhatIsNotStored) {
  ASSERT_EQ(Call(0, "create_room", CreateBody("host", "r1")), kOk);
  Sdk alice = LoggedIn(0, "alice");
  Sdk bob = LoggedIn(1, "bob");
  const json group = {{"GroupId", "r1"}};
  ASSERT_EQ(alice.CodeOf("group_open_http_svc.apply_join_group", group), 0);
  ASSERT_EQ(bob.CodeOf("group_open_http_svc.apply_join_group", group), 0);
  EXPECT_TRUE(alice.Sees(R"("List_Account":["bob"])")) << "a tip";
  json message = Message("hello", 1);
  message["To_Account"] = "bob";
  ASSERT_EQ(alice.CodeOf("openim.sendmsg", message), 0);
  EXPECT_TRUE(bob.Sees("hello"));
  Sdk page = LoggedIn(0, "bob");
  ASSERT_EQ(bob.CodeOf("openim.msgreaded",
                       {{"C2CMsgReaded",
                         {{"C2CMsgReadedItem",
                           {{{"To_Account", "alice"}, {"LastedMsgTime", 1'700'000'000}}}}}}}),
            0);
  EXPECT_TRUE(alice.Sees("C2cReadedReceipt"));
  EXPECT_TRUE(page.Sees("ReadC2cMsgNotify"));
  ASSERT_EQ(bob.CodeOf("openim.c2c_msg_read_receipt",
                       {{"Peer_Account", "alice"},
                        {"C2CMsgInfo", {{{"MsgSeq", 1}, {"MsgRandom", 1}, {"MsgTime", 1}}}}}),
            0);
  EXPECT_TRUE(alice.Sees(R"("Event":16)"));
}

TEST_F(Sdks, AMeetingIsJoinedAndLeftByAllLoginsOfTheAccount) {
  ASSERT_EQ(Call(0, "create_room", CreateBody("host", "r1")), kOk);
  Sdk phone = LoggedIn(0, "alice");
  Sdk page = LoggedIn(1, "alice");
  Sdk bob = LoggedIn(0, "bob");
  const json group = {{"GroupId", "r1"}};
  for (Sdk* const sdk : {&phone, &bob}) {
    ASSERT_EQ(sdk->CodeOf("group_open_http_svc.apply_join_group", group), 0);
  }
  json message = Message("hello", 1);
  message["GroupId"] = "r1";
  ASSERT_EQ(bob.CodeOf("group_open_http_svc.send_group_msg", message), 0);
  EXPECT_TRUE(page.Sees("hello"));
  ASSERT_EQ(phone.CodeOf("group_open_http_svc.quit_group", group), 0);
  EXPECT_TRUE(page.Sees(R"("ReportType":8)"));
  message["Random"] = 2;
  EXPECT_EQ(page.CodeOf("group_open_http_svc.send_group_msg", message), 10007);
}

}  // namespace
}  // namespace rtcroom
