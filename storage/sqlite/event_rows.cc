#include "storage/sqlite/event_rows.h"

#include <optional>
#include <variant>

#include <fmt/format.h>

#include "storage/shared/event_payload.h"

namespace rtcroom {

Status WriteEvent(Statement& insert, const StoredEvent& stored, std::uint64_t previous) {
  const RoomEvent& event = stored.event;
  const PayloadColumns columns = std::visit(ToColumns{}, event.payload);
  return Run(insert, stored.position, event.room.kind, event.room.id.value, event.dialect,
             event.room_sequence, event.at, columns.type, columns.user_id, columns.user_name,
             columns.user_avatar, columns.reason, columns.creator, columns.info, stored.room_number,
             columns.field, previous);
}

Status ReplaceEvent(Statement& update, const RoomEvent& event, std::uint64_t position) {
  const PayloadColumns columns = std::visit(ToColumns{}, event.payload);
  return Run(update, event.at, columns.info, columns.user_id, position);
}

Result<StoredEvent> ReadEvent(const StatementRun& run, int first_column) {
  const auto text = [&](int column) { return run.Text(first_column + column); };
  const auto integer = [&](int column) { return run.Integer(first_column + column); };
  StoredEvent stored{
      .position = run.Unsigned(first_column + EventColumn::kPosition),
      .room_number = run.Unsigned(first_column + EventColumn::kRoomNumber),
      .event = {.room = {.kind = static_cast<RoomKind>(integer(EventColumn::kRoomKind)),
                         .id = {text(EventColumn::kRoomId)}},
                .dialect = static_cast<Dialect>(integer(EventColumn::kDialect)),
                .room_sequence = run.Unsigned(first_column + EventColumn::kRoomSequence),
                .at = run.Time(first_column + EventColumn::kAt),
                .payload = {}},
  };
  const std::int64_t type = integer(EventColumn::kType);
  std::optional<EventPayload> payload =
      PayloadOf(type, integer(EventColumn::kReason),
                [&](PayloadText column) { return text(ColumnOf(column)); });
  if (!payload) {
    return Error{Errc::kStoreBroken,
                 fmt::format("event {} has the unknown type {}", stored.position, type)};
  }
  stored.event.payload = *std::move(payload);
  return stored;
}

Result<std::uint64_t> ReadEventPosition(StatementRun& run) {
  const std::uint64_t position = run.Next() ? run.Unsigned(0) : 0;
  if (!run.status()) return run.status().error();
  return position;
}

}  // namespace rtcroom
