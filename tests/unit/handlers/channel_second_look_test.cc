// Logins to the message channel with tokens that another server on the store has given out.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/socket_client.h"

namespace rtcroom {
namespace {

using nlohmann::json;

class ChannelSecondLook : public testing::Test {
 protected:
  json ConnectOf(const std::string& token = "token-of-alice") {
    return {{"userID", "alice"}, {"token", token}};
  }
  json Poll(const std::string& token = "token-of-alice") {
    const json body = {{"connect", ConnectOf(token)}, {"wait", 0}, {"cursors", json::array()}};
    return json::parse(
        server_.Send(ChannelFixture::RequestOf("/channel/poll", "", body.dump())).body);
  }
  void LogInElsewhere() {
    server_.others.has_done = [this] { (void)server_.sessions.LoginTrusted({"alice"}); };
  }

  ChannelFixture server_;
};

TEST_F(ChannelSecondLook, FindsTheLoginOfASocket) {
  LogInElsewhere();
  SocketClient client(server_);
  EXPECT_EQ(client.Ask("connect", ConnectOf()).at("userID"), "alice");
  EXPECT_EQ(server_.others.asked, 1);
}

TEST_F(ChannelSecondLook, FindsTheLoginOfAPoll) {
  LogInElsewhere();
  EXPECT_TRUE(Poll().contains("replies"));
  EXPECT_EQ(server_.others.asked, 1);
}

TEST_F(ChannelSecondLook, IsNotNeededForAKnownLogin) {
  (void)server_.sessions.LoginTrusted({"alice"});
  EXPECT_TRUE(Poll().contains("replies"));
  EXPECT_EQ(server_.others.asked, 0);
}

TEST_F(ChannelSecondLook, IsPaidForByTheAddress) {
  EXPECT_EQ(Poll().at("error").at("code"), 70001);
  EXPECT_EQ(server_.admission.charged_to_addresses, 1U);
  server_.admission.indebted_addresses.insert("192.0.2.1");
  EXPECT_EQ(Poll().at("error").at("code"), 10002);
  EXPECT_EQ(server_.others.asked, 1);
}

TEST_F(ChannelSecondLook, RefusesNobodyWhileTheOthersCannotBeHeard) {
  server_.others.busy = true;
  EXPECT_EQ(Poll().at("error").at("code"), 10002);
  SocketClient client(server_);
  (void)client.Ask("connect", ConnectOf());
  EXPECT_EQ(client.close_code(), 1013);
}

}  // namespace
}  // namespace rtcroom
