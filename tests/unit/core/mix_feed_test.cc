#include "daemon/core/mix_feed.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_streams.h"
#include "tests/support/live_rooms.h"
#include "tests/support/matchers.h"
#include "tests/support/temp_store.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::Eq;
using testing::IsEmpty;

constexpr MixPlace kBackgroundPlace{.width = 360, .height = 640};
constexpr MixPlace kGuestPlace{.x = 240, .y = 400, .width = 120, .height = 180, .layer = 2};

/// Gen-1 rooms, whose streams are named as their users.
class MixFeedTest : public testing::Test {
 protected:
  static constexpr std::size_t kMax = 2;

  void SetUp() override { feed_.OnListed(); }

  static RoomKey Live(const std::string& id) { return MakeKey(RoomKind::kLive, id); }
  void Apply(const RoomUpdate& update) { ASSERT_OK(rtcroom::Apply(store_, update)); }
  void Create(const std::string& id, const std::string& host) {
    Apply(Creating(MakeRoom(RoomKind::kLive, id, host)));
  }
  void MixBoth(const std::string& id = "r1") {
    Apply(Mixing(Live(id), {{.user_id = {"host"}, .place = kBackgroundPlace},
                            {.user_id = {"guest"}, .place = kGuestPlace}}));
  }
  void CreateWithGuest() {
    Create("r1", "host");
    Apply(Adding(Live("r1"), "guest"));
  }

  /// Each mix in words: "host", or "host = host + guest".
  std::vector<std::string> Summaries(const MixFeed& feed) {
    std::vector<std::string> summaries;
    const std::optional<std::vector<WantedMix>> wanted = feed.Wanted();
    if (!wanted) return {"unknown"};
    for (const WantedMix& mix : *wanted) {
      std::string summary = mix.stream;
      for (const WantedMix::Input& input : mix.inputs) {
        summary += (&input == mix.inputs.data() ? " = " : " + ") + input.stream;
      }
      const bool is_alone =
          mix.canvas == MixCanvas() && mix.inputs.size() == 1 && mix.inputs[0].stream == mix.stream;
      summaries.push_back(is_alone ? mix.stream : summary);
    }
    return summaries;
  }
  std::vector<std::string> Wanted() { return Summaries(feed_); }
  /// Whether the feed has announced a change since the last call.
  bool HasChanged() { return feed_.changes().Wait(MonotonicTime::min()); }

  FakeStreams streams_;
  MixFeed feed_{kMax, streams_};
  TempStore store_{{}, "00000000000000aa", feed_};
};

TEST_F(MixFeedTest, WantsTheStreamOfACreatorOnAirWhateverComesFirst) {
  Create("r1", "host");
  EXPECT_THAT(Wanted(), IsEmpty());
  feed_.OnAir("host", true);
  EXPECT_THAT(Wanted(), ElementsAre("host"));

  feed_.OnAir("other", true);
  Create("r2", "other");
  EXPECT_THAT(Wanted(), ElementsAre("host", "other"));
  feed_.OnAir("host", false);
  EXPECT_THAT(Wanted(), ElementsAre("other"));
}

TEST_F(MixFeedTest, WantsOnlyWhatIsOnAir) {
  CreateWithGuest();
  MixBoth();
  feed_.OnAir("guest", true);
  EXPECT_THAT(Wanted(), IsEmpty());
  feed_.OnAir("host", true);
  EXPECT_THAT(Wanted(), ElementsAre("host = host + guest"));
  feed_.OnAir("guest", false);
  EXPECT_THAT(Wanted(), ElementsAre("host"));
  feed_.OnAir("guest", true);
  EXPECT_THAT(Wanted(), ElementsAre("host = host + guest"));
}

TEST_F(MixFeedTest, PassesOnThePlaces) {
  CreateWithGuest();
  feed_.OnAir("host", true);
  feed_.OnAir("guest", true);
  MixBoth();
  EXPECT_THAT(feed_.Wanted(),
              Eq(std::vector{WantedMix{.stream = "host",
                                       .canvas = kMixCanvas,
                                       .inputs = {{.stream = "host", .place = kBackgroundPlace},
                                                  {.stream = "guest", .place = kGuestPlace}}}}));
}

TEST_F(MixFeedTest, EndsAMixWithTheRequestTheGuestOrTheRoom) {
  CreateWithGuest();
  feed_.OnAir("host", true);
  feed_.OnAir("guest", true);
  MixBoth();
  Apply(Mixing(Live("r1"), {}));
  EXPECT_THAT(Wanted(), ElementsAre("host"));
  MixBoth();
  Apply(Deleting(Live("r1"), "guest"));
  EXPECT_THAT(Wanted(), ElementsAre("host"));
  Apply(Destroying(Live("r1"), "host"));
  EXPECT_THAT(Wanted(), IsEmpty());
  Create("r1", "guest");
  EXPECT_THAT(Wanted(), ElementsAre("guest"));
}

