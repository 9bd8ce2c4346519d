#include "tests/fuzz/room_history.h"

#include <algorithm>
#include <exception>
#include <iterator>
#include <random>
#include <span>
#include <sstream>
#include <utility>

#include <fmt/format.h>

#include "tests/fuzz/model_match.h"
#include "tests/fuzz/room_model.h"
#include "tests/support/fake_clock.h"

namespace rtcroom {
namespace {

RoomPolicy DrawPolicy(std::mt19937_64& random) {
  RoomPolicy policy;
  policy.limits.max_audiences = 1 + random() % 3;
  policy.limits.max_pushers_multi = 2 + random() % 3;
  policy.interop = random() % 2 == 0 ? Interop::kShared : Interop::kIsolated;
  policy.custom_set = random() % 2 == 0 ? CustomSet::kAnyone : CustomSet::kMembers;
  policy.creator_destroys_double = random() % 2 == 0;
  policy.creator_destroys_multi = random() % 2 == 0;
  return policy;
}

/// Few rooms and users, so that commands interact; the fewer, the deeper the history.
RoomCommandPool DrawPool(std::mt19937_64& random) {
  RoomCommandPool pool;
  pool.rooms = 1 + random() % 4;
  pool.users = 2 + random() % 4;
  pool.gen2_percent = random() % 3 == 0 ? 50 : 85;
  pool.kinds.clear();
  for (std::size_t i = 0; i < pool.rooms; ++i) {
    pool.kinds.push_back(kAllRoomKinds[random() % std::size(kAllRoomKinds)]);
  }
  return pool;
}

/// One run of a history on one store.
class Trial {
 public:
  Trial(const RoomPolicy& policy, Store& store)
      : policy_(policy), store_(store), model_(policy, kMostRoomsOfHistories) {}

  Fault Run(std::span<const RoomCommand> commands) {
    const Result<Cursor> newest = store_.Newest();
    if (!newest) return "the store cannot say where it is";
    cursor_ = *newest;
    if (Fault fault = SendAll(commands)) return fault;
    if (Fault fault = Audit()) return fault;
    if (Fault fault = SendAll(EndsOfRooms())) return "when all rooms end: " + *fault;
    if (Fault fault = Audit()) return "after all rooms: " + *fault;
    return std::nullopt;
  }

 private:
  Fault SendAll(std::span<const RoomCommand> commands) {
    while (!commands.empty()) {
      std::size_t together = 1;
      while (together < commands.size() && commands[together].with_last) ++together;
      if (Fault fault = Send(commands.first(together))) return fault;
      commands = commands.subspan(together);
    }
    return std::nullopt;
  }

  Fault Send(std::span<const RoomCommand> commands) {
    std::vector<RoomUpdate> updates;
    updates.reserve(commands.size());
    for (const RoomCommand& command : commands) updates.push_back(ToUpdate(command, policy_));
    const std::vector<Result<RoomChange>> outcomes = store_.UpdateAll(updates);
    for (std::size_t i = 0; i < commands.size(); ++i) {
      if (Fault fault = Judge(commands[i], outcomes.at(i))) {
        std::ostringstream text;
        text << commands[i] << ": " << *fault;
        return std::move(text).str();
      }
    }
    return std::nullopt;
  }

  Fault Judge(const RoomCommand& command, const Result<RoomChange>& outcome) {
    if (Fault fault = CompareOutcome(model_.Apply(command), outcome)) return fault;
    if (!outcome) return std::nullopt;
    const RoomModel::ModelRoom* const expected = model_.Find(command.room);
    if (outcome->closed != (expected == nullptr)) return "the room did not end when it should";
    const bool same = expected == nullptr || Matches(outcome->room, *expected);
    if (!same) return "it made another room of it";
    return std::nullopt;
  }

  Fault Audit() {
    if (Fault fault = ReadEvents()) return fault;
    if (Fault fault = CompareRooms(model_, store_)) return fault;
    if (replay_.rooms().size() != model_.rooms().size()) return "the events have other rooms";
    for (const RoomModel::ModelRoom& room : model_.rooms()) {
      const auto stored = store_.Load(room.key);
      const auto page = store_.LoadAudiences(room.key);
      if (!stored || !page) return "a room cannot be loaded twice";
      if (Fault fault = replay_.Compare(*stored, *page)) return fault;
    }
    return std::nullopt;
  }

  Fault ReadEvents() {
    for (;;) {
      const Result<EventPage> page = store_.ReadEvents(cursor_, 100);
      if (!page) return "events cannot be read: " + page.error().detail;
      if (page->events.empty()) return std::nullopt;
      for (const StoredEvent& stored : page->events) {
        if (stored.position <= cursor_.position) return "positions do not ascend";
        cursor_.position = stored.position;
        if (Fault fault = replay_.Take(stored)) return fault;
      }
      cursor_ = page->next;
    }
  }

  std::vector<RoomCommand> EndsOfRooms() {
    std::vector<RoomCommand> ends;
    ends.reserve(model_.rooms().size());
    for (const RoomModel::ModelRoom& room : model_.rooms()) {
      ends.push_back({.action = RoomCommand::Action::kDismiss, .room = room.key, .at = kNoon});
    }
    return ends;
  }

  const RoomPolicy policy_;
  Store& store_;
  RoomModel model_;
  EventReplay replay_;
  Cursor cursor_;
};

}  // namespace

RoomHistory DrawHistory(std::uint64_t seed) {
  // Adjacent seeds must not produce similar histories.
  std::seed_seq sequence{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32U)};
  std::mt19937_64 random(sequence);
  RoomHistory history{.policy = DrawPolicy(random)};
  RoomCommandSource source(DrawPool(random));
  const std::size_t length = 5 + random() % 40;
  history.commands.reserve(length);
  for (std::size_t i = 0; i < length; ++i) history.commands.push_back(source.Next(random));
  return history;
}

Fault TryHistory(const RoomHistory& history, Store& store) {
  try {
    return Trial(history.policy, store).Run(history.commands);
  } catch (const std::exception& thrown) {
    return std::string("it threw: ") + thrown.what();  // so that the history is reported too
  }
}

RoomHistory Shorten(RoomHistory history, const std::function<Fault(const RoomHistory&)>& trial) {
  for (std::size_t length = history.commands.size() / 2; length > 0; length /= 2) {
    for (std::size_t first = 0; first + length <= history.commands.size();) {
      RoomHistory shorter = history;
      const auto begin = shorter.commands.begin() + static_cast<std::ptrdiff_t>(first);
      shorter.commands.erase(begin, begin + static_cast<std::ptrdiff_t>(length));
      if (trial(shorter)) {
        history = std::move(shorter);
      } else {
        first += length;
      }
    }
  }
  return history;
}

std::string Describe(const RoomHistory& history) {
  const RoomPolicy& policy = history.policy;
  std::ostringstream text;
  text << fmt::format(
      "policy: {}, custom_set {}, creator_destroys double {} multi {}, {} viewers, {} in multi\n",
      policy.interop == Interop::kShared ? "shared" : "isolated",
      policy.custom_set == CustomSet::kAnyone ? "anyone" : "members",
      policy.creator_destroys_double, policy.creator_destroys_multi, policy.limits.max_audiences,
      policy.limits.max_pushers_multi);
  for (const RoomCommand& command : history.commands) text << command << '\n';
  return std::move(text).str();
}

}  // namespace rtcroom
