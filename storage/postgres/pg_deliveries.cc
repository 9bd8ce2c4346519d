#include "storage/postgres/pg_deliveries.h"

#include <initializer_list>

#include "storage/postgres/pg_engine.h"

namespace rtcroom {
namespace {

static_assert(kParked.time_since_epoch().count() == 9223372036854775807 &&
                  kHeldBack.time_since_epoch().count() == 9223372036854775806,
              "the numbers that the statements name");

const PgReaderStatement kLoadDeliveries{"deliveries_load", R"(
    SELECT id, room_id, kind, payload, revision, next_try_ms, attempts, lone_attempts, lone_ms,
      failed_at_ms
    FROM deliveries WHERE kind = $1 AND next_try_ms < 9223372036854775806
    ORDER BY next_try_ms, id LIMIT $2)"};
const PgReaderStatement kCountDeliveries{"deliveries_count", R"(
    SELECT
      count(DISTINCT room_id) FILTER (WHERE next_try_ms < 9223372036854775807 AND kind < 4),
      count(*) FILTER (WHERE kind < 3),
      min(position) FILTER (WHERE next_try_ms < 9223372036854775807 AND kind < 4),
      count(*) FILTER (WHERE kind > 3)
    FROM deliveries WHERE kind > 0)"};

// A removed row gets the kind 0, and is deleted when there is a higher id: none is given twice.
const PgWriterStatement kDropDeliveries{"deliveries_drop", R"(
    WITH deleted AS (
      DELETE FROM deliveries WHERE kind = 0 AND id < (SELECT max(id) FROM deliveries))
    UPDATE deliveries SET kind = 0
    WHERE room_id = $1 AND kind > 0 AND kind = ANY ($2::smallint[]))"};
const PgWriterStatement kRemoveDelivery{"deliveries_remove", R"(
    WITH deleted AS (
      DELETE FROM deliveries WHERE kind = 0 AND id < (SELECT max(id) FROM deliveries))
    UPDATE deliveries SET kind = 0 WHERE id = $1 AND revision = $2 AND kind > 0)"};
const PgWriterStatement kEnqueueDelivery{"deliveries_enqueue", R"(
    INSERT INTO deliveries (id, room_id, kind, payload, next_try_ms, position)
    SELECT (SELECT coalesce(max(id), 0) + 1 FROM deliveries), $1::text, $2::smallint, $3::bytea,
      CASE WHEN count(*) = 0 THEN $4::bigint
        WHEN max(next_try_ms) = 9223372036854775807 THEN 9223372036854775807
        ELSE 9223372036854775806 END,
      (SELECT max(position) FROM events) - $5::bigint
    FROM deliveries WHERE room_id = $1::text AND kind > 0 AND kind < $2::smallint
    HAVING NOT ($6::boolean AND coalesce(
      (SELECT next_try_ms FROM deliveries WHERE room_id = $1::text AND kind = 2), 0)
        = 9223372036854775807)
    ON CONFLICT (room_id, kind) WHERE kind > 0 DO UPDATE
    SET payload = excluded.payload, revision = deliveries.revision + 1)"};
const PgWriterStatement kHoldRest{"deliveries_hold_rest", R"(
    UPDATE deliveries SET next_try_ms = 9223372036854775806
    WHERE room_id = $1 AND kind > 0 AND kind > $2 AND next_try_ms < 9223372036854775806)"};
// A delivery is held back only while one of an earlier kind is pending.
const PgWriterStatement kReleaseNext{"deliveries_release_next", R"(
    UPDATE deliveries SET next_try_ms = $2 WHERE next_try_ms = 9223372036854775806
    AND id = (SELECT id FROM deliveries WHERE room_id = $1 AND kind > 0 ORDER BY kind LIMIT 1))"};
const PgWriterStatement kResetAttempts{"deliveries_reset_attempts", R"(
    UPDATE deliveries SET attempts = 0, lone_attempts = 0, lone_ms = 0
    WHERE id = $1 AND kind > 0)"};
const PgWriterStatement kPostponeDelivery{"deliveries_postpone", R"(
    UPDATE deliveries SET payload = CASE WHEN revision = $2 THEN $3 ELSE payload END,
      next_try_ms = $4, attempts = $5, lone_attempts = $6, lone_ms = $7, failed_at_ms = $8
    WHERE id = $1 AND kind > 0 RETURNING 1)"};
const PgWriterStatement kParkRest{"deliveries_park_rest", R"(
    UPDATE deliveries SET next_try_ms = 9223372036854775807 WHERE room_id = $1 AND kind > 0
    AND EXISTS (SELECT 1 FROM deliveries WHERE id = $2 AND kind > 0))"};
const PgWriterStatement kRetrySoon{"deliveries_retry_soon", R"(
    UPDATE deliveries SET next_try_ms = least(next_try_ms, $2 + id % greatest($3::bigint, 1))
    WHERE id = ANY (ARRAY(
      SELECT id FROM deliveries WHERE kind = $1 AND next_try_ms > $2
        AND next_try_ms < 9223372036854775806 AND attempts > 0
      ORDER BY next_try_ms, id LIMIT $4)))"};

Delivery ReadDelivery(PgRows& rows) {
  return {.id = rows.Unsigned(0),
          .group = {rows.Text(1)},
          .kind = static_cast<DeliveryKind>(rows.Integer(2)),
          .payload = rows.Text(3),
          .revision = rows.Unsigned(4),
          .next_try = rows.Time(5),
          .attempts = static_cast<std::uint32_t>(rows.Unsigned(6)),
          .lone_attempts = static_cast<std::uint32_t>(rows.Unsigned(7)),
          .lone_time = std::chrono::milliseconds(rows.Integer(8)),
          .failed_at = rows.Time(9)};
}

PgCall DropCall(const RoomId& group, std::initializer_list<DeliveryKind> kinds) {
  PgArray<DeliveryKind> dropped;
  for (const DeliveryKind kind : kinds) dropped.Add(kind);
  return PgCall(kDropDeliveries, group.value, dropped);
}

}  // namespace

Result<std::vector<Delivery>> PgDeliveries::LoadDeliveries(DeliveryKind kind, std::size_t limit) {
  return engine_.RunConfirmed([&](PgConnection& connection, MonotonicTime deadline) {
    return ReadPgRows(connection, PgCall(kLoadDeliveries, kind, ToPgBound(limit)), deadline,
                      ReadDelivery);
  });
}

Result<DeliveryBacklog> PgDeliveries::CountDeliveries() {
  const auto counted = engine_.ReadRows(PgCall(kCountDeliveries), [](PgRows& rows) {
    DeliveryBacklog backlog{.groups = rows.Unsigned(0),
                            .creates_and_destroys = rows.Unsigned(1),
                            .oldest_event = {},
                            .to_trtc = rows.Unsigned(3)};
    if (!rows.IsNull(2)) backlog.oldest_event = rows.Unsigned(2);
    return backlog;
  });
  if (!counted) return counted.error();
  return counted->front();
}

PgWrite pg::ChangeDeliveries(const DeliveryChange& change, TimePoint now,
                             std::optional<std::uint64_t> back) {
  using enum DeliveryKind;
  PgWrite write;
  // The create of a foreign group is dropped last: until then it marks the group as foreign.
  const bool may_be_foreign = change.drops_pending && change.enqueue == kDestroyGroup;
  if (may_be_foreign) {
    write.calls.push_back(
        DropCall(change.group, {kDestroyGroup, kNotifyGroup, kRemoveUser, kDismissRoom}));
  } else if (change.drops_pending) {
    write.calls.push_back(DropCall(
        change.group, {kDestroyGroup, kCreateGroup, kNotifyGroup, kRemoveUser, kDismissRoom}));
  }
  if (!change.enqueue) return write;
  write.calls.emplace_back(kEnqueueDelivery, change.group.value, *change.enqueue,
                           PgBytes(change.payload), now, back, may_be_foreign);
  if (may_be_foreign) {
    write.calls.push_back(DropCall(change.group, {kCreateGroup}));
  } else if (!change.drops_pending && change.enqueue != kNotifyGroup) {
    write.calls.emplace_back(kHoldRest, change.group.value, *change.enqueue);
  }
  return write;
}

Status PgDeliveries::ChangeDeliveries(const DeliveryChange& change, TimePoint now) {
  return engine_.Write([&] { return pg::ChangeDeliveries(change, now); });
}

Status PgDeliveries::FinishDelivery(const Delivery& delivery) {
  return engine_.WriteLightly([&] {
    return PgWrite{.calls = {PgCall(kRemoveDelivery, delivery.id, delivery.revision),
                             PgCall(kReleaseNext, delivery.group.value, delivery.next_try),
                             // It still exists if another delivery was merged into it meanwhile.
                             PgCall(kResetAttempts, delivery.id)}};
  });
}

Result<bool> PgDeliveries::PostponeDelivery(const Delivery& delivery) {
  bool is_there = false;
  const Status written = engine_.WriteLightly([&] {
    PgWrite write;
    write.calls.emplace_back(
        kPostponeDelivery, delivery.id, delivery.revision, PgBytes(delivery.payload),
        delivery.next_try, std::uint64_t{delivery.attempts}, std::uint64_t{delivery.lone_attempts},
        std::int64_t{delivery.lone_time.count()}, delivery.failed_at);
    if (delivery.next_try == kParked) {
      write.calls.emplace_back(kParkRest, delivery.group.value, delivery.id);
    }
    write.finish = [&is_there](std::span<PgRows> results) {
      is_there = results.front().Next();
      return results.front().status();
    };
    return write;
  });
  if (!written) return written.error();
  return is_there;
}

Status PgDeliveries::RetryDeliveriesSoon(TimePoint now, std::chrono::milliseconds within,
                                         std::size_t limit) {
  return engine_.WriteLightly([=] {
    PgWrite write;
    for (const DeliveryKind kind : kDeliveryKinds) {
      write.calls.emplace_back(kRetrySoon, kind, now, std::int64_t{within.count()},
                               ToPgBound(limit));
    }
    return write;
  });
}

}  // namespace rtcroom
