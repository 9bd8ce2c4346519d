#include "daemon/base/nearest_name.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace rtcroom {
namespace {

const std::vector<std::string>& Names() {
  static const std::vector<std::string> names = {"serve", "check-config", "check-store", "rooms"};
  return names;
}

TEST(NearestName, IsFoundWithLettersLeftOutAddedReplacedOrSwapped) {
  for (const char* const word : {"serv", "serve", "servee", "sarve", "sevre", "SERVE"}) {
    EXPECT_EQ(NearestName(word, Names()), "serve") << word;
  }
  EXPECT_EQ(NearestName("check-confg", Names()), "check-config");
  EXPECT_EQ(NearestName("checkstore", Names()), "check-store");
}

TEST(NearestName, IsNoneWhenMoreThanAThirdDiffers) {
  for (const char* const word : {"", "fly", "s", "server-run", "room-list-all"}) {
    EXPECT_EQ(NearestName(word, Names()), std::nullopt) << word;
  }
  EXPECT_EQ(NearestName(std::string(1'000, 's'), Names()), std::nullopt);
  EXPECT_EQ(NearestName("serve", {}), std::nullopt);
}

TEST(DidYouMean, NamesItOrSaysNothing) {
  EXPECT_EQ(DidYouMean("room", Names()), "; did you mean rooms?");
  EXPECT_EQ(DidYouMean("fly", Names()), "");
}

}  // namespace
}  // namespace rtcroom
