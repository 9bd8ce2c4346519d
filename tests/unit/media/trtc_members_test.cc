// Members as the callbacks of TRTC report them (docs/tencent-live.md; protocol E.5).
#include "daemon/media/trtc_members.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::SizeIs;
using enum TrtcMembers::Track;

class TrtcMembersTest : public testing::Test {
 protected:
  static constexpr std::chrono::seconds kBelieved{75};
  static inline const TrtcMembers::Member kAlice{{"7"}, true, {"alice"}};

  static TimePoint At(int second) { return TimePoint(std::chrono::seconds(second)); }
  static RoomKey Webrtc(std::string id) {
    return {.kind = RoomKind::kWebrtc, .id = {std::move(id)}};
  }
  std::optional<MediaState::Kind> Kind() {
    const auto state = members_.StateOf(Webrtc("7"), {"alice"});
    return state ? std::optional(state->kind) : std::nullopt;
  }
  bool IsOn() { return Kind() == MediaState::Kind::kOn; }
  bool IsOff() { return Kind() == MediaState::Kind::kOff; }

  FakeClock clock_;
  TrtcMembers members_{{.believed_for = kBelieved, .max_members = 2}, clock_};
};

TEST_F(TrtcMembersTest, NothingIsKnownOfThoseWhoOnlyEntered) {
  EXPECT_EQ(Kind(), std::nullopt);
  members_.Entered(kAlice, At(1));
  EXPECT_EQ(Kind(), std::nullopt);
  EXPECT_THAT(members_.OffFor(0s), IsEmpty());
}

TEST_F(TrtcMembersTest, AreOffWhenNeitherVideoNorAudioIsLeft) {
  members_.Switched(kAlice, kVideo, true, At(1));
  members_.Switched(kAlice, kAudio, true, At(2));
  EXPECT_TRUE(IsOn());
  members_.Switched(kAlice, kVideo, false, At(3));
  EXPECT_TRUE(IsOn());
  members_.Switched(kAlice, kAudio, false, At(4));
  EXPECT_TRUE(IsOff());
  clock_.Advance(3s);
  EXPECT_THAT(members_.OffFor(3s), SizeIs(1));
  EXPECT_THAT(members_.OffFor(3001ms), IsEmpty());
  members_.Switched(kAlice, kAudio, true, At(5));
  EXPECT_TRUE(IsOn());
}

TEST_F(TrtcMembersTest, OtherNodesAreToldOfEachTrack) {
  using enum MediaState::Kind;
  using testing::ElementsAre;
  const auto signs = [&] {
    std::vector<std::pair<MediaState::Kind, std::int64_t>> told;
    for (const TrackSign& sign : members_.SignsSince(clock_.Monotonic())) {
      told.emplace_back(sign.kind, sign.order);
    }
    return told;
  };
  members_.Entered(kAlice, At(1));
  EXPECT_THAT(signs(), IsEmpty());
  members_.Switched(kAlice, kVideo, true, At(2));
  EXPECT_THAT(signs(), ElementsAre(std::pair(kOn, 2000)));
  members_.Switched(kAlice, kAudio, false, At(3));
  EXPECT_THAT(signs(), ElementsAre(std::pair(kOn, 2000), std::pair(kOff, 3000)));
  members_.Left(kAlice, At(4));
  EXPECT_THAT(signs(), ElementsAre(std::pair(kOff, 4000), std::pair(kOff, 4000)));
  members_.Entered(kAlice, At(5));
  EXPECT_THAT(signs(), ElementsAre(std::pair(kNone, 5000), std::pair(kNone, 5000)));
  clock_.Advance(1ms);
  EXPECT_THAT(signs(), IsEmpty()) << "nothing was reported since";
}

TEST_F(TrtcMembersTest, AreOrderedByTheServiceNotByArrival) {
  members_.Switched(kAlice, kVideo, false, At(5));
  members_.Switched(kAlice, kVideo, true, At(4));
  EXPECT_TRUE(IsOff());
  members_.Left(kAlice, At(10));
  members_.Switched(kAlice, kAudio, true, At(9));
  EXPECT_TRUE(IsOff());
  members_.Entered(kAlice, At(9));
  EXPECT_TRUE(IsOff());
  members_.Entered(kAlice, At(11));
  EXPECT_EQ(Kind(), std::nullopt);
  members_.Left(kAlice, At(10));
  EXPECT_EQ(Kind(), std::nullopt);
}

TEST_F(TrtcMembersTest, LeavingEndsAllMedia) {
  members_.Entered(kAlice, At(1));
  members_.Switched(kAlice, kVideo, true, At(2));
  members_.Left(kAlice, At(3));
  EXPECT_TRUE(IsOff());
  members_.Entered(kAlice, At(4));
  members_.Switched(kAlice, kVideo, true, At(5));
  EXPECT_TRUE(IsOn());
}

TEST_F(TrtcMembersTest, RepeatedReportsDoNotRestartTheTimeOff) {
  members_.Left(kAlice, At(3));
  clock_.Advance(10s);
  members_.Left(kAlice, At(3));
  EXPECT_EQ(members_.StateOf(Webrtc("7"), {"alice"})->lasting, 10s);
}

TEST_F(TrtcMembersTest, ShowWhoIsBack) {
  members_.Left(kAlice, At(3));
  EXPECT_FALSE(members_.IsBackSince(kAlice, At(3)));
  members_.Entered(kAlice, At(4));
  EXPECT_TRUE(members_.IsBackSince(kAlice, At(3)));
  EXPECT_FALSE(members_.IsBackSince(kAlice, At(4)));
}

TEST_F(TrtcMembersTest, ARoomWithANumberIsNotTheOneWithItsText) {
  members_.Left(kAlice, At(1));
  EXPECT_EQ(members_.StateOf({.kind = RoomKind::kMulti, .id = {"7"}}, {"alice"}), std::nullopt);
  members_.Left({{"7"}, false, {"bob"}}, At(1));
  EXPECT_EQ(members_.StateOf(Webrtc("7"), {"bob"}), std::nullopt);
  EXPECT_TRUE(members_.StateOf({.kind = RoomKind::kMulti, .id = {"7"}}, {"bob"}).has_value());
  // One of number, and one of text, whose kind is not known.
  EXPECT_THAT(members_.OffFor(0s), SizeIs(4));
}

TEST_F(TrtcMembersTest, MediaThatBeganIsBelievedForALimitedTime) {
  members_.Switched(kAlice, kVideo, true, At(1));
  clock_.Advance(kBelieved);
  EXPECT_TRUE(IsOn());
  clock_.Advance(1ms);
  EXPECT_EQ(Kind(), std::nullopt);
}

TEST_F(TrtcMembersTest, KeepABoundedNumberForABoundedTime) {
  EXPECT_TRUE(members_.Left(kAlice, At(1)));
  EXPECT_TRUE(members_.Left({{"8"}, true, {"bob"}}, At(1)));
  EXPECT_FALSE(members_.Left({{"9"}, true, {"carol"}}, At(1)));
  clock_.Advance(TrtcMembers::kIsKept + kBelieved);
  EXPECT_TRUE(members_.Left({{"9"}, true, {"carol"}}, At(1)));
  EXPECT_EQ(Kind(), std::nullopt);
}

}  // namespace
}  // namespace rtcroom