TEST_F(MixFeedTest, MixesAGuestWithoutTheHost) {
  CreateWithGuest();
  feed_.OnAir("host", true);
  feed_.OnAir("guest", true);
  Apply(Mixing(Live("r1"), {{.user_id = {"guest"}, .place = kBackgroundPlace}}));
  EXPECT_THAT(Wanted(), ElementsAre("host = guest"));
  feed_.OnAir("guest", false);
  EXPECT_THAT(Wanted(), ElementsAre("host"));
}

TEST_F(MixFeedTest, LeavesOutPartsOfStreamsThatDoNotArrive) {
  CreateWithGuest();
  feed_.OnAir("host", true);
  feed_.OnAir("guest", true);
  MixBoth();
  const PartialStream silent{.name = "guest", .parts = {.audio = false}};
  const PartialStream dark{.name = "guest", .parts = {.video = false}};
  const auto place_of_guest = [&] { return feed_.Wanted()->at(0).inputs.at(1).place; };

  feed_.OnPartial({&silent, 1});
  EXPECT_FALSE(place_of_guest().has_audio);
  EXPECT_TRUE(place_of_guest().has_video);
  EXPECT_TRUE(HasChanged());
  feed_.OnPartial({&silent, 1});
  EXPECT_FALSE(HasChanged());
  feed_.OnPartial({&dark, 1});
  EXPECT_FALSE(place_of_guest().has_video);
  EXPECT_TRUE(HasChanged());

  Apply(Mixing(Live("r1"), {{.user_id = {"host"}, .place = kBackgroundPlace},
                            {.user_id = {"guest"}, .place = {.layer = 2, .has_audio = false}}}));
  EXPECT_THAT(Wanted(), ElementsAre("host")) << "nothing of the guest is left";
  feed_.OnPartial({});
  EXPECT_THAT(Wanted(), ElementsAre("host = host + guest"));
}

TEST_F(MixFeedTest, AnnouncesChangesOnly) {
  EXPECT_TRUE(HasChanged()) << "the streams are known";
  CreateWithGuest();
  feed_.OnAir("guest", true);
  MixBoth();
  feed_.OnListed();
  EXPECT_FALSE(HasChanged());
  feed_.OnAir("host", true);
  EXPECT_TRUE(HasChanged());
  MixBoth();
  Apply(SettingField(Live("r1"), "title", "1"));
  feed_.OnAir("stranger", true);
  EXPECT_FALSE(HasChanged());
  feed_.OnAir("guest", false);
  EXPECT_TRUE(HasChanged());
  Apply(Destroying(Live("r1"), "host"));
  EXPECT_TRUE(HasChanged());
}

TEST_F(MixFeedTest, KeepsThoseWantedForTheLongestTime) {
  for (const char* const user : {"a", "b", "c"}) Create(std::string("room_") + user, user);
  for (const char* const user : {"c", "b", "a"}) feed_.OnAir(user, true);
  EXPECT_THAT(Wanted(), ElementsAre("c", "b"));
  EXPECT_EQ(feed_.Count().wanted, 2U);
  EXPECT_EQ(feed_.Count().refused, 1U);

  Apply(Adding(Live("room_c"), "guest"));
  feed_.OnAir("guest", true);
  Apply(Mixing(Live("room_c"), {{.user_id = {"c"}}, {.user_id = {"guest"}}}));
  EXPECT_THAT(Wanted(), ElementsAre("c = c + guest", "b")) << "a change of the mix is no new one";

  feed_.OnAir("c", false);
  EXPECT_THAT(Wanted(), ElementsAre("b", "a"));
  feed_.OnAir("c", true);
  EXPECT_THAT(Wanted(), ElementsAre("b", "a"));
}

TEST_F(MixFeedTest, ACreatorThatChangesItsStreamKeepsItsPlace) {
  const auto commit = [&](std::uint64_t number, EventPayload payload) {
    const StoredEvent stored{.room_number = number,
                             .event = {.room = Live("r" + std::to_string(number)),
                                       .dialect = Dialect::kGen2,
                                       .payload = std::move(payload)}};
    feed_.OnCommit({.events = {&stored, 1}});
  };
  std::uint64_t number = 0;
  for (const std::string user : {"a", "b", "c"}) {
    commit(++number, RoomCreated{.creator = {user}});
    commit(number, PusherAdded{.user_id = {user}, .stream = user + "_00000001"});
    feed_.OnAir(user + "_00000001", true);
  }
  EXPECT_THAT(Wanted(), ElementsAre("a_00000001", "b_00000001"));
  commit(1, PusherUpdated{.user_id = {"a"}, .stream = "a_00000002"});
  EXPECT_THAT(Wanted(), ElementsAre("b_00000001", "c_00000001"));
  feed_.OnAir("a_00000002", true);
  EXPECT_THAT(Wanted(), ElementsAre("a_00000002", "b_00000001"));
}

