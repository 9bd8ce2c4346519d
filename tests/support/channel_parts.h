// What a channel needs besides a store.
#pragma once

#include "daemon/channel/channel.h"
#include "storage/storage.h"
#include "tests/support/counting_random.h"

namespace rtcroom {

/// The references outlive it, and it outlives the channel.
struct ChannelParts {
  /// The dependencies of one channel.
  [[nodiscard]] ChannelDeps On(Storage& store) {
    return {.rooms = store.rooms(),
            .events = store.rooms(),
            .messages = store.messages(),
            .accounts = store.accounts(),
            .end_store = store.ended_logins(),
            .ends = ends,
            .validities = validities,
            .bans = bans,
            .clock = clock,
            .dates = clock,
            .removal = removal,
            .random = random,
            .logger = logger};
  }

  const BanList& bans;
  const Clock& clock;
  Logger& logger;
  RemovalClock removal{clock};
  CountingRandom random{};
  EndedLoginList ends{};
  AccountValidities validities{};
};

}  // namespace rtcroom
