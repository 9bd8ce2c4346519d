#include "storage/postgres/pg_store.h"

#include <cassert>
#include <chrono>
#include <set>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "storage/postgres/pg_confirm.h"
#include "storage/postgres/pg_events.h"
#include "storage/postgres/pg_follower.h"
#include "storage/postgres/pg_history.h"
#include "storage/postgres/pg_job.h"
#include "storage/postgres/pg_log.h"
#include "storage/postgres/pg_reader_pool.h"
#include "storage/postgres/pg_room_loader.h"
#include "storage/postgres/pg_rooms.h"
#include "storage/postgres/pg_snapshot.h"
#include "storage/postgres/pg_writer.h"
#include "storage/postgres/schema_version.h"
#include "storage/shared/group_committer.h"
#include "storage/shared/room_index.h"

namespace rtcroom {
namespace {

/// The time that connecting, migrating, and reading the store may take together.
constexpr std::chrono::seconds kOpenTime{60};
constexpr std::size_t kIndexBatch = 10'000;

Error About(const Error& error) {
  return {error.code, fmt::format("cannot use the database: {}", error.detail)};
}

template <typename Value>
Status StatusOf(const Result<Value>& result) {
  return result ? Status() : result.error();
}

/// A host that refuses may be an old primary with another schema, and the next one may have a store
/// that can be used as it is. None is begun there: it might be an empty server by mistake.
Status Migrate(const PgAddress& address, const PgOptions& options, const Clock& clock) {
  const MonotonicTime deadline = clock.Monotonic() + kOpenTime;
  PgConnection plain(address, {.planning = PgSettings::Planning::kServerDefaults}, clock);
  plain.StopWhen(options.is_stopping);
  std::set<std::string> refusing;
  Status refused;
  while (true) {
    const Status connected = plain.Connect(deadline);
    if (!connected) return refused ? connected : refused;
    if (!refusing.insert(plain.PeerName()).second) return refused;
    const Status usable = refused ? StatusOf(MigratePgSchema(plain, options.new_epoch, deadline))
                                  : StatusOf(RequirePgSchema(plain, deadline));
    if (usable) return usable;
    // A busy host is left, too: an old primary that lives on may be busy for ever.
    plain.Leave();
    if (usable.error().code != Errc::kStoreBroken) return usable;
    if (refused) refused = usable;
  }
}

Status FillIndex(PgConnection& snapshot, MonotonicTime deadline, RoomIndex& index) {
  std::uint64_t after = 0;
  while (true) {
    Result<PgIndexPage> page = pg::LoadIndex(snapshot, after, kIndexBatch, deadline);
    if (!page) return page.error();
    std::vector<RoomIndexChange> changes;
    for (RoomListEntry& room : page->rooms) {
      changes.push_back({.room = std::move(room), .step = RoomIndexChange::Step::kInserted});
    }
    index.Apply(changes);
    if (page->rooms.size() < kIndexBatch) return {};
    after = page->last;
  }
}

}  // namespace

struct PgStore::Parts {
  std::unique_ptr<RoomIndex> index{};
  std::unique_ptr<PgLog> log{};
  std::unique_ptr<PgHistory> history{};
  std::unique_ptr<PgReaderPool> readers{};
  std::unique_ptr<PgFollower> follower{};
  std::unique_ptr<PgWriter> writer{};
};

PgStore::PgStore(const PgAddress& address, const PgOptions& options, const Clock& clock,
                 Parts parts)
    : address_(address),
      limits_(options.limits),
      index_(std::move(parts.index)),
      log_(std::move(parts.log)),
      history_(std::move(parts.history)),
      readers_(std::move(parts.readers)),
      loader_(std::make_unique<PgRoomLoader>(
          [this](std::span<const std::string_view> ids, MonotonicTime deadline) {
            return readers_->RunUntil(deadline,
                                      [ids](PgConnection& connection, MonotonicTime until) {
                                        return pg::LoadRooms(connection, ids, until);
                                      });
          },
          PgRoomLoader::Options{.reads = options.readers, .patience = options.patience}, clock)),
      follower_(std::move(parts.follower)),
      writer_(std::move(parts.writer)),
      committer_(std::make_unique<GroupCommitter<PgWriter>>(*writer_, options.observer)),
      engine_({.address = address_,
               .log = *log_,
               .readers = *readers_,
               .committer = *committer_,
               .clock = clock,
               .observer = options.observer,
               .patience = options.patience}) {}

PgStore::~PgStore() = default;

Result<std::unique_ptr<PgStore>> PgStore::Open(const PgOptions& options, CommitListener& listener,
                                               const Clock& clock) {
  assert(options.random != nullptr);
  const Result<PgAddress> address = PgAddress::Parse(options.url, options.known_host);
  if (!address) return address.error();
  if (const Status migrated = Migrate(*address, options, clock); !migrated) {
    return About(migrated.error());
  }
  const PgPace pace{.pause = options.reconnect_pause,
                    .give_up = options.give_up,
                    .random = options.random,
                    .observer = options.observer};
  Parts parts;
  parts.index = std::make_unique<RoomIndex>();
  parts.log = std::make_unique<PgLog>(*parts.index, listener);
  // Later commits than this snapshot are read from the log.
  auto snapshot = std::make_unique<PgSnapshot>(*address, PgReaderPool::Statements(), clock);
  snapshot->connection().StopWhen(options.is_stopping);
  const MonotonicTime deadline = clock.Monotonic() + kOpenTime;
  if (const Status begun = snapshot->Begin(deadline); !begun) return About(begun.error());
  const Result<PgLogEnds> ends = pg::LoadLogEnds(snapshot->connection(), deadline);
  if (!ends) return About(ends.error());
  if (const Status filled = FillIndex(snapshot->connection(), deadline, *parts.index); !filled) {
    return About(filled.error());
  }
  parts.log->Begin(*ends);
  parts.history =
      std::make_unique<PgHistory>(ends->epoch, *options.random, options.on_history_lost);
  parts.readers = std::make_unique<PgReaderPool>(
      *address,
      PgReaderPool::Options{.readers = options.readers,
                            .patience = options.patience,
                            .pace = pace,
                            .statements = PgReaderPool::Statements(),
                            .first_mark = options.node * kPgMarksPerNode + 1,
                            .holds =
                                [&history = *parts.history, &log = *parts.log](
                                    PgConnection& connection, MonotonicTime until) {
                                  return history.Holds(connection, log.place(), until);
                                }},
      clock);
  parts.readers->ReadFrom(std::move(snapshot));
  parts.follower =
      std::make_unique<PgFollower>(*address, options.node, pace, *parts.log, *parts.history, clock);
  parts.writer = std::make_unique<PgWriter>(*address,
                                            PgWriter::Options{.node = options.node,
                                                              .limits = options.limits,
                                                              .pace = pace,
                                                              .patience = options.patience,
                                                              .new_types = options.new_types},
                                            *parts.log, *parts.history, *parts.follower, clock);
  if (const Status opened = parts.writer->Open(); !opened) return About(opened.error());
  return std::unique_ptr<PgStore>(new PgStore(*address, options, clock, std::move(parts)));
}

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
