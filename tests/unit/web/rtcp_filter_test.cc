#include "daemon/web/rtcp_filter.h"

#include <cstdint>
#include <initializer_list>
#include <vector>

#include <gtest/gtest.h>

namespace rtcroom {
namespace {

using Bytes = std::vector<std::uint8_t>;

const Bytes kReport = {0x80, 201, 0, 1, 0, 0, 0, 1};
const Bytes kLost = {0x81, 205, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 7, 0, 0};
const Bytes kPictureLoss = {0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2};
// Of 8191 packets that did not arrive.
const Bytes kFeedback = {0x8F, 205, 0,    5,    0, 0, 0, 1, 0,    0,    0, 2,
                         0,    0,   0x1F, 0xFF, 0, 0, 0, 0, 0x1F, 0xFF, 0, 0};

Bytes Compound(std::initializer_list<Bytes> packets) {
  Bytes all;
  for (const Bytes& packet : packets) all.insert(all.end(), packet.begin(), packet.end());
  return all;
}

TEST(HasTransportFeedback, FindsItAnywhere) {
  EXPECT_TRUE(HasTransportFeedback(kFeedback));
  EXPECT_TRUE(HasTransportFeedback(Compound({kReport, kLost, kFeedback})));
  EXPECT_TRUE(HasTransportFeedback(Compound({kFeedback, kPictureLoss})));
}

TEST(HasTransportFeedback, LeavesWhatIsNeeded) {
  EXPECT_FALSE(HasTransportFeedback({}));
  EXPECT_FALSE(HasTransportFeedback(kReport));
  EXPECT_FALSE(HasTransportFeedback(Compound({kReport, kLost, kPictureLoss})));
}

TEST(HasTransportFeedback, ReadsNoFurtherThanThePacket) {
  EXPECT_FALSE(HasTransportFeedback(Bytes{0x80, 201, 0xFF, 0xFF}));
  EXPECT_FALSE(HasTransportFeedback(Bytes{0x80, 201, 0, 0, 0x8F, 205, 0}));
}

}  // namespace
}  // namespace rtcroom
