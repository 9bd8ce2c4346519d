#include "daemon/core/ended_login_list.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/rooms.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;

class EndedLoginListTest : public testing::Test {
 protected:
  static EndedLogin LoginOf(const std::string& account, std::uint64_t instance,
                            std::chrono::milliseconds after = 0ms) {
    return {.account = {account},
            .instance = instance,
            .logged_in = kNoon + after,
            .expires = kNoon + after + 1h};
  }
  /// All logins of bob that began before.
  static EndedLogin AllBefore(std::chrono::milliseconds after) {
    EndedLogin login = LoginOf("bob", 0, after);
    login.end = LoginEnd::kKicked;
    return login;
  }
  std::optional<LoginEnd> Find(const std::string& account, std::uint64_t instance,
                               std::chrono::milliseconds after = 0ms) const {
    return ends_.Find({account}, instance, kNoon + after);
  }

  EndedLoginList ends_{3};
};

TEST_F(EndedLoginListTest, FindsOneLogin) {
  EXPECT_TRUE(ends_.Put(LoginOf("bob", 7)));
  EXPECT_FALSE(ends_.Put(LoginOf("bob", 7)));
  EXPECT_EQ(Find("bob", 7), LoginEnd::kLoggedOut);
  EXPECT_EQ(Find("bob", 8), std::nullopt);
  EXPECT_EQ(Find("amy", 7), std::nullopt);
  EXPECT_EQ(ends_.CountSingle({"bob"}), 1U);
  EXPECT_EQ(ends_.CountSingle({"amy"}), 0U);
}

TEST_F(EndedLoginListTest, FindsAllLoginsOfAnAccountBeforeATime) {
  ends_.Put(LoginOf("bob", 7));
  ends_.Put(LoginOf("bob", 8, 5ms));
  EXPECT_TRUE(ends_.Put(AllBefore(5ms)));
  EXPECT_FALSE(ends_.Put(AllBefore(4ms)));
  EXPECT_FALSE(ends_.Put(LoginOf("bob", 9, 4ms)));
  EXPECT_EQ(ends_.CountSingle({"bob"}), 1U) << "the others are covered";
  EXPECT_EQ(Find("bob", 9, 4ms), LoginEnd::kKicked);
  EXPECT_EQ(Find("bob", 9, 5ms), std::nullopt);
  EXPECT_EQ(Find("amy", 9, 4ms), std::nullopt);
  EXPECT_EQ(ends_.EndedBefore({"bob"}), kNoon + 5ms);
  EXPECT_EQ(ends_.EndedBefore({"amy"}), TimePoint());
}

TEST_F(EndedLoginListTest, RemovesThoseThatHaveExpired) {
  ends_.Put(LoginOf("bob", 7));
  ends_.Put(LoginOf("amy", 8, 1ms));
  EXPECT_EQ(ends_.RemoveEnded(kNoon + 1h - 1ms), 0U);
  EXPECT_EQ(ends_.RemoveEnded(kNoon + 1h), 1U);
  EXPECT_EQ(Find("bob", 7), std::nullopt);
  EXPECT_NE(Find("amy", 8), std::nullopt);
}

TEST_F(EndedLoginListTest, DropsTheOneThatExpiresFirstBeyondItsCapacity) {
  for (const std::uint64_t i : {2U, 1U, 3U}) ends_.Put(LoginOf("bob", i, std::chrono::hours(i)));
  EXPECT_EQ(ends_.TakeDropped(), 0U);
  ends_.Put(LoginOf("bob", 4, 4h));
  EXPECT_EQ(Find("bob", 1, 1h), std::nullopt);
  EXPECT_NE(Find("bob", 2, 2h), std::nullopt);
  EXPECT_EQ(ends_.TakeDropped(), 1U);
}

TEST_F(EndedLoginListTest, AddsWhatOtherProgramsHaveStored) {
  const std::vector<EndedLogin> ends = {LoginOf("bob", 7)};
  ends_.OnCommit({.ended_logins = ends});
  EXPECT_NE(Find("bob", 7), std::nullopt);
}

}  // namespace
}  // namespace rtcroom
