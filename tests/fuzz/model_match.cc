#include "tests/fuzz/model_match.h"

#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace rtcroom {
namespace {

constexpr std::size_t kMostPerList = 200;

bool SamePushers(const Room& room, const RoomModel::ModelRoom& expected) {
  const auto same = [](const Pusher& pusher, const RoomModel::Member& member) {
    return pusher.user_id.value == member.user_id && pusher.user_name == member.user_name &&
           pusher.user_avatar == member.user_avatar && pusher.push_url == member.push_url;
  };
  return std::ranges::equal(room.pushers, expected.members, same) &&
         std::ranges::is_sorted(room.pushers, std::ranges::less(), &Pusher::seat);
}

/// The URL of the creator's stream; empty while the room has no member (A.4.3).
std::string MixedPlayUrlOfModel(const RoomModel::ModelRoom& room) {
  const auto creator = std::ranges::find(room.members, room.creator, &RoomModel::Member::user_id);
  if (creator == room.members.end()) return {};
  return MixedPlayUrl(room.key, room.made_by, {creator->user_id}, creator->push_url);
}

Fault CompareList(const RoomModel& model, Store& store, RoomListQuery query) {
  const auto all = model.List(query.kind, query.dialect, query.type);
  const std::size_t skipped = all.size() / 2;
  for (const auto& [index, count] :
       {std::pair(std::size_t{0}, kMostPerList), std::pair(skipped, std::size_t{1}),
        std::pair(all.size(), std::size_t{2})}) {
    query.index = index;
    query.count = count;
    const auto listed = store.List(query);
    const std::size_t wanted = std::min(count, all.size() - index);
    const bool same =
        listed && listed->size() == wanted &&
        std::equal(listed->begin(), listed->end(), all.begin() + static_cast<std::ptrdiff_t>(index),
                   [](const Room& room, const auto* one) { return Matches(room, *one); });
    if (!same) {
      return fmt::format("the list of {} rooms is not what it should be from {} on",
                         RoomKindName(query.kind), index);
    }
  }
  return std::nullopt;
}

Fault CompareLists(const RoomModel& model, Store& store) {
  std::set<std::string> types = {"nowhere"};
  for (const auto& room : model.rooms()) types.insert(room.type);
  for (const RoomKind kind : kAllRoomKinds) {
    for (const std::optional<Dialect> dialect :
         {std::optional<Dialect>(), std::optional(Dialect::kGen1), std::optional(Dialect::kGen2)}) {
      if (Fault fault = CompareList(model, store, {.kind = kind, .dialect = dialect})) return fault;
    }
    const auto of_kind = std::ranges::count(
        model.rooms(), kind, [](const RoomModel::ModelRoom& room) { return room.key.kind; });
    if (store.CountRooms(kind) != static_cast<std::uint64_t>(of_kind)) {
      return fmt::format("the {} rooms are counted wrong", RoomKindName(kind));
    }
  }
  for (const std::string& type : types) {
    Fault fault = CompareList(model, store, {.kind = RoomKind::kWebrtc, .type = type});
    if (fault) return *fault + " by type";
  }
  return std::nullopt;
}

std::string NamesOf(const std::vector<EventPayload>& payloads) {
  std::string names;
  for (const EventPayload& payload : payloads) {
    if (!names.empty()) names.append(" ");
    names.append(EventTypeName(payload));
  }
  return names;
}

Fault CompareViewers(const RoomModel::ModelRoom& expected, Store& store) {
  const auto page = store.LoadAudiences(expected.key);
  if (!page) return "viewers cannot be loaded: " + page.error().detail;
  std::vector<RoomModel::Viewer> viewers;
  viewers.reserve(page->audiences.size());
  for (const Audience& viewer : page->audiences) {
    viewers.emplace_back(viewer.user_id.value, viewer.user_info);
  }
  const bool same = viewers == expected.viewers && page->count == viewers.size() &&
                    page->dialect == expected.made_by &&
                    page->is_active != expected.members.empty();
  if (!same) return "the viewers of " + expected.key.id.value + " are not those that came";
  return std::nullopt;
}

}  // namespace

bool Matches(const Room& room, const RoomModel::ModelRoom& expected) {
  return MatchesButForUrl(room, expected) && room.mixed_play_url == MixedPlayUrlOfModel(expected);
}

bool MatchesButForUrl(const Room& room, const RoomModel::ModelRoom& expected) {
  return room.key == expected.key && room.dialect == expected.made_by &&
         room.creator.value == expected.creator && room.info == expected.info &&
         room.type == expected.type && room.custom == expected.custom &&
         SamePushers(room, expected) && room.audience_count == expected.viewers.size() &&
         room.audiences.size() <= 1 && (room.place == 0) == expected.members.empty();
}

Fault CompareOutcome(const RoomModel::Outcome& expected, const Result<RoomChange>& actual) {
  if (!actual) {
    if (expected.failure == actual.error().code) return std::nullopt;
    return fmt::format("it was refused with {}", ErrcName(actual.error().code));
  }
  if (expected.failure) return fmt::format("it should be {}", ErrcName(*expected.failure));
  std::vector<EventPayload> actual_payloads;
  actual_payloads.reserve(actual->events.size());
  for (const RoomEvent& event : actual->events) actual_payloads.push_back(event.payload);
  if (actual_payloads == expected.payloads) return std::nullopt;
  const std::string names = NamesOf(actual_payloads);
  const std::string expected_names = NamesOf(expected.payloads);
  if (names == expected_names) return fmt::format("its events were [{}] with other content", names);
  return fmt::format("its events were [{}] instead of [{}]", names, expected_names);
}

Fault CompareRooms(const RoomModel& model, Store& store) {
  const auto scanned = store.Scan(0, 10'000);
  if (!scanned) return "rooms cannot be scanned: " + scanned.error().detail;
  if (!std::ranges::equal(scanned->rooms, model.rooms(), Matches)) {
    return "the rooms are not those that should be there";
  }
  for (const RoomModel::ModelRoom& expected : model.rooms()) {
    const auto loaded = store.Load(expected.key);
    if (!loaded || !Matches(*loaded, expected)) {
      return expected.key.id.value + " is not what it should be";
    }
    if (Fault fault = CompareViewers(expected, store)) return fault;
  }
  return CompareLists(model, store);
}

}  // namespace rtcroom
