#include "daemon/admin/event_json.h"

#include <variant>

namespace rtcroom {
namespace {

using nlohmann::json;

/// Adds the fields of specific event types.
struct AddDetails {
  json& event;

  void operator()(const RoomCreated& created) const { event["userID"] = created.creator.value; }
  void operator()(const RoomActivated& activated) const {
    event["userID"] = activated.creator.value;
  }
  void operator()(const PusherAdded& added) const {
    event["userID"] = added.user_id.value;
    event["userName"] = added.user_name;
  }
  void operator()(const PusherUpdated& updated) const {
    event["userID"] = updated.user_id.value;
    event["userName"] = updated.user_name;
  }
  void operator()(const PusherDeleted& deleted) const {
    event["userID"] = deleted.user_id.value;
    event["reason"] = LeaveReasonName(deleted.reason);
    if (!deleted.new_creator.value.empty()) event["newCreator"] = deleted.new_creator.value;
  }
  void operator()(const AudienceAdded& added) const { event["userID"] = added.user_id.value; }
  void operator()(const AudienceDeleted& deleted) const {
    event["userID"] = deleted.user_id.value;
    event["reason"] = LeaveReasonName(deleted.reason);
  }
  void operator()(const CustomChanged& changed) const {
    if (!changed.user_id.value.empty()) event["userID"] = changed.user_id.value;
    if (changed.field.empty()) return;  // of schema 5: all fields, and not which one has changed
    event["field"] = json::parse(changed.field);
    event["value"] = json::parse(changed.value);
  }
  void operator()(const RoomDestroyed& destroyed) const {
    event["reason"] = EndReasonName(destroyed.reason);
  }
};

}  // namespace

json EventJson(const StoredEvent& stored) {
  const RoomEvent& event = stored.event;
  json shown = {
      {"type", EventTypeName(event.payload)},  {"atMs", event.at.time_since_epoch().count()},
      {"kind", RoomKindName(event.room.kind)}, {"roomID", event.room.id.value},
      {"number", stored.room_number},          {"sequence", event.room_sequence}};
  std::visit(AddDetails{shown}, event.payload);
  return shown;
}

}  // namespace rtcroom
