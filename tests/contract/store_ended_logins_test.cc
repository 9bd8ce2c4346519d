// Store contract: logins that ended before their tokens, and since when accounts are valid.
#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/contract/store_contract.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

EndedLogin LoginOf(const std::string& account, std::uint64_t instance, TimePoint logged_in) {
  return {.account = {account},
          .instance = instance,
          .logged_in = logged_in,
          .expires = logged_in + 1h,
          .end = LoginEnd::kLoggedOut};
}

EndedLogin AllBefore(TimePoint time, const std::string& account = "bob") {
  EndedLogin login = LoginOf(account, 0, time);
  login.end = LoginEnd::kKicked;
  return login;
}

AccountValidity Validity(const std::string& account, std::chrono::seconds after) {
  return {.account = {account},
          .valid_from = std::chrono::floor<std::chrono::seconds>(kNoon) + after};
}

TEST_P(StoreContract, KeepsEndedLoginsUntilTheirTokensExpire) {
  const EndedLogin one = LoginOf("b%o'b", std::numeric_limits<std::uint64_t>::max(), kNoon + 1ms);
  const EndedLogin other = LoginOf("amy", 7, kNoon);
  ASSERT_OK(store_->ended_logins().PutEndedLogins(std::vector{one, other}));
  ASSERT_OK(store_->ended_logins().PutEndedLogins(std::vector{one}));
  EXPECT_THAT(*store_->ended_logins().LoadEndedLogins(kNoon), UnorderedElementsAre(one, other));
  EXPECT_THAT(*store_->ended_logins().LoadEndedLogins(kNoon + 1h), ElementsAre(one));
  ASSERT_OK(store_->ended_logins().RemoveEndedLogins(kNoon + 1h));
  EXPECT_THAT(*store_->ended_logins().LoadEndedLogins(TimePoint()), ElementsAre(one));
  EXPECT_EQ(store_->LoadRemovalTime()->mark, kNoon + 1h);
}

TEST_P(StoreContract, KeepsOneEndOfAllEarlierLoginsOfAnAccount) {
  const EndedLogin later = LoginOf("bob", 9, kNoon + 5ms);
  const EndedLogin of_another = LoginOf("amy", 8, kNoon);
  ASSERT_OK(store_->ended_logins().PutEndedLogins(
      std::vector{LoginOf("bob", 8, kNoon), of_another, later, AllBefore(kNoon + 2ms)}));
  const EndedLogin newest = AllBefore(kNoon + 5ms);
  ASSERT_OK(store_->ended_logins().PutEndedLogins(
      std::vector{newest, AllBefore(kNoon + 4ms), LoginOf("bob", 6, kNoon + 3ms)}));
  EXPECT_THAT(*store_->ended_logins().LoadEndedLogins(TimePoint()),
              UnorderedElementsAre(newest, later, of_another));
}

TEST_P(StoreContract, NeverLowersTheValidityOfAnAccount) {
  EXPECT_THAT(*store_->ended_logins().LoadAccountValidities(), IsEmpty());
  ASSERT_OK(store_->ended_logins().PutAccountValidity(Validity("bob", 1s)));
  ASSERT_OK(store_->ended_logins().PutAccountValidity(Validity("amy", 2s)));
  ASSERT_OK(store_->ended_logins().PutAccountValidity(Validity("bob", 3s)));
  ASSERT_OK(store_->ended_logins().PutAccountValidity(Validity("bob", 2s)));
  EXPECT_THAT(*store_->ended_logins().LoadAccountValidities(),
              UnorderedElementsAre(Validity("bob", 3s), Validity("amy", 2s)));
}

}  // namespace
}  // namespace rtcroom