TEST_F(MixFeedTest, HasOnePlaceForAllRoomsOfAStreamAndMixesTheLatest) {
  Create("r1", "host");
  Create("r2", "host");
  Create("r3", "other");
  Create("r4", "third");
  for (const char* stream : {"host", "other", "third", "guest"}) feed_.OnAir(stream, true);
  EXPECT_THAT(Wanted(), ElementsAre("host", "other"));
  EXPECT_EQ(feed_.Count().wanted, 2U);
  EXPECT_EQ(feed_.Count().refused, 1U);
  Apply(Adding(Live("r2"), "guest"));
  MixBoth("r2");
  EXPECT_THAT(Wanted(), ElementsAre("host = host + guest", "other"));
}

TEST_F(MixFeedTest, PublishesEachStreamOnce) {
  Create("r1", "host");
  Create("r2", "host");
  feed_.OnAir("host", true);
  EXPECT_THAT(Wanted(), ElementsAre("host"));
  Apply(Destroying(Live("r1"), "host"));
  EXPECT_THAT(Wanted(), ElementsAre("host"));
}

TEST_F(MixFeedTest, AppliesTheMixesAndEventsOfACommitInTheirOrder) {
  CreateWithGuest();
  feed_.OnAir("host", true);
  feed_.OnAir("guest", true);
  const std::uint64_t number = store_.rooms().Load(Live("r1"))->sequence;
  const auto at = [&](std::uint64_t position, EventPayload payload) {
    return StoredEvent{
        .position = position,
        .room_number = number,
        .event = {.room = Live("r1"), .dialect = Dialect::kGen1, .payload = std::move(payload)}};
  };
  const std::vector<StoredEvent> rejoin = {at(11, PusherDeleted{.user_id = {"guest"}}),
                                           at(12, PusherAdded{.user_id = {"guest"}})};
  MixChanged mix{.after = 10,
                 .room = Live("r1"),
                 .room_number = number,
                 .mix = {.canvas = kMixCanvas,
                         .inputs = {{.user_id = {"host"}, .place = kBackgroundPlace},
                                    {.user_id = {"guest"}, .place = kGuestPlace}}}};
  feed_.OnCommit({.events = rejoin, .mixes = {&mix, 1}});
  EXPECT_THAT(Wanted(), ElementsAre("host"));
  mix.after = 12;
  feed_.OnCommit({.events = rejoin, .mixes = {&mix, 1}});
  EXPECT_THAT(Wanted(), ElementsAre("host = host + guest"));
}

// A client names its stream in gen-2.
TEST_F(MixFeedTest, UsesNoStreamOfAnotherUser) {
  Create("r1", "host");
  feed_.OnAir("host", true);
  const RoomKey stolen = Live("r2");
  const auto join = [&](const std::string& user, const std::string& stream) {
    return RoomUpdate{.key = stolen, .edit = [=](const Room* stored) {
                        Pusher pusher = MakePusher(user);
                        pusher.push_url = "rtmp://push.example/live/" + stream;
                        const Room room = MakeRoom(RoomKind::kLive, "r2", user, Dialect::kGen2);
                        return stored == nullptr ? rules::CreateRoom(nullptr, room, pusher, kNoon)
                                                 : rules::AddPusher(stored, Dialect::kGen2, pusher,
                                                                    "", SharedPolicy(), kNoon);
                      }};
  };
  Apply(join("thief", "host"));
  EXPECT_THAT(Wanted(), ElementsAre("host"));
  Apply(join("thief", "thief_0011aabb"));
  feed_.OnAir("thief_0011aabb", true);
  Apply(join("accomplice", "host"));
  Apply(Mixing(stolen, {{.user_id = {"thief"}}, {.user_id = {"accomplice"}}}));
  EXPECT_THAT(Wanted(), ElementsAre("host", "thief_0011aabb"));
}

TEST_F(MixFeedTest, IgnoresRoomsOfOtherKinds) {
  Apply(Creating(MakeRoom(RoomKind::kMulti, "r1", "host")));
  feed_.OnAir("host", true);
  EXPECT_THAT(Wanted(), IsEmpty());
}

TEST_F(MixFeedTest, KnowsStoredMixesOnceTheStreamsAreKnown) {
  for (const char* const user : {"a", "b", "c"}) Create(std::string("room_") + user, user);
  CreateWithGuest();
  MixBoth();
  MixFeed restarted(4, streams_);
  const auto page = store_.rooms().Scan(0, 10);
  ASSERT_OK(page);
  for (const Room& room : page->rooms) restarted.Restore(room);
  for (const char* const stream : {"guest", "host", "c", "a", "b"}) restarted.OnAir(stream, true);
  EXPECT_THAT(Summaries(restarted), ElementsAre("unknown"));
  restarted.OnListed();
  EXPECT_THAT(Summaries(restarted), ElementsAre("a", "b", "c", "host = host + guest"))
      << "the oldest rooms first";
}

TEST_F(MixFeedTest, DoesNothingWithoutALimit) {
  MixFeed off(0, streams_);
  off.OnListed();
  Create("r1", "host");
  off.Restore(*store_.rooms().Load(Live("r1")));
  off.OnAir("host", true);
  EXPECT_THAT(Summaries(off), IsEmpty());
  EXPECT_EQ(off.Count().refused, 0U);
}

}  // namespace
}  // namespace rtcroom
