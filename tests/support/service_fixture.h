// The use cases on a store of its own, with all dependencies faked.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "daemon/core/cluster.h"
#include "daemon/core/commit_signal.h"
#include "daemon/core/inactive_rooms.h"
#include "daemon/core/room_service.h"
#include "daemon/core/stream_claims.h"
#include "tests/support/counting_ids.h"
#include "tests/support/create_now.h"
#include "tests/support/failing_store.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_groups.h"
#include "tests/support/fake_streams.h"
#include "tests/support/matchers.h"
#include "tests/support/temp_store.h"

namespace rtcroom {

class ServiceFixture : public testing::Test {
 protected:
  static constexpr std::chrono::seconds kTimeout{20};

  static RoomKey Key(std::string id, RoomKind kind = RoomKind::kMulti) {
    return {.kind = kind, .id = {std::move(id)}};
  }
  static CreateRoomCommand Create(std::string id, std::string creator,
                                  RoomKind kind = RoomKind::kMulti) {
    return {.kind = kind,
            .dialect = Dialect::kGen1,
            .room_id = RoomId{std::move(id)},
            .user_id = {std::move(creator)},
            .profile = {.user_name = "n", .user_avatar = "a", .push_url = "rtmp://p/1"},
            .info = "name"};
  }
  static AddPusherCommand Add(const RoomKey& room, std::string user) {
    return {.room = room,
            .dialect = Dialect::kGen1,
            .user_id = {std::move(user)},
            .profile = {.user_name = "n", .user_avatar = "a", .push_url = "rtmp://p/2"}};
  }
  static MemberCommand Member(const RoomKey& room, std::string user) {
    return {.room = room, .dialect = Dialect::kGen1, .user_id = {std::move(user)}};
  }

  Result<RoomId> CreateRoom(const CreateRoomCommand& command) { return CreateNow(rooms_, command); }

  /// The dependencies of a service on `store`.
  RoomServiceDeps Deps(Store& store) {
    return {.store = store,
            .ban_store = sqlite_.bans(),
            .bans = bans_,
            .leases = leases_,
            .groups = &groups_,
            .streams = streams_,
            .clock = clock_,
            .ids = ids_};
  }

  std::vector<std::string> UsersIn(const RoomKey& room) {
    std::vector<std::string> users;
    if (const Result<Room> stored = rooms_.LoadRoom(room, Dialect::kGen1); stored) {
      for (const Pusher& pusher : stored->pushers) users.push_back(pusher.user_id.value);
    }
    return users;
  }
  std::vector<RoomEvent> Events() {
    std::vector<RoomEvent> events;
    const Result<EventPage> page = sqlite_.rooms().ReadEvents(Cursor::Start(), 1000);
    for (const StoredEvent& stored : page->events) events.push_back(stored.event);
    return events;
  }

  FakeClock clock_;
  CountingIds ids_;
  FakeGroups groups_;
  FakeStreams streams_;
  Logger logger_{LogFormat::kJson, LogLevel::kError};
  static constexpr std::chrono::seconds kInactiveTtl{120};
  LeaseTable leases_{clock_, kTimeout};
  InactiveRooms inactive_{clock_, kInactiveTtl};
  Alone alone_;
  StreamClaims claims_{streams_};
  CommitFanOut commits_{{&leases_, &inactive_, &claims_}};
  TempStore sqlite_{{}, "00000000000000aa", commits_};
  FailingStore store_{sqlite_.rooms()};
  BanList bans_{clock_, streams_};
  RoomService rooms_{Deps(store_), {}, logger_};
};

}  // namespace rtcroom
