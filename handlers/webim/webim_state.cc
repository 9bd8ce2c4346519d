#include "handlers/webim/webim_state.h"

#include <algorithm>

namespace rtcroom {

WebimState::WebimState(const ChannelOptions& options)
    : polls_(options),
      account_polls_(options, polls_),
      room_polls_(options, polls_, account_polls_),
      groups_({.logins = logins_,
               .polls = polls_,
               .account_polls = account_polls_,
               .room_polls = room_polls_}) {}

bool WebimState::Begin(const ChannelInstance& claims, bool knows_group, WebimTurn& turn) {
  WebimLogin* const known = logins_.Find(claims.instance);
  WebimLogin& login = known == nullptr ? logins_.Add(claims) : *known;
  login.seen_at = turn.now;
  if (known != nullptr) return false;
  login.knows_group = knows_group;
  login.inbox.polled_at = turn.now;
  return true;
}

void WebimState::MarkShared(std::uint64_t instance, WebimTurn& turn) {
  WebimLogin* const login = logins_.Find(instance);
  if (login == nullptr) return;
  polls_.MarkShared(login->account_polls, turn.now);
  polls_.MarkShared(login->room_polls, turn.now);
}

void WebimState::End(std::uint64_t instance, Standing standing, WebimTurn& turn) {
  WebimLogin* const login = logins_.Find(instance);
  if (login == nullptr) return;
  groups_.Leave(*login, turn);
  account_polls_.Clear(*login);
  if (standing == Standing::kKicked) polls_.AnswerKicked(*login, turn);
  WaitingPolls::Orphan(*login);
  turn.moved.push_back(login->client);
  logins_.Remove(*login);
}

void WebimState::OnRoomPush(std::uint64_t instance, std::uint64_t room_number,
                            std::span<const RoomObject> objects, WebimTurn& turn) {
  // Its last pushers leave a room in the change that ends it. A notice of that would make clients
  // ask for the members of a room that is gone.
  const bool has_ended = std::ranges::any_of(objects, &RoomObject::ends_room);
  for (const RoomObject& object : objects) {
    if (object.is_message()) {
      // The first of its receivers brings it to all.
      Group* const group = groups_.Find(room_number);
      if (group != nullptr) room_polls_.OnMessage(*group, *object.message, turn);
      continue;
    }
    WebimLogin* const login = logins_.Find(instance);
    if (login == nullptr || !login->IsIn(room_number)) continue;
    turn.changed_at = object.made_at();
    std::uint64_t& at = login->room->event_at;
    const bool has_gap = at > 0 && object.first > at + 1;
    at = std::max(at, object.seq());
    if (object.ends_room()) {
      groups_.End(instance, room_number, LeaveReason::kRoomDestroyed, turn);
    } else if (!has_ended) {
      if (has_gap) account_polls_.NotifyChanged(*login, turn);
      groups_.OnEvent(*login, object.event->event, turn);
    }
  }
}

void WebimState::OnTick(WebimTurn& turn) {
  ResendLost(turn);
  FindGone(turn);
  room_polls_.OnTick(turn);
}

void WebimState::ResendLost(WebimTurn& turn) {
  while (const std::optional<Unconfirmed> answer = polls_.TakeUnconfirmed(turn.now)) {
    WebimLogin* const login = logins_.Find(answer->instance);
    if (login == nullptr) continue;
    if (answer->is_account) {
      polls_.RetractOf(login->inbox.in_flight, answer->since);
      account_polls_.Send(*login, turn);
    } else if (login->room) {
      polls_.RetractOf(login->room->in_flight, answer->since);
      room_polls_.Send(*login, turn);
    }
  }
}

void WebimState::FindGone(WebimTurn& turn) {
  while (const std::optional<LastAnswer> answer = polls_.TakeLastAnswer(turn.now)) {
    const WebimLogin* const login = logins_.Find(answer->instance);
    if (login == nullptr || !login->room || login->IsPolling(turn.now)) continue;
    turn.gone.emplace_back(login->room->group->facts.room, login->claims.account);
  }
}

void WebimState::Shrink(std::size_t most) {
  while (held_bytes() > most) {
    const bool has_directs = account_polls_.HasDirects();
    if (room_polls_.HasTails() && (!has_directs || room_polls_.bytes() >= account_polls_.bytes())) {
      room_polls_.DropTail();
    } else if (has_directs) {
      account_polls_.DropDirects();
    } else {
      return;
    }
  }
}

void WebimState::AddTo(ConnectedLogins& page) const {
  for (ConnectedLogin& one : page.logins) {
    const WebimLogin* const login = logins_.Find(one.instance);
    if (login == nullptr) continue;
    one.polls = login->polls();
    if (one.polls > 0) one.idle = {};
    if (!login->room) continue;
    one.room = login->room->group->facts.room;
    one.joined_at = login->room->joined_at;
  }
}

void WebimState::AddTo(ChannelSizes& sizes, ChannelCounts& counts) const {
  sizes.groups = groups_.size();
  sizes.polls = polls_.size();
  sizes.account_polls = polls_.account_polls();
  counts.deliveries = polls_.counts().deliveries;
  counts.redeliveries = polls_.counts().redeliveries;
  counts.dropped = account_polls_.dropped();
  counts.gaps = room_polls_.gaps();
}

}  // namespace rtcroom
