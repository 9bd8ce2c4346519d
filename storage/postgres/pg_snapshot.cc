#include "storage/postgres/pg_snapshot.h"

#include <array>

namespace rtcroom {
namespace {

// Pages are processed in between.
constexpr PgStatement kMayPause{.sql = "SET LOCAL idle_in_transaction_session_timeout = '60s'"};

}  // namespace

Status PgSnapshot::Begin(MonotonicTime deadline) {
  if (const Status connected = connection_.Connect(deadline); !connected) return connected;
  const auto begun =
      connection_.Run(std::array{PgCall(kPgBeginSnapshot), PgCall(kMayPause)}, deadline);
  return begun ? Status() : begun.error();
}

}  // namespace rtcroom
