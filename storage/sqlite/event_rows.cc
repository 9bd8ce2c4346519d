#include "storage/sqlite/event_rows.h"

#include <optional>
#include <string_view>
#include <variant>

#include <fmt/format.h>

namespace rtcroom {
namespace {

// The numbers are stored: never reuse one.
enum class EventType : std::int64_t {
  kRoomCreated = 1,
  kPusherAdded = 2,
  kPusherUpdated = 3,
  kPusherDeleted = 4,
  kRoomDestroyed = 5,
  kRoomActivated = 6,
  kAudienceAdded = 7,
  kAudienceDeleted = 8,
  kCustomChanged = 9,
};

/// `PayloadColumns::reason` of a viewer that had joined before.
constexpr std::int64_t kProfileChanged = 1;

/// Columns that only some event types have.
struct PayloadColumns {
  EventType type = EventType::kRoomCreated;
  std::optional<std::string_view> user_id = {};
  std::optional<std::string_view> user_name = {};
  std::optional<std::string_view> user_avatar = {};
  std::optional<std::int64_t> reason = {};
  std::optional<std::string_view> creator = {};
  std::optional<std::string_view> info = {};
  std::optional<std::string_view> field = {};
};

/// The views point into the argument.
struct ToColumns {
  PayloadColumns operator()(const RoomCreated& created) const {
    PayloadColumns columns{.type = EventType::kRoomCreated};
    columns.creator = created.creator.value;
    columns.info = created.info;
    return columns;
  }
  PayloadColumns operator()(const RoomActivated& activated) const {
    PayloadColumns columns{.type = EventType::kRoomActivated};
    columns.creator = activated.creator.value;
    return columns;
  }
  PayloadColumns operator()(const PusherAdded& added) const {
    return Member(EventType::kPusherAdded, added);
  }
  PayloadColumns operator()(const PusherUpdated& updated) const {
    return Member(EventType::kPusherUpdated, updated);
  }
  PayloadColumns operator()(const PusherDeleted& deleted) const {
    PayloadColumns columns{.type = EventType::kPusherDeleted};
    columns.user_id = deleted.user_id.value;
    columns.reason = static_cast<std::int64_t>(deleted.reason);
    if (!deleted.new_creator.value.empty()) columns.creator = deleted.new_creator.value;
    return columns;
  }
  PayloadColumns operator()(const AudienceAdded& added) const {
    PayloadColumns columns{.type = EventType::kAudienceAdded};
    columns.user_id = added.user_id.value;
    columns.info = added.user_info;
    if (!added.is_new) columns.reason = kProfileChanged;
    return columns;
  }
  PayloadColumns operator()(const AudienceDeleted& deleted) const {
    PayloadColumns columns{.type = EventType::kAudienceDeleted};
    columns.user_id = deleted.user_id.value;
    return columns;
  }
  PayloadColumns operator()(const CustomChanged& changed) const {
    PayloadColumns columns{.type = EventType::kCustomChanged};
    columns.info = changed.value;
    if (!changed.field.empty()) columns.field = changed.field;
    return columns;
  }
  PayloadColumns operator()(const RoomDestroyed& destroyed) const {
    PayloadColumns columns{.type = EventType::kRoomDestroyed};
    columns.reason = static_cast<std::int64_t>(destroyed.reason);
    return columns;
  }

 private:
  template <typename Payload>
  static PayloadColumns Member(EventType type, const Payload& payload) {
    PayloadColumns columns{.type = type};
    columns.user_id = payload.user_id.value;
    columns.user_name = payload.user_name;
    columns.user_avatar = payload.user_avatar;
    if (!payload.stream.empty()) columns.info = payload.stream;
    return columns;
  }
};

// Indexes into `kEventColumns`.
enum Column : int {
  kPosition,
  kRoomKind,
  kRoomId,
  kDialect,
  kRoomSequence,
  kAt,
  kType,
  kUserId,
  kUserName,
  kUserAvatar,
  kReason,
  kCreator,
  kInfo,
  kRoomNumber,
  kField,
};

}  // namespace

Status WriteEvent(Statement& insert, const StoredEvent& stored, std::uint64_t previous) {
  const RoomEvent& event = stored.event;
  const PayloadColumns columns = std::visit(ToColumns{}, event.payload);
  return Run(insert, stored.position, event.room.kind, event.room.id.value, event.dialect,
             event.room_sequence, event.at, columns.type, columns.user_id, columns.user_name,
             columns.user_avatar, columns.reason, columns.creator, columns.info, stored.room_number,
             columns.field, previous);
}

Result<StoredEvent> ReadEvent(const StatementRun& run, int first_column) {
  const auto text = [&](Column column) { return run.Text(first_column + column); };
  const auto integer = [&](Column column) { return run.Integer(first_column + column); };
  StoredEvent stored{
      .position = run.Unsigned(first_column + kPosition),
      .room_number = run.Unsigned(first_column + kRoomNumber),
      .event = {.room = {.kind = static_cast<RoomKind>(integer(kRoomKind)), .id = {text(kRoomId)}},
                .dialect = static_cast<Dialect>(integer(kDialect)),
                .room_sequence = run.Unsigned(first_column + kRoomSequence),
                .at = run.Time(first_column + kAt),
                .payload = {}},
  };
  EventPayload& payload = stored.event.payload;
  const std::int64_t type = integer(kType);
  switch (static_cast<EventType>(type)) {
    case EventType::kRoomCreated:
      payload = RoomCreated{.creator = {text(kCreator)}, .info = text(kInfo)};
      return stored;
    case EventType::kRoomActivated:
      payload = RoomActivated{.creator = {text(kCreator)}};
      return stored;
    case EventType::kAudienceAdded:
      payload = AudienceAdded{.user_id = {text(kUserId)},
                              .user_info = text(kInfo),
                              .is_new = integer(kReason) != kProfileChanged};
      return stored;
    case EventType::kAudienceDeleted:
      payload = AudienceDeleted{.user_id = {text(kUserId)}};
      return stored;
    case EventType::kCustomChanged:
      payload = CustomChanged{.field = text(kField), .value = text(kInfo)};
      return stored;
    case EventType::kPusherAdded:
      payload = PusherAdded{.user_id = {text(kUserId)},
                            .user_name = text(kUserName),
                            .user_avatar = text(kUserAvatar),
                            .stream = text(kInfo)};
      return stored;
    case EventType::kPusherUpdated:
      payload = PusherUpdated{.user_id = {text(kUserId)},
                              .user_name = text(kUserName),
                              .user_avatar = text(kUserAvatar),
                              .stream = text(kInfo)};
      return stored;
    case EventType::kPusherDeleted:
      payload = PusherDeleted{.user_id = {text(kUserId)},
                              .reason = static_cast<LeaveReason>(integer(kReason)),
                              .new_creator = {text(kCreator)}};
      return stored;
    case EventType::kRoomDestroyed:
      payload = RoomDestroyed{.reason = static_cast<EndReason>(integer(kReason))};
      return stored;
  }
  return Error{Errc::kStoreBroken,
               fmt::format("event {} has the unknown type {}", stored.position, type)};
}

Result<std::uint64_t> ReadPosition(StatementRun& run) {
  const std::uint64_t position = run.Next() ? run.Unsigned(0) : 0;
  if (!run.status()) return run.status().error();
  return position;
}

}  // namespace rtcroom
