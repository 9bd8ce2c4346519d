#include "handlers/webim/webim_client.h"

#include <optional>

#include "handlers/webim/webim_clients.h"

namespace rtcroom {

std::uint64_t WebimClient::Follow(PushReceivers& receivers) {
  const MutexLock moves(moves_);
  bool is_known = false;
  std::optional<GroupFacts> room;
  {
    const MutexLock lock(clients_.mutex_);
    const WebimLogin* const login = clients_.state_.logins().Find(login_.instance);
    // One that was forgotten and has called again has another client.
    is_known = login != nullptr && login->client.get() == this;
    if (is_known && login->room) room = login->room->group->facts;
  }
  if (is_known && !is_listening_) {
    receivers.Add(shared_from_this());
    receivers.Listen(shared_from_this());
    is_listening_ = true;
  }
  const std::uint64_t number = room ? room->number : 0;
  if (room_number_ != number) {
    if (room_number_ > 0) receivers.Unsubscribe(room_number_, *this);
    if (room) receivers.Subscribe(number, room->room, shared_from_this());
    room_number_ = number;
  }
  if (!is_known && is_listening_) {
    receivers.StopListening(*this);
    receivers.Remove(shared_from_this());
    is_listening_ = false;
  }
  return number;
}

void WebimClient::OnRoomPush(std::uint64_t room_number, const std::shared_ptr<RoomPush>& push) {
  if (clients_.WasBrought(room_number, *push)) return;
  WebimClients::Turn turn(clients_);
  turn.is_of_feed = true;
  clients_.state_.OnRoomPush(login_.instance, room_number, push->objects(), turn);
}

void WebimClient::OnDirect(const StoredMessage& message) {
  WebimClients::Turn turn(clients_);
  turn.is_of_feed = true;
  WebimLogin* const login = clients_.state_.logins().Find(login_.instance);
  if (login != nullptr) clients_.state_.account_polls().OnDirectMessage(*login, message, turn);
}

void WebimClient::OnEventsLost() { clients_.OnEventsLost(login_); }

void WebimClient::OnBans() {
  // An operator may ban any account, and the store has events of pushers only.
  const std::optional<GroupFacts> group = clients_.GroupOf(login_);
  if (group && clients_.deps_.bans.IsBanned(group->room, login_.account)) {
    clients_.EndMembership(login_, group->number, LeaveReason::kKicked);
  }
}

void WebimClient::OnMembershipEnded(std::uint64_t room_number, LeaveReason reason) {
  clients_.EndMembership(login_, room_number, reason);
}

bool WebimClient::IsPresent() const {
  const MonotonicTime now = clients_.deps_.clock.Monotonic();
  const MutexLock lock(clients_.mutex_);
  const WebimLogin* const login = clients_.state_.logins().Find(login_.instance);
  return login != nullptr && login->IsPolling(now);
}

}  // namespace rtcroom
