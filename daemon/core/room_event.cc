#include "daemon/core/room_event.h"

namespace rtcroom {
namespace {

struct TextBytes {
  std::size_t operator()(const RoomCreated& created) const {
    return created.creator.value.size() + created.info.size() +
           (created.is_group ? kGroupCreated.size() : 0);
  }
  std::size_t operator()(const RoomActivated& activated) const {
    return activated.creator.value.size();
  }
  std::size_t operator()(const PusherAdded& added) const { return OfMember(added); }
  std::size_t operator()(const PusherUpdated& updated) const { return OfMember(updated); }
  std::size_t operator()(const PusherDeleted& deleted) const {
    return deleted.user_id.value.size() + deleted.new_creator.value.size();
  }
  std::size_t operator()(const AudienceAdded& added) const {
    return added.user_id.value.size() + added.user_info.size() +
           AudienceCountText(added.audience_count).size() +
           (added.begins_stay ? kBegunStay.size() : 0);
  }
  std::size_t operator()(const AudienceDeleted& deleted) const {
    return deleted.user_id.value.size() + deleted.user_info.size() +
           AudienceCountText(deleted.audience_count).size();
  }
  std::size_t operator()(const CustomChanged& changed) const {
    return changed.field.size() + changed.value.size() + changed.user_id.value.size();
  }
  std::size_t operator()(const RoomDestroyed&) const { return 0; }

 private:
  static std::size_t OfMember(const auto& payload) {
    return payload.user_id.value.size() + payload.user_name.size() + payload.user_avatar.size() +
           payload.stream.size();
  }
};

}  // namespace

std::string AudienceCountText(std::uint64_t audience_count) {
  return audience_count == 0 ? std::string() : std::to_string(audience_count);
}

std::uint64_t StoredBytes(const RoomEvent& event) {
  return kFixedEventBytes + event.room.id.value.size() + std::visit(TextBytes{}, event.payload);
}

}  // namespace rtcroom
