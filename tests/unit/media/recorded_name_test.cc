#include "daemon/media/recorded_name.h"

#include <chrono>
#include <string>

#include <gtest/gtest.h>

namespace rtcroom {
namespace {

TEST(RecordedName, IsAStreamAndATime) {
  const TimePoint time{std::chrono::seconds(1'700'000'000)};
  EXPECT_EQ(ParseRecordedName("1_bob-1700000000.flv"), (RecordedName{"1_bob", time}));
  EXPECT_EQ(ParseRecordedName("2023/11/1-b_o-b-1700000000.flv"), (RecordedName{"1-b_o-b", time}));
  EXPECT_EQ(ParseRecordedName("bob-1700000000123.flv"),
            (RecordedName{"bob", time + std::chrono::milliseconds(123)}));
  EXPECT_EQ(ParseRecordedName("bob-0.flv"), (RecordedName{"bob", TimePoint()}));
}

TEST(RecordedName, OtherNamesAreNone) {
  for (const std::string& name :
       {std::string("bob-1700000000.mp4"), std::string("bob-1700000000.flv.tmp"),
        std::string("bob.flv"), std::string("-1700000000.flv"), std::string("bob-.flv"),
        std::string("bob-17e8.flv"), std::string("bob-+17.flv"), std::string("b b-17.flv"),
        std::string("bob-1/7.flv"), std::string("b\0b-17.flv", 10), std::string(".flv"),
        std::string(), std::string("bob-999999999999999.flv"),
        std::string("bob-99999999999999999999999.flv"), std::string(300, 'b') + "-17.flv"}) {
    EXPECT_EQ(ParseRecordedName(name), std::nullopt) << name;
  }
}

}  // namespace
}  // namespace rtcroom
