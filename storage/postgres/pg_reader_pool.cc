#include "storage/postgres/pg_reader_pool.h"

#include <cassert>
#include <span>

#include "storage/postgres/pg_events.h"
#include "storage/postgres/pg_rooms.h"

namespace rtcroom {

std::span<const PgStatement> PgReaderPool::Statements() {
  static const std::vector<PgStatement> all = JoinStatements(
      {pg::RoomReads(), pg::EventReads(), AllPgStatements<PgReaderStatement>(), pg::Confirms()});
  return all;
}

PgReaderPool::PgReaderPool(const PgAddress& address, const Options& options, const Clock& clock)
    : options_(options), clock_(clock) {
  assert(options.readers > 0);
  for (std::size_t i = 0; i < options.readers; ++i) {
    readers_.push_back(std::make_unique<Reader>(address, options, options.first_mark + i, clock));
    free_.push_back(readers_.back().get());
  }
}

Status PgReaderPool::AwaitCurrent(Reader& reader, MonotonicTime deadline) const {
  while (true) {
    if (!reader.reconnector.connected()) reader.is_checked = false;
    if (const Status connected = reader.reconnector.Await(deadline); !connected) return connected;
    if (reader.is_checked || !options_.holds) return {};
    const Result<bool> holds = options_.holds(reader.connection, deadline);
    if (!holds) {
      if (reader.connection.connected()) return holds.error();
    } else if (!*holds) {
      reader.connection.Leave();
    } else {
      // Anything seen later is confirmed by this host, or by another one, which is heard of. At a
      // host that has confirmed nothing, each read asks.
      reader.is_checked = reader.connection.IsAtPrimary();
      return {};
    }
  }
}

Result<PgReaderPool::Lease> PgReaderPool::Take(MonotonicTime deadline) {
  const MutexLock lock(mutex_);
  while (free_.empty()) {
    if (!changed_.WaitUntil(mutex_, deadline) && free_.empty()) {
      return Error{Errc::kStoreBusy, "all reading connections are in use"};
    }
  }
  Reader& taken = *free_.back();
  free_.pop_back();
  return Lease(*this, taken);
}

void PgReaderPool::Return(Reader& reader) {
  {
    const MutexLock lock(mutex_);
    free_.push_back(&reader);
  }
  changed_.NotifyOne();
}

}  // namespace rtcroom
