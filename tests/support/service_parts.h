// The parts that the use cases of rooms need besides a store.
#pragma once

#include <chrono>

#include "daemon/core/lease_table.h"
#include "daemon/core/room_service.h"
#include "storage/storage.h"
#include "tests/support/counting_ids.h"
#include "tests/support/fake_groups.h"
#include "tests/support/fake_streams.h"

namespace rtcroom {

struct ServiceParts {
  /// `its_clock` outlives this.
  explicit ServiceParts(const Clock& its_clock) : clock(its_clock) {}

  RoomServiceDeps Deps(Storage& store) {
    return {.store = store.rooms(),
            .ban_store = store.bans(),
            .bans = bans,
            .leases = leases,
            .groups = &groups,
            .streams = streams,
            .clock = clock,
            .ids = ids};
  }

  const Clock& clock;
  CountingIds ids{};
  FakeGroups groups{};
  FakeStreams streams{};
  Logger logger{LogFormat::kJson, LogLevel::kError};
  BanList bans{clock, streams};
  LeaseTable leases{clock, std::chrono::seconds(20)};
};

}  // namespace rtcroom
