#include "tests/powercut/witness.h"

#include <algorithm>
#include <iterator>
#include <span>
#include <utility>
#include <variant>

#include <fmt/format.h>

namespace rtcroom {
namespace {

/// Takes `events` off the front of `rest` when they are there.
bool TakePrefix(std::span<const RoomEvent>& rest, const std::vector<RoomEvent>& events) {
  if (rest.size() < events.size()) return false;
  if (!std::ranges::equal(rest.first(events.size()), events)) return false;
  rest = rest.subspan(events.size());
  return true;
}

}  // namespace

bool Witness::Send(Store& store, std::size_t count) {
  std::vector<RoomUpdate> updates;
  std::vector<Result<Change>> foretold;
  std::map<RoomId, Room> rooms = rooms_;  // as they will be in the middle of the batch
  for (std::size_t i = 0; i < count; ++i) {
    updates.push_back(ToUpdate(commands_.Next(random_), RoomPolicy{}));
    histories_[updates.back().key.id];
    foretold.push_back(Foretell(updates.back(), rooms));
    if (foretold.back()) Accept(*foretold.back(), rooms);
  }
  const std::vector<Result<RoomChange>> outcomes = store.UpdateAll(updates);
  bool took_all = true;
  for (std::size_t i = 0; i < count; ++i) {
    const bool failed = !outcomes[i] && (outcomes[i].error().code == Errc::kStoreBroken ||
                                         outcomes[i].error().code == Errc::kStoreBusy);
    if (!failed) {
      Judge(foretold[i], outcomes[i]);
      continue;
    }
    took_all = false;
    if (foretold[i] && !foretold[i]->events.empty()) open_.push_back(*foretold[i]);
  }
  return took_all;
}

Result<Witness::Change> Witness::Foretell(const RoomUpdate& update,
                                          const std::map<RoomId, Room>& rooms) {
  const auto holder = rooms.find(update.key.id);
  const bool is_taken = holder != rooms.end();
  const bool is_own = is_taken && holder->second.key.kind == update.key.kind;
  Result<RoomChange> change = update.edit(is_own ? &holder->second : nullptr);
  if (!change) return change.error();
  if (is_taken && !is_own) return Error{Errc::kRoomExists, {}};
  Change foretold{.id = update.key.id, .events = std::move(change->events), .after = {}};
  if (!change->closed) foretold.after = std::move(change->room);
  return foretold;
}

void Witness::Judge(const Result<Change>& foretold, const Result<RoomChange>& outcome) {
  if (!open_.empty()) return Fault("a change was acknowledged after one that could not be made");
  if (!foretold || !outcome) {
    const bool agree = !foretold && !outcome && foretold.error().code == outcome.error().code;
    if (!agree) Fault("an outcome was not what the rules say");
    return;
  }
  Change change = *foretold;
  if (change.after) change.after->sequence = outcome->room.sequence;
  if (outcome->events != change.events || outcome->closed == change.after.has_value() ||
      (change.after && *change.after != outcome->room)) {
    return Fault(fmt::format("the change of {} is not what the rules say", change.id.value));
  }
  const bool is_new = !change.events.empty() &&
                      std::holds_alternative<RoomCreated>(change.events.front().happening);
  if (is_new) created_.push_back(outcome->room);
  std::ranges::copy(change.events, std::back_inserter(histories_[change.id]));
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
