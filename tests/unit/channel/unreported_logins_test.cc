#include "daemon/channel/unreported_logins.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::size_t kOfAccount = 2;
constexpr std::size_t kOfAll = 1500;
/// Enough that old ones are looked for.
constexpr std::size_t kMany = 10'000;

AccountLogin Login(const std::string& account, std::uint64_t instance) {
  return {.account = {account}, .instance = instance};
}
AccountLogin Logout(const std::string& account, std::uint64_t instance) {
  AccountLogin logout = Login(account, instance);
  logout.has_ended = true;
  return logout;
}

std::vector<AccountLogin> TakeAll(UnreportedLogins& untold) {
  return untold.Take(untold.size(), [](const AccountLogin& /*login*/) { return true; });
}

TEST(UnreportedLogins, AreTakenInTheirOrderUnlessTheyHaveEnded) {
  UnreportedLogins untold(kOfAccount, kOfAll);
  untold.Add(Login("amy", 1));
  untold.Add(Login("bob", 2));
  untold.Add(Logout("carol", 3));
  const auto lasts = [](const AccountLogin& login) { return login.instance != 1; };
  const std::vector<AccountLogin> first = untold.Take(1, lasts);
  EXPECT_THAT(first, ElementsAre(Login("bob", 2)));
  untold.PutBack(first);
  EXPECT_THAT(TakeAll(untold), ElementsAre(Login("bob", 2), Logout("carol", 3)));
  EXPECT_THAT(TakeAll(untold), IsEmpty());
}

TEST(UnreportedLogins, OfTheLogoutsOfAnAccountTheNewestStay) {
  UnreportedLogins untold(kOfAccount, kOfAll);
  untold.Add(Logout("bob", 1));
  std::size_t most = 0;
  for (std::size_t i = 0; i < kMany; ++i) {
    untold.Add(Logout("amy", i));
    most = std::max(most, untold.size());
  }
  EXPECT_LT(most, kMany / 5);
  const std::vector<AccountLogin> taken = TakeAll(untold);
  EXPECT_EQ(taken.front(), Logout("bob", 1));
  EXPECT_EQ(taken.back(), Logout("amy", kMany - 1));
  EXPECT_EQ(taken.at(taken.size() - kOfAccount), Logout("amy", kMany - kOfAccount));
}

TEST(UnreportedLogins, OfTheLogoutsOfAllAccountsTheNewestStay) {
  UnreportedLogins untold(kOfAccount, kOfAll);
  untold.Add(Login("bob", 1));
  std::size_t most = 0;
  for (std::size_t i = 0; i < kMany; ++i) {
    untold.Add(Logout(fmt::format("amy{}", i), i));
    most = std::max(most, untold.size());
  }
  EXPECT_LE(most, 2 * (kOfAll + 1) + 1);
  const std::vector<AccountLogin> taken = TakeAll(untold);
  EXPECT_EQ(taken.front(), Login("bob", 1)) << "a login that lasts is not forgotten";
  EXPECT_EQ(taken.back(), Logout(fmt::format("amy{}", kMany - 1), kMany - 1));
  EXPECT_GE(taken.size(), kOfAll);
}

}  // namespace
}  // namespace rtcroom
