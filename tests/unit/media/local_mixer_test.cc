#include "daemon/media/local_mixer.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/service_fixture.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// A gen-1 live room of `host`, `a`, `b`, `c` and `d`, whose streams are named as they are.
class LocalMixerTest : public ServiceFixture {
 protected:
  void SetUp() override {
    ASSERT_OK(CreateRoom(Create("r1", "host", RoomKind::kLive)));
    for (const char* const user : {"a", "b", "c", "d"}) ASSERT_OK(AddNow(rooms_, Add(kLive, user)));
  }

  Result<MixReply> Mix(std::vector<MixInput> inputs, const RoomKey& room = kLive) {
    Result<MixReply> reply = Error{Errc::kInternal, "no reply"};
    mixer_.Mix(room, {.output = "host", .inputs = std::move(inputs)},
               [&reply](const Result<MixReply>& made) { reply = made; });
    return reply;
  }
  Room Stored() { return *sqlite_.rooms().Load(kLive); }
  std::optional<MixPlace> PlaceOf(const std::string& user) {
    const Room room = Stored();
    return FindPusher(room, {user})->mix_place;
  }

  static inline const RoomKey kLive{.kind = RoomKind::kLive, .id = {"r1"}};
  RoomService rooms_{Deps(store_), {.policy = {.limits = {.max_pushers_live = 5}}}, logger_};
  LocalMixer mixer_{rooms_, streams_, clock_, 1280 * 720};
};

// As clients send it: only the layers, the host in the first.
TEST_F(LocalMixerTest, StacksGuestsAtTheRightWithoutNumbers) {
  const auto reply = Mix({{.stream = "host", .image_layer = 1},
                          {.stream = "a", .image_layer = 2},
                          {.stream = "b", .image_layer = 3},
                          {.stream = "c", .image_layer = 4},
                          {.stream = "d", .image_layer = 5}});
  ASSERT_OK(reply);
  EXPECT_EQ(reply->code, 0);
  EXPECT_EQ(reply->timestamp, kNoon.time_since_epoch().count() / 1000);
  EXPECT_EQ(Stored().mix, (MixCanvas{.width = 360, .height = 640}));
  EXPECT_EQ(PlaceOf("host"), (MixPlace{.width = 360, .height = 640, .layer = 1}));
  EXPECT_EQ(PlaceOf("a"), (MixPlace{.x = 240, .y = 400, .width = 120, .height = 180, .layer = 2}));
  EXPECT_EQ(PlaceOf("b"), (MixPlace{.x = 240, .y = 220, .width = 120, .height = 180, .layer = 3}));
  EXPECT_EQ(PlaceOf("c"), (MixPlace{.x = 240, .y = 40, .width = 120, .height = 180, .layer = 4}));
  EXPECT_EQ(PlaceOf("d"), (MixPlace{.x = 120, .y = 400, .width = 120, .height = 180, .layer = 5}));
}

TEST_F(LocalMixerTest, TakesTheSizeOfTheCanvas) {
  ASSERT_OK(Mix({{.stream = "host",
                  .image_layer = 1,
                  .image_width = 721,
                  .image_height = 1280,
                  .input_type = MixInputType::kCanvas},
                 {.stream = "host", .image_layer = 2, .image_width = 360, .image_height = 640},
                 {.stream = "a", .image_layer = 3}}));
  EXPECT_EQ(Stored().mix, (MixCanvas{.width = 720, .height = 1280})) << "even, for encoders";
  EXPECT_EQ(PlaceOf("host")->width, 360);
  EXPECT_EQ(PlaceOf("a")->width, 160);
  EXPECT_EQ(PlaceOf("a")->height, 240);
}

TEST_F(LocalMixerTest, TakesTheSizeOfTheBackgroundWithoutACanvas) {
  ASSERT_OK(Mix({{.stream = "host", .image_layer = 1, .image_width = 540, .image_height = 960},
                 {.stream = "a", .image_layer = 2}}));
  EXPECT_EQ(Stored().mix, (MixCanvas{.width = 540, .height = 960}));
  EXPECT_EQ(PlaceOf("a"), (MixPlace{.x = 380, .y = 630, .width = 160, .height = 240, .layer = 2}));
}

