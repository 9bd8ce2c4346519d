// The signs of media that a node tells the others.
#include "daemon/core/media_signs.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"
#include "tests/support/fake_streams.h"
#include "tests/support/rooms.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using Kind = MediaState::Kind;

class ReportedStreams : public StreamSigns {
 public:
  [[nodiscard]] std::vector<StreamSign> SignsSince(MonotonicTime since) const override {
    std::vector<StreamSign> signs;
    std::ranges::copy_if(all, std::back_inserter(signs),
                         [&](const StreamSign& sign) { return sign.at >= since; });
    return signs;
  }
  std::vector<StreamSign> all{};
};

class ReportedTracks : public TrackSigns {
 public:
  [[nodiscard]] std::vector<TrackSign> SignsSince(MonotonicTime /*since*/) const override {
    return all;
  }
  std::vector<TrackSign> all{};
};

class MediaSignsTest : public testing::Test {
 protected:
  void Join(const std::string& user) {
    Room room = MakeRoom(RoomKind::kMulti, "r-" + user);
    room.sequence = 7;
    room.pushers = {{.user_id = {user}, .seat = 3}};
    leases_.Restore(room);
    claims_.Restore(room);
  }
  std::vector<MediaSign> Next() {
    const MonotonicTime since = as_of_;
    as_of_ = clock_.Monotonic();
    return signs_.SignsSince(since, as_of_);
  }

  static constexpr SeatKey kSeat{.room_number = 7, .seat = 3};
  FakeClock clock_;
  FakeStreams streams_;
  StreamClaims claims_{streams_};
  LeaseTable leases_{clock_, 20s};
  ReportedStreams reported_;
  ReportedTracks tracks_;
  MediaSigns signs_{
      {.streams = &reported_, .tracks = &tracks_, .claims = claims_, .leases = leases_}, 15s};
  MonotonicTime as_of_{};
};

TEST_F(MediaSignsTest, AreThoseOfTheMembersOfAStream) {
  Join("amy");
  reported_.all = {{.stream = "amy", .is_on = true, .at = clock_.Monotonic(), .order = 5},
                   {.stream = "nobody", .is_on = true, .at = clock_.Monotonic()}};
  clock_.Advance(2s);
  EXPECT_THAT(Next(), ElementsAre(MediaSign{.seat = kSeat, .age = 2s, .order = 5}));
}

TEST_F(MediaSignsTest, AreToldWhenTheyAreNewAndAllOfThemTwiceInTheGrace) {
  Join("amy");
  EXPECT_THAT(Next(), IsEmpty());
  reported_.all = {{.stream = "amy", .at = clock_.Monotonic()}};
  clock_.Advance(1s);
  EXPECT_THAT(Next(), SizeIs(1));
  clock_.Advance(6s);
  EXPECT_THAT(Next(), IsEmpty());
  clock_.Advance(500ms);
  EXPECT_THAT(Next(), ElementsAre(MediaSign{.seat = kSeat, .kind = Kind::kOff, .age = 7500ms}));
}

TEST_F(MediaSignsTest, AreThoseOfTracksToo) {
  Join("amy");
  const StreamClaims::Member amy{.room = MakeKey(RoomKind::kMulti, "r-amy"), .user_id = {"amy"}};
  const StreamClaims::Member other{.room = MakeKey(RoomKind::kDouble, "r-amy"), .user_id = {"amy"}};
  tracks_.all = {
      {.member = amy, .track = MediaTrack::kAudio, .kind = Kind::kOff, .at = clock_.Monotonic()},
      {.member = other, .track = MediaTrack::kVideo, .kind = Kind::kOn, .at = clock_.Monotonic()}};
  EXPECT_THAT(Next(), ElementsAre(MediaSign{
                          .seat = kSeat, .track = MediaTrack::kAudio, .kind = Kind::kOff}));
}

}  // namespace
}  // namespace rtcroom
