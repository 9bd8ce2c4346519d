#include "daemon/grpc/watch_filter.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "daemon/base/sip_hash.h"
#include "daemon/grpc/event_messages.h"

namespace rtcroom {
namespace {

struct UserOf {
  std::string_view operator()(const RoomCreated& created) const { return created.creator.value; }
  std::string_view operator()(const RoomActivated& activated) const {
    return activated.creator.value;
  }
  std::string_view operator()(const PusherAdded& added) const { return added.user_id.value; }
  std::string_view operator()(const PusherUpdated& updated) const { return updated.user_id.value; }
  std::string_view operator()(const PusherDeleted& deleted) const { return deleted.user_id.value; }
  std::string_view operator()(const AudienceAdded& added) const { return added.user_id.value; }
  std::string_view operator()(const AudienceDeleted& deleted) const {
    return deleted.user_id.value;
  }
  std::string_view operator()(const CustomChanged& /*changed*/) const { return {}; }
  std::string_view operator()(const RoomDestroyed& /*destroyed*/) const { return {}; }
};

}  // namespace

EventFacts::EventFacts(const RoomEvent& event)
    : kind(MaskOf(KindMessage(event.room.kind))),
      room_id(event.room.id.value),
      room_hash(NameHash()(room_id)),
      user_id(std::visit(UserOf(), event.payload)),
      user_hash(NameHash()(user_id)) {}

WatchFilter::WatchFilter(KindMask kinds, const std::vector<RoomPick>& rooms,
                         const std::vector<UserId>& users)
    : kinds_(kinds == 0 ? kAnyKind : kinds) {
  for (const RoomPick& room : rooms) rooms_.Add(room.id.value, room.kinds);
  for (const UserId& user : users) users_.Add(user.value, kAnyKind);
  rooms_.Sort();
  users_.Sort();
}

bool WatchFilter::Matches(const Room& room) const {
  const KindMask kind = MaskOf(KindMessage(room.key.kind));
  const auto asked_for = [kind](const Names& names, std::string_view name) {
    return names.Contains(NameHash()(name), name, kind);
  };
  if ((kinds_ & kind) == 0) return false;
  if (!rooms_.empty() && !asked_for(rooms_, room.key.id.value)) return false;
  if (users_.empty() || asked_for(users_, room.creator.value)) return true;
  return std::ranges::any_of(
      room.pushers, [&](const Pusher& pusher) { return asked_for(users_, pusher.user_id.value); });
}

void WatchFilter::Names::Add(std::string name, KindMask kinds) {
  const std::size_t hash = NameHash()(name);
  entries_.push_back({.hash = hash, .kinds = kinds, .name = std::move(name)});
}

void WatchFilter::Names::Sort() {
  std::ranges::sort(entries_, {}, &Entry::hash);
  entries_.shrink_to_fit();
}

bool WatchFilter::Names::Contains(std::size_t hash, std::string_view name, KindMask kind) const {
  // The same room may be listed with several kinds.
  for (auto entry = std::ranges::lower_bound(entries_, hash, {}, &Entry::hash);
       entry != entries_.end() && entry->hash == hash; ++entry) {
    if ((entry->kinds & kind) != 0 && entry->name == name) return true;
  }
  return false;
}

}  // namespace rtcroom
