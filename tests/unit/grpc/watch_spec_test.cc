#include "daemon/grpc/watch_spec.h"

#include <functional>
#include <limits>
#include <ostream>
#include <string>

#include <gtest/gtest.h>

#include "tests/support/matchers.h"

namespace rtcroom {
namespace {

TEST(WatchSpec, StartsFromNowByDefault) {
  const Result<WatchSpec> spec = ReadWatchRequest({});
  ASSERT_OK(spec);
  EXPECT_EQ(spec->after, std::nullopt);
  EXPECT_FALSE(spec->snapshot);
  EXPECT_EQ(spec->keep_alive, std::chrono::seconds(15));

  v1::WatchRequest now;
  now.mutable_now();
  EXPECT_EQ(ReadWatchRequest(now)->after, std::nullopt);
}

TEST(WatchSpec, StartsAtTheRequestedPosition) {
  v1::WatchRequest request;
  request.mutable_earliest();
  EXPECT_EQ(ReadWatchRequest(request)->after, Cursor::Start());
  request.set_cursor("00112233aabbccdd-42");
  EXPECT_EQ(ReadWatchRequest(request)->after,
            (Cursor{.epoch = "00112233aabbccdd", .position = 42}));
}

TEST(WatchSpec, RequestsASnapshot) {
  v1::WatchRequest request;
  request.set_snapshot(true);
  EXPECT_TRUE(ReadWatchRequest(request)->snapshot);
  request.mutable_now();
  EXPECT_TRUE(ReadWatchRequest(request)->snapshot);
}

TEST(WatchSpec, AppliesItsFilters) {
  v1::WatchRequest request;
  request.add_kinds(v1::ROOM_KIND_MULTI);
  request.add_kinds(v1::ROOM_KIND_LIVE);
  request.add_rooms()->set_room_id("any");
  request.add_rooms()->set_room_id("live");
  request.mutable_rooms(1)->set_kind(v1::ROOM_KIND_LIVE);
  const Result<WatchSpec> spec = ReadWatchRequest(request);
  ASSERT_OK(spec);
  const auto matches = [&](RoomKind kind, const std::string& id) {
    return spec->filter.Matches(Room{.key = {.kind = kind, .id = {id}}});
  };
  EXPECT_TRUE(matches(RoomKind::kMulti, "any"));
  EXPECT_TRUE(matches(RoomKind::kLive, "any"));
  EXPECT_FALSE(matches(RoomKind::kDouble, "any"));
  EXPECT_TRUE(matches(RoomKind::kLive, "live"));
  EXPECT_FALSE(matches(RoomKind::kMulti, "live"));
  EXPECT_FALSE(matches(RoomKind::kMulti, "other"));
}

TEST(WatchSpec, UsesTheRequestedKeepAlivePeriod) {
  v1::WatchRequest request;
  request.mutable_keep_alive()->set_seconds(1);
  EXPECT_EQ(ReadWatchRequest(request)->keep_alive, std::chrono::seconds(1));
  request.mutable_keep_alive()->set_nanos(500'000'000);
  EXPECT_EQ(ReadWatchRequest(request)->keep_alive, std::chrono::milliseconds(1500));
  request.mutable_keep_alive()->set_seconds(300);
  request.mutable_keep_alive()->set_nanos(0);
  EXPECT_EQ(ReadWatchRequest(request)->keep_alive, std::chrono::minutes(5));
}

struct BadRequest {
  std::string detail;
  std::function<void(v1::WatchRequest&)> spoil;
};
void PrintTo(const BadRequest& param, std::ostream* out) { *out << param.detail; }

class InvalidWatchRequest : public testing::TestWithParam<BadRequest> {};

TEST_P(InvalidWatchRequest, NamesTheInvalidField) {
  v1::WatchRequest request;
  GetParam().spoil(request);
  const Result<WatchSpec> spec = ReadWatchRequest(request);
  EXPECT_ERROR(kBadRequest, spec);
  EXPECT_EQ(spec.error().detail, GetParam().detail);
}

void SetKeepAlive(v1::WatchRequest& request, std::int64_t seconds, std::int32_t nanos) {
  request.mutable_keep_alive()->set_seconds(seconds);
  request.mutable_keep_alive()->set_nanos(nanos);
}

constexpr const char* kKeepAlive = "keep_alive: must be 1 s to 5 min";
constexpr const char* kCursor = "cursor: not one that was given out";

INSTANTIATE_TEST_SUITE_P(
    Requests, InvalidWatchRequest,
    testing::Values(
        BadRequest{"kinds[1]: unknown",
                   [](auto& request) {
                     request.add_kinds(v1::ROOM_KIND_LIVE);
                     request.add_kinds(v1::ROOM_KIND_UNSPECIFIED);
                   }},
        BadRequest{"kinds[0]: unknown",
                   [](auto& request) { request.add_kinds(static_cast<v1::RoomKind>(77)); }},
        BadRequest{"kinds[0]: unknown",
                   [](auto& request) { request.add_kinds(static_cast<v1::RoomKind>(-1)); }},
        BadRequest{"rooms: more than 100",
                   [](auto& request) {
                     for (int i = 0; i < 101; ++i) request.add_rooms()->set_room_id("r");
                   }},
        BadRequest{"rooms[0].kind: unknown",
                   [](auto& request) {
                     request.add_rooms()->set_room_id("r");
                     request.mutable_rooms(0)->set_kind(static_cast<v1::RoomKind>(77));
                   }},
        BadRequest{"rooms[0].room_id: not a room ID", [](auto& request) { request.add_rooms(); }},
        BadRequest{"rooms[1].room_id: not a room ID",
                   [](auto& request) {
                     request.add_rooms()->set_room_id(std::string(48, 'r'));
                     request.add_rooms()->set_room_id(std::string(49, 'r'));
                   }},
        BadRequest{"rooms[0].room_id: not a room ID",
                   [](auto& request) { request.add_rooms()->set_room_id("a b"); }},
        BadRequest{"user_ids: more than 100",
                   [](auto& request) {
                     for (int i = 0; i < 101; ++i) request.add_user_ids("u");
                   }},
        BadRequest{"user_ids[0]: not a user ID", [](auto& request) { request.add_user_ids(""); }},
        BadRequest{"user_ids[0]: not a user ID",
                   [](auto& request) { request.add_user_ids(std::string(65, 'u')); }},
        BadRequest{kCursor, [](auto& request) { request.set_cursor(""); }},
        BadRequest{kCursor, [](auto& request) { request.set_cursor("gibberish"); }},
        BadRequest{kCursor, [](auto& request) { request.set_cursor("00112233aabbccdd-"); }},
        BadRequest{"snapshot: only from now on",
                   [](auto& request) {
                     request.set_snapshot(true);
                     request.mutable_earliest();
                   }},
        BadRequest{"snapshot: only from now on",
                   [](auto& request) {
                     request.set_snapshot(true);
                     request.set_cursor("00112233aabbccdd-42");
                   }},
        BadRequest{kKeepAlive, [](auto& request) { SetKeepAlive(request, 0, 999'999'999); }},
        BadRequest{kKeepAlive, [](auto& request) { SetKeepAlive(request, 300, 1'000'000); }},
        BadRequest{kKeepAlive, [](auto& request) { SetKeepAlive(request, -1, 0); }},
        BadRequest{kKeepAlive, [](auto& request) { SetKeepAlive(request, 2, -1); }},
        BadRequest{kKeepAlive, [](auto& request) { SetKeepAlive(request, 2, 1'000'000'000); }},
        BadRequest{kKeepAlive, [](auto& request) {
                     SetKeepAlive(request, std::numeric_limits<std::int64_t>::max(), 0);
                   }}));

}  // namespace
}  // namespace rtcroom
