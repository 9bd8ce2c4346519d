#include "storage/sqlite/delivery_rows.h"

#include <string_view>

#include "storage/sqlite/database.h"

namespace rtcroom {
namespace {

static_assert(kParked.time_since_epoch().count() == 0x7FFF'FFFF'FFFF'FFFF &&
                  kHeldBack.time_since_epoch().count() == 0x7FFF'FFFF'FFFF'FFFE,
              "the numbers that the statements name");

}  // namespace

Status DeliveryWriter::Prepare(Database& database) {
  return PrepareAll(
      database,
      {{drop_, "DELETE FROM deliveries WHERE room_id = ? RETURNING kind, next_try_ms"},
       {enqueue_,
        "INSERT INTO deliveries (room_id, kind, payload, next_try_ms, position)"
        " SELECT ?1, ?2, ?3, CASE WHEN count(*) = 0 THEN ?4"
        " ELSE iif(max(next_try_ms) = 0x7FFFFFFFFFFFFFFF, 0x7FFFFFFFFFFFFFFF, 0x7FFFFFFFFFFFFFFE)"
        " END, ?5 FROM deliveries WHERE room_id = ?1 AND kind < ?2"
        " ON CONFLICT (room_id, kind) DO UPDATE SET"
        " payload = excluded.payload, revision = revision + 1"},
       {hold_rest_,
        "UPDATE deliveries SET next_try_ms = 0x7FFFFFFFFFFFFFFE WHERE room_id = ?1 AND kind > ?2"
        " AND next_try_ms < 0x7FFFFFFFFFFFFFFE"},
       {remove_, "DELETE FROM deliveries WHERE id = ? AND revision = ? RETURNING id"},
       {release_next_,
        "UPDATE deliveries SET next_try_ms = ?2 WHERE room_id = ?1"
        " AND next_try_ms = 0x7FFFFFFFFFFFFFFE"
        " AND kind = (SELECT min(kind) FROM deliveries WHERE room_id = ?1)"},
       {reset_attempts_,
        "UPDATE deliveries SET attempts = 0, lone_attempts = 0, lone_ms = 0 WHERE id = ?"},
       {postpone_,
        "UPDATE deliveries SET payload = iif(revision = ?2, ?3, payload), next_try_ms = ?4,"
        " attempts = ?5, lone_attempts = ?6, lone_ms = ?7, failed_at_ms = ?8 WHERE id = ?1"
        " RETURNING id"},
       {park_rest_, "UPDATE deliveries SET next_try_ms = 0x7FFFFFFFFFFFFFFF WHERE room_id = ?"},
       {retry_soon_,
        "UPDATE deliveries SET next_try_ms = min(next_try_ms, ?2 + id % ?3) WHERE id IN"
        " (SELECT id FROM deliveries WHERE kind = ?1 AND next_try_ms > ?2"
        " AND next_try_ms < 0x7FFFFFFFFFFFFFFE AND attempts > 0"
        " ORDER BY next_try_ms LIMIT ?4)"}});
}

Status DeliveryWriter::Change(const DeliveryChange& change, TimePoint now,
                              std::optional<std::uint64_t> position) {
  bool was_foreign = false;
  if (change.drops_pending) {
    StatementRun run(drop_, change.group.value);
    while (run.Next()) {
      const auto kind = static_cast<DeliveryKind>(run.Integer(0));
      if (kind == DeliveryKind::kCreateGroup && run.Time(1) == kParked) was_foreign = true;
    }
    if (!run.status()) return run.status();
  }
  if (!change.enqueue) return {};
  if (was_foreign && change.enqueue == DeliveryKind::kDestroyGroup) return {};
  const Status enqueued =
      Run(enqueue_, change.group.value, *change.enqueue, change.payload, now, position);
  if (!enqueued || change.enqueue == DeliveryKind::kNotifyGroup) return enqueued;
  return Run(hold_rest_, change.group.value, *change.enqueue);
}

Status DeliveryWriter::Finish(const Delivery& delivery) {
  bool is_removed = false;
  {
    StatementRun run(remove_, delivery.id, delivery.revision);
    while (run.Next()) is_removed = true;
    if (!run.status()) return run.status();
  }
  if (is_removed) return Run(release_next_, delivery.group.value, delivery.next_try);
  // The row still exists if another delivery was merged into it meanwhile.
  return Run(reset_attempts_, delivery.id);
}

Result<bool> DeliveryWriter::Postpone(const Delivery& delivery) {
  bool is_there = false;
  {
    StatementRun run(postpone_, delivery.id, delivery.revision, delivery.payload, delivery.next_try,
                     std::uint64_t{delivery.attempts}, std::uint64_t{delivery.lone_attempts},
                     std::int64_t{delivery.lone_time.count()}, delivery.failed_at);
    while (run.Next()) is_there = true;
    if (!run.status()) return run.status().error();
  }
  if (is_there && delivery.next_try == kParked) {
    if (const Status parked = Run(park_rest_, delivery.group.value); !parked) return parked.error();
  }
  return is_there;
}

Status DeliveryWriter::RetrySoon(TimePoint now, std::chrono::milliseconds within,
                                 std::size_t limit) {
  for (const DeliveryKind kind : kDeliveryKinds) {
    const Status moved = Run(retry_soon_, kind, now, std::int64_t{within.count()}, limit);
    if (!moved) return moved;
  }
  return {};
}

Status DeliveryReader::Prepare(Database& database) {
  const Status prepared = load_.Prepare(
      database,
      "SELECT id, room_id, kind, payload, revision, next_try_ms, attempts, lone_attempts, lone_ms,"
      " failed_at_ms FROM deliveries WHERE kind = ? AND next_try_ms < 0x7FFFFFFFFFFFFFFE"
      " ORDER BY next_try_ms, id LIMIT ?");
  if (!prepared) return prepared;
  return count_.Prepare(
      database,
      "SELECT count(DISTINCT iif(next_try_ms < 0x7FFFFFFFFFFFFFFF AND kind < 4, room_id, NULL)),"
      " count(*) FILTER (WHERE kind < 3),"
      " min(position) FILTER (WHERE next_try_ms < 0x7FFFFFFFFFFFFFFF AND kind < 4),"
      " count(*) FILTER (WHERE kind > 3) FROM deliveries");
}

Result<std::vector<Delivery>> DeliveryReader::Load(DeliveryKind kind, std::size_t limit) {
  std::vector<Delivery> deliveries;
  StatementRun run(load_, kind, limit);
  while (run.Next()) {
    deliveries.push_back({.id = run.Unsigned(0),
                          .group = {run.Text(1)},
                          .kind = static_cast<DeliveryKind>(run.Integer(2)),
                          .payload = run.Text(3),
                          .revision = run.Unsigned(4),
                          .next_try = run.Time(5),
                          .attempts = static_cast<std::uint32_t>(run.Unsigned(6)),
                          .lone_attempts = static_cast<std::uint32_t>(run.Unsigned(7)),
                          .lone_time = std::chrono::milliseconds(run.Integer(8)),
                          .failed_at = run.Time(9)});
  }
  if (!run.status()) return run.status().error();
  return deliveries;
}

Result<DeliveryBacklog> DeliveryReader::Count() {
  StatementRun run(count_);
  DeliveryBacklog backlog;
  if (run.Next()) {
    backlog.groups = run.Unsigned(0);
    backlog.creates_and_destroys = run.Unsigned(1);
    if (!run.IsNull(2)) backlog.oldest_event = run.Unsigned(2);
    backlog.to_trtc = run.Unsigned(3);
  }
  if (!run.status()) return run.status().error();
  return backlog;
}

}  // namespace rtcroom
