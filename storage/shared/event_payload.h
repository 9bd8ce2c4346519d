// The columns in which stores keep the payload of an event.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "daemon/base/result.h"
#include "daemon/core/room_event.h"

namespace rtcroom {

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

/// Whether this program knows such events: a newer one may write others.
constexpr bool IsEventType(std::int64_t type) {
  return type >= static_cast<std::int64_t>(EventType::kRoomCreated) &&
         type <= static_cast<std::int64_t>(EventType::kCustomChanged);
}

/// `PayloadColumns::reason` of a viewer that had joined before.
inline constexpr std::int64_t kProfileChanged = 1;

/// Columns that only some event types have.
struct PayloadColumns {
  EventType type = EventType::kRoomCreated;
  std::optional<std::string_view> user_id = {};
  std::optional<std::string_view> user_name = {};
  std::optional<std::string_view> user_avatar = {};
  std::optional<std::int64_t> reason = {};
  std::optional<std::string_view> creator = {};
  std::optional<std::string_view> info = {};
  std::optional<std::string> field = {};  ///< of viewers their count: `AudienceCountText`
};

/// The views point into the event.
struct ToColumns {
  PayloadColumns operator()(const RoomCreated& created) const {
    PayloadColumns columns{.type = EventType::kRoomCreated};
    columns.creator = created.creator.value;
    columns.info = created.info;
    if (created.is_group) columns.field = kGroupCreated;
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
    if (added.begins_stay) columns.creator = kBegunStay;
    SetCount(added.audience_count, columns);
    return columns;
  }
  PayloadColumns operator()(const AudienceDeleted& deleted) const {
    PayloadColumns columns{.type = EventType::kAudienceDeleted};
    columns.user_id = deleted.user_id.value;
    SetCount(deleted.audience_count, columns);
    // Older versions have stored none.
    if (deleted.reason != LeaveReason::kLeft) {
      columns.reason = static_cast<std::int64_t>(deleted.reason);
    }
    if (!deleted.user_info.empty()) columns.info = deleted.user_info;
    return columns;
  }
  PayloadColumns operator()(const CustomChanged& changed) const {
    PayloadColumns columns{.type = EventType::kCustomChanged};
    columns.info = changed.value;
    if (!changed.field.empty()) columns.field = changed.field;
    if (!changed.user_id.value.empty()) columns.user_id = changed.user_id.value;
    return columns;
  }
  PayloadColumns operator()(const RoomDestroyed& destroyed) const {
    PayloadColumns columns{.type = EventType::kRoomDestroyed};
    columns.reason = static_cast<std::int64_t>(destroyed.reason);
    return columns;
  }

 private:
  static void SetCount(std::uint64_t audience_count, PayloadColumns& columns) {
    if (audience_count > 0) columns.field = AudienceCountText(audience_count);
  }
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

/// The columns of `PayloadColumns` that hold a text.
enum class PayloadText : std::uint8_t { kUserId, kUserName, kUserAvatar, kCreator, kInfo, kField };

/// The number in a text of `AudienceCountText`; 0 in any other.
inline std::uint64_t AudienceCountOf(std::string_view text) {
  std::uint64_t audience_count = 0;
  std::from_chars(text.data(), text.data() + text.size(), audience_count);
  return audience_count;
}

/// The payload of a row.
///
/// @param type    of the event.
/// @param reason  0 for NULL.
/// @param text    `std::string(PayloadText)`: of a column, empty for NULL; called once for each
/// that
///                such an event has.
/// @return nullopt when there is no such type.
template <typename Text>
std::optional<EventPayload> PayloadOf(std::int64_t type, std::int64_t reason, Text text) {
  using enum PayloadText;
  switch (static_cast<EventType>(type)) {
    case EventType::kRoomCreated:
      return RoomCreated{.creator = {text(kCreator)},
                         .info = text(kInfo),
                         .is_group = text(kField) == kGroupCreated};
    case EventType::kRoomActivated:
      return RoomActivated{.creator = {text(kCreator)}};
    case EventType::kAudienceAdded:
      return AudienceAdded{.user_id = {text(kUserId)},
                           .user_info = text(kInfo),
                           .is_new = reason != kProfileChanged,
                           .audience_count = AudienceCountOf(text(kField)),
                           .begins_stay = text(kCreator) == kBegunStay};
    case EventType::kAudienceDeleted:
      return AudienceDeleted{
          .user_id = {text(kUserId)},
          .audience_count = AudienceCountOf(text(kField)),
          .reason = reason == 0 ? LeaveReason::kLeft : static_cast<LeaveReason>(reason),
          .user_info = text(kInfo)};
    case EventType::kCustomChanged:
      return CustomChanged{.field = text(kField), .value = text(kInfo), .user_id = {text(kUserId)}};
    case EventType::kPusherAdded:
      return PusherAdded{.user_id = {text(kUserId)},
                         .user_name = text(kUserName),
                         .user_avatar = text(kUserAvatar),
                         .stream = text(kInfo)};
    case EventType::kPusherUpdated:
      return PusherUpdated{.user_id = {text(kUserId)},
                           .user_name = text(kUserName),
                           .user_avatar = text(kUserAvatar),
                           .stream = text(kInfo)};
    case EventType::kPusherDeleted:
      return PusherDeleted{.user_id = {text(kUserId)},
                           .reason = static_cast<LeaveReason>(reason),
                           .new_creator = {text(kCreator)}};
    case EventType::kRoomDestroyed:
      return RoomDestroyed{.reason = static_cast<EndReason>(reason)};
  }
  return std::nullopt;
}

/// Columns of an event, in the order in which stores select them.
struct EventColumn {
  enum Index : int {
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
    kColumnCount,
  };
};

/// The one that has this text of a payload.
inline int ColumnOf(PayloadText text) {
  switch (text) {
    case PayloadText::kUserId:
      return EventColumn::kUserId;
    case PayloadText::kUserName:
      return EventColumn::kUserName;
    case PayloadText::kUserAvatar:
      return EventColumn::kUserAvatar;
    case PayloadText::kCreator:
      return EventColumn::kCreator;
    case PayloadText::kInfo:
      return EventColumn::kInfo;
    case PayloadText::kField:
      return EventColumn::kField;
  }
  return EventColumn::kInfo;
}

}  // namespace rtcroom
