#include "storage/postgres/pg_message_tally.h"

#include <algorithm>

namespace rtcroom {
namespace {

Result<pg::MessageTally> CountOn(pg::MessageTally tally, const PgMessageTally::Count& count) {
  do {
    const Result<pg::MessageTally> counted = count(tally);
    if (!counted) return counted;
    tally = *counted;
  } while (!tally.is_complete);
  return tally;
}

}  // namespace

Result<std::uint64_t> PgMessageTally::CountSurplus(const MessageRetention& retention,
                                                   const Count& count) {
  if (retention.max_bytes == MessageRetention().max_bytes) return std::uint64_t{0};
  pg::MessageTally last;
  {
    const MutexLock lock(mutex_);
    if (surplus_ > 0) return surplus_;
    last = last_;
  }
  Result<pg::MessageTally> tally = CountOn(last, count);
  if (!tally) return tally.error();
  std::uint64_t surplus = 0;
  if (tally->bytes > retention.max_bytes) {
    tally = CountOn({}, count);
    if (!tally) return tally.error();
    const std::uint64_t kept = retention.max_bytes - retention.max_bytes / 16;
    surplus = tally->bytes - std::min(tally->bytes, kept);
  }
  const MutexLock lock(mutex_);
  last_ = *tally;
  surplus_ = surplus;
  return surplus;
}

void PgMessageTally::Subtract(std::uint64_t bytes) {
  const MutexLock lock(mutex_);
  last_.bytes -= std::min(last_.bytes, bytes);
  surplus_ -= std::min(surplus_, bytes);
}

}  // namespace rtcroom
