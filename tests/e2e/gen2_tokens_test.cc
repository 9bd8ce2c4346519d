// The lifetime of a token: over restarts, until it expires unused, until it is removed for others
// (protocol B.1, C.5).
#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/gen2_calls.h"
#include "tests/e2e/store_audit.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

using std::chrono::steady_clock;

/// The refusal of a harmless call; empty when the token is accepted.
std::string RefusalOf(const ServerProcess& server, const std::string& user,
                      const std::string& token) {
  Gen2Client client(server.Https(), user, "multi_room", token);
  const ApiReply reply = client.Call("get_room_list", ListBody());
  return reply.code() == kOk ? "" : reply.Text("message");
}

class Tokens : public testing::Test {
 protected:
  std::string TokenOf(const std::string& user) {
    return LoggedIn(server_, user, "multi_room").token();
  }

  ServerProcess server_{{.settings = WithLogins()}};
};

TEST_F(Tokens, SurviveRestartsWithLoginsAndLogouts) {
  const std::string replaced = TokenOf("alice");
  const std::string alice = TokenOf("alice");
  Gen2Client leaver = LoggedIn(server_, "leaver", "multi_room");
  ASSERT_EQ(leaver.Logout().code(), kOk);
  const auto expect_the_same = [&] {
    EXPECT_EQ(RefusalOf(server_, "alice", alice), "");
    EXPECT_EQ(RefusalOf(server_, "alice", replaced), kTokenWrong);
    EXPECT_EQ(RefusalOf(server_, "leaver", leaver.token()), kNotLoggedIn);
  };
  expect_the_same();
  server_.Kill9();
  server_.Start();
  expect_the_same();
  EXPECT_EQ(server_.Terminate(), 0);
  server_.Start();
  expect_the_same();
  server_.HandOver();
  expect_the_same();
  EXPECT_NE(TokenOf("alice"), alice);
  EXPECT_EQ(RefusalOf(server_, "alice", alice), kTokenWrong);
}

TEST(TokenExpiry, IsExtendedByUse) {
  constexpr std::chrono::seconds kLife{5};
  constexpr std::chrono::milliseconds kPause{200};
  ServerProcess server({.settings = WithLogins({{"auth.token_ttl", "5s"}})});
  Gen2Client busy(server.Https(), "busy", "multi_room");
  std::string idle;
  // If the test stalls for the lifetime of a token it has not used it: then try again.
  for (bool was_used = false; !was_used && !HasFailure();) {
    const auto begun = steady_clock::now();
    auto last_use = begun;
    busy = LoggedIn(server, "busy", "multi_room");
    idle = LoggedIn(server, "idle", "multi_room").token();
    const std::string refusal = RefusalOf(server, "idle", idle);
    was_used = steady_clock::now() - begun < kLife;
    if (was_used) {
      EXPECT_EQ(refusal, "");
    }
    while (was_used && steady_clock::now() - begun < 2 * kLife && !HasFailure()) {
      std::this_thread::sleep_for(kPause);  // the rate of uses
      const auto sent = steady_clock::now();
      const int code = busy.Call("get_room_list", ListBody()).code();
      was_used = steady_clock::now() - std::exchange(last_use, sent) < kLife;
      if (was_used) {
        EXPECT_EQ(code, kOk);
      }
    }
  }
  EXPECT_EQ(RefusalOf(server, "idle", idle), kNotLoggedIn);
  // The test needs time to pass: there is no condition to wait for.
  std::this_thread::sleep_for(kLife + std::chrono::milliseconds(100));
  EXPECT_EQ(RefusalOf(server, "busy", busy.token()), kNotLoggedIn);
  server.Kill9();
  server.Start();
  EXPECT_EQ(RefusalOf(server, "busy", busy.token()), kNotLoggedIn);
  EXPECT_EQ(RefusalOf(server, "idle", idle), kNotLoggedIn);
}

TEST(TokenTable, EvictsTheLeastRecentlyUsedToken) {
  ServerProcess server({.settings = WithLogins({{"auth.max_tokens", 3}})});
  std::vector<Gen2Client> users;
  for (const char* name : {"a", "b", "c"}) users.push_back(LoggedIn(server, name, "multi_room"));
  EXPECT_EQ(RefusalOf(server, "a", users[0].token()), "") << "b is now the least recently used";
  users.push_back(LoggedIn(server, "d", "multi_room"));
  const auto refusals = [&] {
    std::vector<std::string> said;
    for (const char* place : {"d", "c", "a", "b"}) {
      const auto user =
          std::ranges::find(users, std::string(place), [](const auto& u) { return u.user_id(); });
      said.push_back(RefusalOf(server, place, user->token()));
    }
    return said;
  };
  EXPECT_THAT(refusals(), testing::ElementsAre("", "", "", kNotLoggedIn));
  EXPECT_EQ(users[3].Login().code(), kOk) << "logging in again evicts no other session";
  EXPECT_THAT(refusals(), testing::ElementsAre("", "", "", kNotLoggedIn));
  // It is written to the store within seconds.
  EXPECT_TRUE(Eventually(
      [&] { return CountRows(server.data_directory() / "rtcroomd.db", "sessions") == 3; }));
  server.Kill9();
  server.Start();
  EXPECT_THAT(refusals(), testing::ElementsAre("", "", "", kNotLoggedIn));
}

}  // namespace
}  // namespace rtcroom
