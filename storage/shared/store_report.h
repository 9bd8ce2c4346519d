// The report of a check of a store.
#pragma once

#include <cstdint>

#include "daemon/core/cursor.h"
#include "storage/shared/store_findings.h"

namespace rtcroom {

struct StoreReport {
  std::int64_t schema = 0;  ///< as found
  Cursor newest{};          ///< cursor of its newest event
  std::uint64_t rooms = 0;
  std::uint64_t pushers = 0;
  std::uint64_t audiences = 0;
  std::uint64_t events = 0;
  std::uint64_t sessions = 0;
  std::uint64_t bans = 0;
  std::uint64_t deliveries = 0;
  std::uint64_t messages = 0;
  std::uint64_t revocations = 0;
  std::uint64_t recordings = 0;
  StoreFindings findings{};
};

}  // namespace rtcroom
