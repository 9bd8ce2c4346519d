#include "storage/postgres/pg_store.h"

#include "storage/postgres/pg_events.h"
#include "storage/postgres/pg_follower.h"
#include "storage/postgres/pg_history.h"
#include "storage/postgres/pg_job.h"
#include "storage/postgres/pg_log.h"
#include "storage/postgres/pg_reader_pool.h"
#include "storage/postgres/pg_writer.h"
#include "storage/shared/group_committer.h"

namespace rtcroom {
void PgStore::Begin() {
  readers_->ReadFrom(nullptr);
  follower_->Begin();
}

CommitFollower* PgStore::follower() { return follower_.get(); }

Result<StoredRemovalTime> PgStore::LoadRemovalTime() {
  return engine_.RunConfirmed(pg::LoadRemovalTime);
}

Status PgStore::BeginRemovals(TimePoint time) {
  return engine_.Write([=] { return pg::BeginRemovals(time); });
}

Status PgStore::Ping() {
  PgJob job({PgWritten()});
  engine_.Commit(job);
  if (!job.status() || !readers_->is_cut_off()) return job.status();
  // A database that is out of connections keeps the writer's, and gives the readers none.
  const auto read = engine_.Run(pg::LoadRemovalTime);
  return read ? Status() : Status(read.error());
}

Result<bool> PgStore::Holds(PgConnection& connection, MonotonicTime deadline) const {
  return history_->Holds(connection, log_->place(), deadline);
}

std::uint64_t PgStore::applied() const { return log_->position(); }

}  // namespace rtcroom
