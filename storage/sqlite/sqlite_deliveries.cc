#include "storage/sqlite/sqlite_deliveries.h"

#include <chrono>
#include <cstdint>

#include "storage/sqlite/sqlite_engine.h"

namespace rtcroom {
namespace {

static_assert(kParked.time_since_epoch().count() == 0x7FFF'FFFF'FFFF'FFFF &&
                  kHeldBack.time_since_epoch().count() == 0x7FFF'FFFF'FFFF'FFFE,
              "the numbers that the statements name");

const ReaderSql kLoadDeliveries(
    "SELECT id, room_id, kind, payload, revision, next_try_ms, attempts, lone_attempts, lone_ms,"
    " failed_at_ms FROM deliveries WHERE kind = ? AND next_try_ms < 0x7FFFFFFFFFFFFFFE"
    " ORDER BY next_try_ms, id LIMIT ?");
const ReaderSql kCountDeliveries(
    "SELECT count(DISTINCT iif(next_try_ms < 0x7FFFFFFFFFFFFFFF AND kind < 4, room_id, NULL)),"
    " count(*) FILTER (WHERE kind < 3),"
    " min(position) FILTER (WHERE next_try_ms < 0x7FFFFFFFFFFFFFFF AND kind < 4),"
    " count(*) FILTER (WHERE kind > 3) FROM deliveries");

const WriterSql kDropDeliveries(
    "DELETE FROM deliveries WHERE room_id = ? RETURNING kind, next_try_ms");
const WriterSql kEnqueueDelivery(
    "INSERT INTO deliveries (room_id, kind, payload, next_try_ms, position)"
    " SELECT ?1, ?2, ?3, CASE WHEN count(*) = 0 THEN ?4"
    " ELSE iif(max(next_try_ms) = 0x7FFFFFFFFFFFFFFF, 0x7FFFFFFFFFFFFFFF, 0x7FFFFFFFFFFFFFFE)"
    " END, ?5 FROM deliveries WHERE room_id = ?1 AND kind < ?2"
    " ON CONFLICT (room_id, kind) DO UPDATE SET"
    " payload = excluded.payload, revision = revision + 1");
const WriterSql kHoldRest(
    "UPDATE deliveries SET next_try_ms = 0x7FFFFFFFFFFFFFFE WHERE room_id = ?1 AND kind > ?2"
    " AND next_try_ms < 0x7FFFFFFFFFFFFFFE");
const WriterSql kRemoveDelivery(
    "DELETE FROM deliveries WHERE id = ? AND revision = ? RETURNING id");
const WriterSql kReleaseNext(
    "UPDATE deliveries SET next_try_ms = ?2 WHERE room_id = ?1"
    " AND next_try_ms = 0x7FFFFFFFFFFFFFFE"
    " AND kind = (SELECT min(kind) FROM deliveries WHERE room_id = ?1)");
const WriterSql kResetAttempts(
    "UPDATE deliveries SET attempts = 0, lone_attempts = 0, lone_ms = 0 WHERE id = ?");
const WriterSql kPostponeDelivery(
    "UPDATE deliveries SET payload = iif(revision = ?2, ?3, payload), next_try_ms = ?4,"
    " attempts = ?5, lone_attempts = ?6, lone_ms = ?7, failed_at_ms = ?8 WHERE id = ?1"
    " RETURNING id");
const WriterSql kParkRest(
    "UPDATE deliveries SET next_try_ms = 0x7FFFFFFFFFFFFFFF WHERE room_id = ?");
const WriterSql kRetrySoon(
    "UPDATE deliveries SET next_try_ms = min(next_try_ms, ?2 + id % ?3) WHERE id IN"
    " (SELECT id FROM deliveries WHERE kind = ?1 AND next_try_ms > ?2"
    " AND next_try_ms < 0x7FFFFFFFFFFFFFFE AND attempts > 0"
    " ORDER BY next_try_ms LIMIT ?4)");

Delivery ReadDelivery(const StatementRun& row) {
  return {.id = row.Unsigned(0),
          .group = {row.Text(1)},
          .kind = static_cast<DeliveryKind>(row.Integer(2)),
          .payload = row.Text(3),
          .revision = row.Unsigned(4),
          .next_try = row.Time(5),
          .attempts = static_cast<std::uint32_t>(row.Unsigned(6)),
          .lone_attempts = static_cast<std::uint32_t>(row.Unsigned(7)),
          .lone_time = std::chrono::milliseconds(row.Integer(8)),
          .failed_at = row.Time(9)};
}

}  // namespace

Result<std::vector<Delivery>> SqliteDeliveries::LoadDeliveries(DeliveryKind kind,
                                                               std::size_t limit) {
  return engine_.Read([&](ReaderStatements& sql) {
    return ReadRows(sql[kLoadDeliveries], ReadDelivery, kind, limit);
  });
}

Result<DeliveryBacklog> SqliteDeliveries::CountDeliveries() {
  return engine_.Read([](ReaderStatements& sql) -> Result<DeliveryBacklog> {
    StatementRun run(sql[kCountDeliveries]);
    DeliveryBacklog backlog;
    if (run.Next()) {
      backlog.groups = run.Unsigned(0);
      backlog.creates_and_destroys = run.Unsigned(1);
      if (!run.IsNull(2)) backlog.oldest_event = run.Unsigned(2);
      backlog.to_trtc = run.Unsigned(3);
    }
    if (!run.status()) return run.status().error();
    return backlog;
  });
}

Status sqlite::ChangeDeliveries(WriterStatements& sql, const DeliveryChange& change, TimePoint now,
                                std::optional<std::uint64_t> position) {
  bool was_foreign = false;
  if (change.drops_pending) {
    StatementRun run(sql[kDropDeliveries], change.group.value);
    while (run.Next()) {
      const auto kind = static_cast<DeliveryKind>(run.Integer(0));
      if (kind == DeliveryKind::kCreateGroup && run.Time(1) == kParked) was_foreign = true;
    }
    if (!run.status()) return run.status();
  }
  if (!change.enqueue) return {};
  if (was_foreign && change.enqueue == DeliveryKind::kDestroyGroup) return {};
  const Status enqueued = Run(sql[kEnqueueDelivery], change.group.value, *change.enqueue,
                              change.payload, now, position);
  if (!enqueued || change.enqueue == DeliveryKind::kNotifyGroup) return enqueued;
  return Run(sql[kHoldRest], change.group.value, *change.enqueue);
}

Status SqliteDeliveries::ChangeDeliveries(const DeliveryChange& change, TimePoint now) {
  return engine_.Write([&](WriterStatements& sql) {
    return sqlite::ChangeDeliveries(sql, change, now, std::nullopt);
  });
}

Status SqliteDeliveries::FinishDelivery(const Delivery& delivery) {
  return engine_.Write([&](WriterStatements& sql) -> Status {
    const auto removed = RunCounting(sql[kRemoveDelivery], delivery.id, delivery.revision);
    if (!removed) return removed.error();
    if (*removed > 0) return Run(sql[kReleaseNext], delivery.group.value, delivery.next_try);
    // The row still exists if another delivery was merged into it meanwhile.
    return Run(sql[kResetAttempts], delivery.id);
  });
}

Result<bool> SqliteDeliveries::PostponeDelivery(const Delivery& delivery) {
  return engine_.WriteFor<bool>([&](WriterStatements& sql) -> Result<bool> {
    const auto found = RunCounting(
        sql[kPostponeDelivery], delivery.id, delivery.revision, delivery.payload, delivery.next_try,
        std::uint64_t{delivery.attempts}, std::uint64_t{delivery.lone_attempts},
        std::int64_t{delivery.lone_time.count()}, delivery.failed_at);
    if (!found) return found.error();
    if (*found > 0 && delivery.next_try == kParked) {
      if (const Status parked = Run(sql[kParkRest], delivery.group.value); !parked)
        return parked.error();
    }
    return *found > 0;
  });
}

Status SqliteDeliveries::RetryDeliveriesSoon(TimePoint now, std::chrono::milliseconds within,
                                             std::size_t limit) {
  return engine_.Write([&](WriterStatements& sql) -> Status {
    for (const DeliveryKind kind : kDeliveryKinds) {
      const Status moved = Run(sql[kRetrySoon], kind, now, std::int64_t{within.count()}, limit);
      if (!moved) return moved;
    }
    return {};
  });
}

}  // namespace rtcroom