TEST_F(LocalMixerTest, KeepsTheNumbersOfTheClient) {
  ASSERT_OK(Mix({{.stream = "host", .image_layer = 1},
                 {.stream = "a",
                  .image_layer = 16,
                  .image_width = 100,
                  .image_height = 50,
                  .location_x = 0,
                  .location_y = 3000,
                  .input_type = MixInputType::kVideo},
                 {.stream = "b", .image_layer = 2, .input_type = MixInputType::kAudio}}));
  EXPECT_EQ(PlaceOf("a"), (MixPlace{.x = 0,
                                    .y = 3000,
                                    .width = 100,
                                    .height = 50,
                                    .layer = 16,
                                    .has_video = true,
                                    .has_audio = false}));
  EXPECT_FALSE(PlaceOf("b")->has_video);
  EXPECT_TRUE(PlaceOf("b")->has_audio);
}

TEST_F(LocalMixerTest, StaysWithinTheBoundsOfASmallPicture) {
  ASSERT_OK(Mix({{.stream = "host", .image_layer = 1, .image_width = 1, .image_height = 1},
                 {.stream = "a", .image_layer = 2, .image_width = 0, .image_height = 0}}));
  EXPECT_EQ(Stored().mix, (MixCanvas{.width = 2, .height = 2}));
  EXPECT_EQ(PlaceOf("a"), (MixPlace{.x = 0, .y = 0, .width = 120, .height = 180, .layer = 2}));
}

TEST_F(LocalMixerTest, RefusesMorePixelsThanItsBound) {
  const auto sized = [&](int layer, int width, int height) {
    std::vector<MixInput> inputs = {{.stream = "host", .image_layer = 1},
                                    {.stream = "a", .image_layer = 2}};
    inputs[static_cast<std::size_t>(layer) - 1].image_width = width;
    inputs[static_cast<std::size_t>(layer) - 1].image_height = height;
    return Mix(std::move(inputs));
  };
  ASSERT_OK(sized(1, 720, 1280));
  ASSERT_OK(sized(2, 1280, 720));
  const std::optional<MixCanvas> before = Stored().mix;
  for (const int layer : {1, 2}) {
    const auto refused = sized(layer, 722, 1280);
    EXPECT_ERROR(kBadRequest, refused);
    EXPECT_EQ(refused.error().detail,
              "mergeParams: image_width, image_height: more pixels than mix.max_pixels");
  }
  EXPECT_EQ(Stored().mix, before);
  ASSERT_OK(Mix({{.stream = "host", .image_layer = 1, .image_width = 3000, .image_height = 3000}}))
      << "the end of the mix";
}

TEST_F(LocalMixerTest, EndsAMixThatHasOneInput) {
  ASSERT_OK(Mix({{.stream = "host", .image_layer = 1}, {.stream = "a", .image_layer = 2}}));
  ASSERT_OK(Mix({{.stream = "host", .image_layer = 1}}));
  EXPECT_FALSE(Stored().mix);
  EXPECT_FALSE(PlaceOf("a"));
}

TEST_F(LocalMixerTest, LeavesOutAMemberThatHasJustLeft) {
  ASSERT_OK(rooms_.DeletePusher(Member(kLive, "a")));
  ASSERT_OK(Mix({{.stream = "host", .image_layer = 1},
                 {.stream = "a", .image_layer = 2},
                 {.stream = "b", .image_layer = 3}}));
  EXPECT_TRUE(PlaceOf("host"));
  EXPECT_TRUE(PlaceOf("b"));
}

TEST_F(LocalMixerTest, FailsWithoutTheRoomOrTheStore) {
  EXPECT_ERROR(kRoomNotFound, Mix({{.stream = "host"}, {.stream = "a"}},
                                  {.kind = RoomKind::kLive, .id = {"gone"}}));
  store_.broken = true;
  EXPECT_ERROR(kStoreBroken, Mix({{.stream = "host"}, {.stream = "a"}}));
}

}  // namespace
}  // namespace rtcroom
