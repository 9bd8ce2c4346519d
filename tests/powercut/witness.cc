#include "tests/powercut/witness.h"

#include <algorithm>
#include <iterator>
#include <ranges>
#include <span>
#include <utility>
#include <variant>

#include <fmt/format.h>

namespace rtcroom {
namespace {

/// Removes `events` from the front of `rest` if they are there.
bool TakePrefix(std::span<const RoomEvent>& rest, const std::vector<RoomEvent>& events) {
  if (rest.size() < events.size()) return false;
  if (!std::ranges::equal(rest.first(events.size()), events)) return false;
  rest = rest.subspan(events.size());
  return true;
}

bool IsOfCustomAlone(const std::vector<RoomEvent>& events) {
  return events.size() == 1 && std::holds_alternative<CustomChanged>(events.front().payload);
}

const std::string& FieldOf(const RoomEvent& event) {
  return std::get<CustomChanged>(event.payload).field;
}

/// The room with only the given viewer.
Room AsEditsSeeIt(const Room& room, const std::optional<UserId>& viewer) {
  Room seen = room;
  std::erase_if(seen.audiences, [&](const Audience& one) { return one.user_id != viewer; });
  return seen;
}

/// All viewers of the room after an edit from `before` to `after`.
std::vector<Audience> ViewersAfter(const Room& stored, const Room& before, const Room& after) {
  std::vector<Audience> viewers = stored.audiences;
  for (const Audience& gone : before.audiences) {
    if (FindAudience(after, gone.user_id) != nullptr) continue;
    std::erase_if(viewers, [&](const Audience& one) { return one.user_id == gone.user_id; });
  }
  for (const Audience& viewer : after.audiences) {
    const auto known = std::ranges::find(viewers, viewer.user_id, &Audience::user_id);
    if (known == viewers.end()) {
      viewers.push_back(viewer);
    } else {
      *known = viewer;
    }
  }
  return viewers;
}

}  // namespace

bool Witness::Send(Store& store, std::size_t count) {
  std::vector<RoomUpdate> updates;
  std::vector<Result<Change>> predicted;
  std::map<RoomId, Room> rooms = rooms_;  // expected state within the batch
  for (std::size_t i = 0; i < count; ++i) {
    updates.push_back(ToUpdate(commands_.Next(random_), RoomPolicy{}));
    histories_[updates.back().key.id];
    predicted.push_back(Predict(updates.back(), rooms, predicted));
    if (predicted.back()) Accept(*predicted.back(), rooms);
  }
  const std::vector<Result<RoomChange>> outcomes = store.UpdateAll(updates);
  bool took_all = true;
  for (std::size_t i = 0; i < count; ++i) {
    const bool failed = !outcomes[i] && (outcomes[i].error().code == Errc::kStoreBroken ||
                                         outcomes[i].error().code == Errc::kStoreBusy);
    if (!failed) {
      Judge(predicted[i], outcomes[i]);
      continue;
    }
    took_all = false;
    if (predicted[i] && !predicted[i]->events.empty()) LeaveOpen(*predicted[i]);
  }
  return took_all;
}

Result<Witness::Change> Witness::Predict(const RoomUpdate& update,
                                         const std::map<RoomId, Room>& rooms,
                                         const std::vector<Result<Change>>& batch) {
  const auto holder = rooms.find(update.key.id);
  const bool is_taken = holder != rooms.end();
  const bool is_own = is_taken && holder->second.key.kind == update.key.kind;
  std::optional<Room> seen;
  if (is_own) seen = AsEditsSeeIt(holder->second, update.audience);
  Result<RoomChange> change = update.edit(is_own ? &*seen : nullptr);
  if (!change) return change.error();
  if (is_taken && !is_own) return Error{Errc::kRoomExists, {}};
  Change predicted{.id = update.key.id, .events = std::move(change->events), .after = {}};
  if (change->closed) return predicted;
  predicted.after = std::move(change->room);
  if (is_own) predicted.after->audiences = ViewersAfter(holder->second, *seen, *predicted.after);

  if (!IsOfCustomAlone(predicted.events)) return predicted;
  for (const Result<Change>& one : std::views::reverse(batch)) {
    if (!one || one->id != predicted.id || one->events.empty()) continue;
    if (!IsOfCustomAlone(one->events)) break;
    if (FieldOf(one->events.front()) != FieldOf(predicted.events.front())) continue;
    predicted.is_merged = true;
    predicted.events.front().room_sequence = one->events.front().room_sequence;
    predicted.after->last_event -= 1;
    break;
  }
  return predicted;
}

void Witness::LeaveOpen(const Change& change) {
  if (!change.is_merged) return open_.push_back(change);
  // Both survive as one event, or neither: they share a commit.
  const auto newest = std::ranges::find(open_.rbegin(), open_.rend(), change.id, &Change::id);
  const auto earlier = std::ranges::find_if(open_.rbegin(), open_.rend(), [&](const Change& one) {
    return one.id == change.id &&
           one.events.front().room_sequence == change.events.front().room_sequence;
  });
  if (earlier == open_.rend()) return Fault("a part of a commit was taken, another was not");
  earlier->events = change.events;
  newest->after = change.after;
}

void Witness::Judge(const Result<Change>& predicted, const Result<RoomChange>& outcome) {
  if (!open_.empty()) return Fault("a change was acknowledged after one that could not be made");
  if (!predicted || !outcome) {
    const bool agree = !predicted && !outcome && predicted.error().code == outcome.error().code;
    if (!agree) Fault("an outcome was not what the rules say");
    return;
  }
  Change change = *predicted;
  if (outcome->events != change.events || outcome->closed == change.after.has_value()) {
    return Fault(fmt::format("the change of {} is not what the rules say", change.id.value));
  }
  if (change.after) {
    Room& after = *change.after;
    after.sequence = outcome->room.sequence;
    after.place = outcome->room.place;
    Room actual = outcome->room;
    actual.audiences = after.audiences;  // an outcome names at most one viewer
    if (actual != after || (after.place != 0) != after.IsActive()) {
      return Fault(fmt::format("{} is not what the rules say", change.id.value));
    }
  }
  const bool is_new =
      !change.events.empty() && std::holds_alternative<RoomCreated>(change.events.front().payload);
  if (is_new) created_.push_back(outcome->room);
  std::vector<RoomEvent>& history = histories_[change.id];
  if (change.is_merged) {
    *std::ranges::find(history.rbegin(), history.rend(), change.events.front().room_sequence,
                       &RoomEvent::room_sequence) = change.events.front();
  } else {
    std::ranges::copy(change.events, std::back_inserter(history));
  }
  Accept(std::move(change), rooms_);
}

void Witness::Accept(Change change, std::map<RoomId, Room>& rooms) {
  if (change.after) {
    rooms.insert_or_assign(change.id, *std::move(change.after));
  } else {
    rooms.erase(change.id);
  }
}

std::optional<std::string> Witness::Settle(const std::map<RoomId, std::vector<RoomEvent>>& found) {
  std::map<RoomId, std::span<const RoomEvent>> unexplained;
  for (auto& [id, history] : histories_) {
    const auto events = found.find(id);
    std::span<const RoomEvent> rest;
    if (events != found.end()) rest = events->second;
    if (!TakePrefix(rest, history)) {
      return fmt::format("of {}, {} acknowledged events were not found: {} were", id.value,
                         history.size(), rest.size());
    }
    history.clear();
    unexplained[id] = rest;
  }
  bool all_survived = true;
  for (Change& change : open_) {
    const bool survived = TakePrefix(unexplained[change.id], change.events);
    if (survived && !all_survived) return "a change survived that came after one that was lost";
    all_survived = survived;
    if (survived) Accept(std::move(change), rooms_);
  }
  open_.clear();
  for (const auto& [id, rest] : unexplained) {
    if (!rest.empty()) return fmt::format("{} has {} events of no change", id.value, rest.size());
  }
  return std::nullopt;
}

void Witness::Fault(std::string fault) {
  if (!fault_) fault_ = std::move(fault);
}

}  // namespace rtcroom
