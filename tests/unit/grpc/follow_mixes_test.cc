#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daemon/core/mix_feed.h"
#include "daemon/grpc/mix_followers.h"
#include "tests/support/live_rooms.h"
#include "tests/support/mix_reader.h"
#include "tests/unit/grpc/grpc_fixture.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class FollowMixesTest : public GrpcTest {
 protected:
  static constexpr std::size_t kMaxFollowers = 2;

  void SetUp() override { ASSERT_OK(StartMixing(Options(), 1h)); }
  void TearDown() override {
    followers_->Stop();
    GrpcTest::TearDown();
  }

  Status StartMixing(GrpcServerOptions options, std::chrono::milliseconds repeat_after) {
    server_.reset();
    mixing_.reset();
    followers_ = std::make_unique<MixFollowers>(
        feed_, MixFollowerOptions{
                   .max_followers = kMaxFollowers, .repeat_after = repeat_after, .gather = 1ms});
    mixing_ =
        std::make_unique<RoomAdmin>(calls_, pool_, system_clock_, server_log_, followers_.get());
    server_ = std::make_unique<GrpcServer>(
        std::move(options),
        GrpcServerDeps{.services = {{.name = RoomAdmin::kName, .service = &mixing_->service()}},
                       .calls_at_work = [this] { return mixing_->calls_at_work(); },
                       .end_streams = [this] { followers_->Stop(); },
                       .clock = system_clock_,
                       .logger = server_log_});
    return server_->Start();
  }
  /// A room of a creator on air.
  void PutOnAir(const std::string& user) {
    ASSERT_OK(Apply(mixed_, Creating(MakeRoom(RoomKind::kLive, "room_" + user, user))));
    feed_.OnAir(user, true);
  }

  MixFeed feed_{4, streams_};
  TempStore mixed_{{}, "00000000000000bb", feed_};
  std::unique_ptr<MixFollowers> followers_;
  std::unique_ptr<RoomAdmin> mixing_;
};

TEST_F(FollowMixesTest, SendsAllMixesAtTheBeginningAndAtEachChange) {
  feed_.OnListed();
  PutOnAir("host");
  MixReader reader(Connect());
  EXPECT_TRUE(reader.ReadUntil({"host"}));
  PutOnAir("other");
  EXPECT_TRUE(reader.ReadUntil({"host", "other"}));
  feed_.OnAir("host", false);
  EXPECT_TRUE(reader.ReadUntil({"other"}));
  feed_.OnAir("other", false);
  EXPECT_TRUE(reader.ReadUntil({}));

  MixReader second(Connect());
  EXPECT_THAT(second.Next(), IsEmpty());
}

TEST_F(FollowMixesTest, SendsPictureAndPlaces) {
  feed_.OnListed();
  PutOnAir("host");
  const RoomKey key = MakeKey(RoomKind::kLive, "room_host");
  ASSERT_OK(Apply(mixed_, Adding(key, "guest")));
  feed_.OnAir("guest", true);
  ASSERT_OK(Apply(
      mixed_,
      Mixing(
          key,
          {{.user_id = {"host"}, .place = {.width = 360, .height = 640}},
           {.user_id = {"guest"},
            .place = {.x = 1, .y = 2, .width = 3, .height = 4, .layer = 5, .has_video = false}}})));
  MixReader reader(Connect());
  do {
    ASSERT_THAT(reader.Next(), ElementsAre("host"));
  } while (reader.newest().mixes(0).inputs_size() != 2);
  const v1::Mix& mix = reader.newest().mixes(0);
  EXPECT_EQ(mix.width(), 360U);
  EXPECT_EQ(mix.height(), 640U);
  EXPECT_EQ(mix.inputs(0).stream(), "host");
  EXPECT_EQ(mix.inputs(0).width(), 360U);
  EXPECT_TRUE(mix.inputs(0).has_video());
  const v1::MixInput& guest = mix.inputs(1);
  EXPECT_EQ(guest.stream(), "guest");
  EXPECT_THAT((std::vector<std::int64_t>{guest.x(), guest.y(), guest.width(), guest.height(),
                                         guest.layer()}),
              ElementsAre(1, 2, 3, 4, 5));
  EXPECT_FALSE(guest.has_video());
  EXPECT_TRUE(guest.has_audio());
}

TEST_F(FollowMixesTest, SendsNothingUntilTheStreamsAreKnown) {
  PutOnAir("host");
  MixReader reader(Connect());
  ASSERT_TRUE(Eventually([&] { return followers_->size() == 1; }));
  PutOnAir("other");
  feed_.OnListed();
  EXPECT_THAT(reader.Next(), ElementsAre("host", "other"));
}

TEST_F(FollowMixesTest, RepeatsThemWithoutAChange) {
  followers_->Stop();
  ASSERT_OK(StartMixing(Options(), 1ms));
  feed_.OnListed();
  PutOnAir("host");
  MixReader reader(Connect());
  ASSERT_TRUE(reader.ReadUntil({"host"}));
  for (int i = 0; i < 3; ++i) EXPECT_THAT(reader.Next(), ElementsAre("host"));
}

TEST_F(FollowMixesTest, RefusesFollowersBeyondTheLimit) {
  feed_.OnListed();
  MixReader first(Connect());
  {
    MixReader second(Connect());
    ASSERT_TRUE(Eventually([&] { return followers_->size() == kMaxFollowers; }));
    MixReader third(Connect());
    EXPECT_THAT(third.End(), HasCode(grpc::RESOURCE_EXHAUSTED));
  }
  ASSERT_TRUE(Eventually([&] { return followers_->size() == 1; })) << "one has cancelled";
  MixReader third(Connect());
  EXPECT_THAT(third.Next(), IsEmpty());
}

TEST_F(FollowMixesTest, EndsThemWithTheServer) {
  feed_.OnListed();
  MixReader reader(Connect());
  EXPECT_THAT(reader.Next(), IsEmpty());
  server_->Stop(10s);
  EXPECT_THAT(reader.End(), HasCode(grpc::UNAVAILABLE));
  EXPECT_EQ(followers_->size(), 0U);
}

TEST_F(FollowMixesTest, NeedsTheToken) {
  followers_->Stop();
  GrpcServerOptions options = Options();
  options.token = Secret("a token of the operator");
  ASSERT_OK(StartMixing(std::move(options), 1h));
  feed_.OnListed();
  MixReader without(Connect());
  EXPECT_THAT(without.End(), HasCode(grpc::UNAUTHENTICATED));
  MixReader with(Connect(), "a token of the operator");
  EXPECT_THAT(with.Next(), IsEmpty());
}

TEST_F(FollowMixesTest, IsRefusedWithoutMixing) {
  ASSERT_OK(Start(Options()));
  MixReader reader(Connect());
  EXPECT_THAT(reader.End(), HasCode(grpc::FAILED_PRECONDITION));
}

}  // namespace
}  // namespace rtcroom
