#include "daemon/channel/channel.h"

#include <unordered_set>
#include <utility>
#include <variant>

#include "daemon/core/room_deliveries.h"

namespace rtcroom {
namespace {

/// The numbers of the rooms that end with one of these events.
std::unordered_set<std::uint64_t> EndedBy(std::span<const StoredEvent> events) {
  std::unordered_set<std::uint64_t> ended;
  for (const StoredEvent& stored : events) {
    if (std::holds_alternative<RoomDestroyed>(stored.event.payload)) {
      ended.insert(stored.room_number);
    }
  }
  return ended;
}

}  // namespace

Channel::Channel(const ChannelDeps& deps, ChannelTokens tokens, const ChannelOptions& options)
    : core_(deps, std::move(tokens), options),
      logins_(core_),
      groups_(core_),
      messages_(core_, groups_, logins_),
      history_(core_, groups_),
      polls_(core_, groups_, history_) {}

void Channel::OnEvents(std::span<const StoredEvent> events) {
  // Its last pushers leave a room in the change that ends it. A notice of that would make clients
  // ask for the members of a room that is gone.
  const std::unordered_set<std::uint64_t> ended = EndedBy(events);
  ChannelCore::Turn turn(core_);
  turn.is_of_feed = true;
  for (const StoredEvent& stored : events) {
    const RoomEvent& event = stored.event;
    turn.changed_at = event.at;
    if (std::holds_alternative<RoomDestroyed>(event.payload)) {
      core_.state.groups().OnRoomEnded(stored.room_number, turn);
    } else if (ended.contains(stored.room_number)) {
      continue;
    } else if (const auto* const left = std::get_if<PusherDeleted>(&event.payload);
               left != nullptr && left->reason == LeaveReason::kKicked) {
      core_.state.groups().OnKicked(stored.room_number, left->user_id, turn);
    } else if (ChangesPushers(event)) {
      core_.state.groups().OnMembersChanged(stored.room_number, turn);
    }
  }
}

void Channel::OnMessages(std::span<const StoredMessage> messages) {
  if (!messages.empty()) messages_.Advance(messages.back().position);
  ChannelCore::Turn turn(core_);
  turn.is_of_feed = true;
  for (const StoredMessage& message : messages) {
    if (message.room_number == 0) {
      core_.state.account_polls().OnDirectMessage(message, turn);
    } else if (Group* const group = core_.state.groups().Find(message.room_number)) {
      core_.state.room_polls().OnMessage(*group, message, turn);
    }
  }
}

void Channel::OnEventsLost() {
  ChannelCore::Turn turn(core_);
  core_.state.groups().OnEventsLost(turn);
}

void Channel::OnTick() {
  groups_.EndBanned();
  {
    ChannelCore::Turn turn(core_);
    turn.is_of_feed = true;
    core_.state.OnTick(turn);
    if (SendsClientsAway(core_.deps.node)) core_.state.polls().AnswerAll(turn);
  }
  messages_.OnTick();
  Save();
}

void Channel::Save() {
  logins_.Save();
  history_.Save();
  groups_.Save();
  // If this fails, clients get some messages twice.
  if (core_.deps.places != nullptr) (void)core_.deps.places->Save();
}

ChannelCounts Channel::counts() const {
  const MutexLock lock(core_.mutex);
  return core_.state.counts();
}

ChannelSizes Channel::sizes() const {
  const MutexLock lock(core_.mutex);
  return core_.state.sizes();
}

}  // namespace rtcroom
