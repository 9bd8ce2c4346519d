#include "daemon/core/system_ids.h"

#include <cstddef>
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/base/system_random.h"

namespace rtcroom {
namespace {

/// 00 01 02 ...
class CountingBytes : public RandomSource {
 public:
  void Fill(std::span<std::byte> out) override {
    for (std::byte& byte : out) byte = static_cast<std::byte>(next_++);
  }

 private:
  unsigned char next_ = 0;
};

TEST(SystemIds, Contain48RandomBits) {
  CountingBytes bytes;
  SystemIds ids(bytes);
  EXPECT_EQ(ids.NewRoomId().value, "room_00010203_0405");
  EXPECT_EQ(ids.NewUserId().value, "user_06070809_0a0b");
}

TEST(SystemIds, DifferEachTime) {
  SystemRandom random;
  SystemIds ids(random);
  std::set<RoomId> seen;
  for (int round = 0; round < 1000; ++round) {
    const RoomId id = ids.NewRoomId();
    EXPECT_THAT(id.value, testing::MatchesRegex("room_[0-9a-f]{8}_[0-9a-f]{4}"));
    EXPECT_TRUE(seen.insert(id).second) << id;
  }
}

TEST(SystemIds, HaveRoomNumbersInTheRangeOfOldClients) {
  SystemRandom random;
  SystemIds ids(random);
  for (int round = 0; round < 1000; ++round) {
    const std::string number = ids.NewRoomNumber().value;
    EXPECT_THAT(number, testing::MatchesRegex("[1-9][0-9]{0,9}"));
    EXPECT_LE(std::stoull(number), 2147483647U);
  }
}

TEST(SystemIds, RetryIfTheNumberIsZero) {
  /// Only zeros at first.
  class ZeroFirst : public RandomSource {
   public:
    void Fill(std::span<std::byte> out) override {
      for (std::byte& byte : out) byte = static_cast<std::byte>(drawn_ == 0 ? 0 : 1);
      ++drawn_;
    }

   private:
    int drawn_ = 0;
  };
  ZeroFirst random;
  EXPECT_EQ(SystemIds(random).NewRoomNumber().value, std::to_string(0x01010101));
}

TEST(NewEpoch, Has64RandomBits) {
  CountingBytes bytes;
  EXPECT_EQ(NewEpoch(bytes), "0001020304050607");
  EXPECT_EQ(NewEpoch(bytes), "08090a0b0c0d0e0f");
}

}  // namespace
}  // namespace rtcroom
