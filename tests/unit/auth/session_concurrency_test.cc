// Concurrent logins, checks and logouts of the same users.
#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/support/session_fixture.h"

namespace rtcroom {
namespace {

using SessionConcurrencyTest = SessionFixture;

TEST_F(SessionConcurrencyTest, KeepsMemoryAndStoreConsistent) {
  constexpr int kUsers = 4;
  constexpr int kPhones = 8;
  constexpr int kRounds = 200;
  std::atomic<int> strangers{0};
  {
    std::vector<std::jthread> phones;
    phones.reserve(kPhones);
    for (int phone = 0; phone < kPhones; ++phone) {
      phones.emplace_back([&, user = fmt::format("u{}", phone % kUsers)] {
        for (int round = 0; round < kRounds; ++round) {
          const Result<SessionLogin> login = service_->Login(CommandOf(user));
          if (!login) continue;
          const TokenOutcome outcome = service_->Check(user, login->token.Reveal());
          // Another phone of the same user may have logged in or out; no other outcome is valid.
          if (outcome != TokenOutcome::kOk && outcome != TokenOutcome::kWrongToken &&
              outcome != TokenOutcome::kNoSession) {
            ++strangers;
          }
          if (round % 3 == 0) (void)service_->Logout(user, login->token.Reveal());
        }
      });
    }
    const std::jthread upkeep([&](const std::stop_token& stop) {
      while (!stop.stop_requested()) (void)Upkeep();
    });
    for (std::jthread& phone : phones) phone.join();
  }
  EXPECT_EQ(strangers, 0);
  // Finally, one uncontended login per user.
  std::vector<std::string> tokens;
  tokens.reserve(kUsers);
  for (int user = 0; user < kUsers; ++user) tokens.push_back(Login(fmt::format("u{}", user)));
  Restart();
  for (int user = 0; user < kUsers; ++user) {
    EXPECT_EQ(service_->Check(fmt::format("u{}", user), tokens[static_cast<std::size_t>(user)]),
              TokenOutcome::kOk);
  }
}

TEST_F(SessionConcurrencyTest, KeepsTheSameConcurrentLoginInMemoryAndStore) {
  for (int round = 0; round < 50; ++round) {
    std::vector<std::string> tokens(4);
    {
      std::vector<std::jthread> phones;
      phones.reserve(tokens.size());
      for (std::string& token : tokens) {
        phones.emplace_back([&] { token = Login("amy"); });
      }
    }
    std::vector<TokenOutcome> before;
    before.reserve(tokens.size());
    for (const std::string& token : tokens) before.push_back(service_->Check("amy", token));
    EXPECT_EQ(std::ranges::count(before, TokenOutcome::kOk), 1);
    Restart();
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      EXPECT_EQ(service_->Check("amy", tokens[i]), before[i]);
    }
  }
}

}  // namespace
}  // namespace rtcroom
