// Today's IM SDKs in a meeting "meet" and a live room "live".
#pragma once

#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/support/sdk_client.h"

namespace rtcroom {

class TimMessages : public testing::Test {
 protected:
  TimMessages() {
    server_.MakeRoom(RoomKind::kMulti, "meet");
    server_.MakeRoom(RoomKind::kLive, "live", Dialect::kGen2);
  }

  std::unique_ptr<SdkClient> LoggedIn(const std::string& user) {
    return SdkClient::LoggedIn(server_, user);
  }
  std::unique_ptr<SdkClient> Joined(const std::string& user, const std::string& group) {
    auto client = LoggedIn(user);
    (void)client->Join(group);
    return client;
  }
  /// The kind of the notice in a push, which is for one account.
  static nlohmann::json NoticeTo(const std::string& user, const nlohmann::json& push) {
    const nlohmann::json& notice = push["EventArray"][0]["GroupTips"][0];
    EXPECT_EQ(notice["To_Account"], user);
    return notice["MsgBody"]["ReportType"];
  }
  /// The login goes on with another connection.
  std::unique_ptr<SdkClient> ComesBack(SdkClient& client) {
    client.Cut();
    auto again = std::make_unique<SdkClient>(server_);
    again->TakeLogin(client);
    EXPECT_EQ(again->LogInAgain()["ErrorCode"], 0);
    return again;
  }

  ChannelFixture server_;
};

}  // namespace rtcroom
