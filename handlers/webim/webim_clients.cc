#include "handlers/webim/webim_clients.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "handlers/webim/webim_json.h"

namespace rtcroom {
namespace {

/// Messages that are read for a poll, when they are not in memory.
constexpr std::size_t kOlderPerPoll = 50;

}  // namespace

WebimClients::WebimClients(Channel& channel, PushReceivers& receivers, PendingCalls& calls)
    : channel_(channel),
      receivers_(receivers),
      calls_(calls),
      deps_(channel.deps()),
      state_(channel.options()),
      memory_(deps_.held) {}

// Changes

WebimClients::Turn::Turn(WebimClients& clients)
    : clients_(clients), of_logins_(clients.channel_.held_bytes()) {
  now = clients.deps_.clock.Monotonic();
  wall = clients.deps_.clock.Now();
  clients.mutex_.Lock();
}

WebimClients::Turn::~Turn() {
  const std::size_t all = clients_.channel_.options().max_held_bytes;
  clients_.memory_.Bound(clients_.state_, all - std::min(of_logins_, all));
  const std::shared_ptr<PendingCall> call = held ? held->reply.call : nullptr;
  clients_.mutex_.Unlock();
  for (const auto& [account, position] : settled) {
    clients_.channel_.history().ConfirmDirect(account, position);
  }
  for (auto& [reply, body] : replies) reply.Answer(std::move(body));
  if (call) {
    call->Wait(clients_.calls_, held->due, [&clients = clients_, poll = held] {
      Turn turn(clients);
      clients.state_.polls().End(*poll, turn);
    });
  }
  for (const auto& client : moved) clients_.Follow(*client);
  for (const auto& [room, account] : gone) clients_.receivers_.Sign(room, account);
  if (clients_.deps_.observer == nullptr || deliveries.empty()) return;
  const TimePoint sent_at = clients_.deps_.clock.Now();
  for (const Delivery& delivery : deliveries) {
    clients_.deps_.observer->OnDelivered(delivery.path, LatencyOf(delivery.made_at, sent_at));
  }
}

// Logins

Standing WebimClients::Begin(const ChannelInstance& login, bool knows_group) {
  {
    Turn turn(*this);
    if (!state_.Begin(login, knows_group, turn)) return Standing::kActive;
    // Shared by its login and `PushReceivers`.
    turn.moved.push_back(std::make_shared<WebimClient>(*this, login));
    state_.logins().Find(login.instance)->client = turn.moved.back();
  }
  const PolledLogin kept = channel_.logins().Keep(
      login, [this, instance = login.instance](Standing standing) { End(instance, standing); });
  if (kept.standing != Standing::kActive) {
    End(login.instance, kept.standing);
  } else if (!kept.is_only) {
    Turn turn(*this);
    state_.MarkShared(login.instance, turn);
  }
  return kept.standing;
}

void WebimClients::End(std::uint64_t instance, Standing standing) {
  Turn turn(*this);
  state_.End(instance, standing, turn);
}

void WebimClients::Follow(WebimClient& client) {
  const std::uint64_t room_number = client.Follow(receivers_);
  {
    const MutexLock lock(mutex_);
    WebimLogin* const found = state_.logins().Find(client.login().instance);
    if (found == nullptr) return;
    state_.groups().Hear(*found, room_number);
  }
  CompleteGroup(client.login());
}

void WebimClients::CompleteGroup(const ChannelInstance& login) {
  std::uint64_t room_number = 0;
  std::uint64_t silences = 0;
  {
    const MutexLock lock(mutex_);
    const WebimLogin* const found = state_.logins().Find(login.instance);
    if (found == nullptr || !found->room) return;
    const Group& group = *found->room->group;
    if (group.is_complete || group.hearing == 0) return;
    room_number = group.facts.number;
    silences = state_.groups().silences();
  }
  // A message that was stored since the facts were read has passed a group that nobody heard.
  if (const auto newest = deps_.messages.NewestRoomMessage(room_number)) {
    Turn turn(*this);
    state_.groups().Complete(room_number, *newest, silences, turn);
  } else if (newest.error().code == Errc::kRoomNotFound) {
    EndMembership(login, room_number, LeaveReason::kRoomDestroyed);
  }
}

void WebimClients::EndMembership(const ChannelInstance& login, std::uint64_t room_number,
                                 LeaveReason reason) {
  Turn turn(*this);
  turn.is_of_feed = true;
  state_.groups().End(login.instance, room_number, reason, turn);
}

void WebimClients::OnEventsLost(const ChannelInstance& login) {
  Turn turn(*this);
  WebimLogin* const found = state_.logins().Find(login.instance);
  if (found != nullptr) state_.groups().OnEventsLost(*found, turn);
}

bool WebimClients::WasBrought(std::uint64_t room_number, const RoomPush& push) {
  const std::span<const RoomObject> objects = push.objects();
  if (!std::ranges::all_of(objects, &RoomObject::is_message)) return false;
  const std::pair newest(room_number, objects.back().seq());
  return std::exchange(brought_, newest) == newest;
}

// Polls

bool WebimClients::ReadsJsonOnly(const UserId& account) const {
  const PushReceivers::Receivers receivers = receivers_.Of(account);
  const MutexLock lock(mutex_);
  return std::ranges::any_of(LoginsOf(receivers), &WebimLogin::IsInGen2LiveRoom);
}

void WebimClients::Guard(const UserId& account, std::vector<StoredMessage>& messages) const {
  if (ReadsJsonOnly(account)) std::erase_if(messages, std::not_fn(PassesDirect));
}

void WebimClients::PollAccount(const ChannelInstance& caller, std::uint64_t cursor,
                               PollReply reply) {
  {
    Turn turn(*this);
    WebimLogin* const login = state_.logins().Find(caller.instance);
    if (login != nullptr && !login->inbox.needs_pending) {
      login->seen_at = turn.now;
      state_.account_polls().Poll(login, cursor, std::move(reply), turn);
      return;
    }
  }
  if (Begin(caller, /*knows_group=*/false) == Standing::kKicked) return reply.Answer(KickedReply());
  const auto pending = channel_.history().PendingMessages(caller.account);
  if (!pending) return Pause(std::nullopt, std::move(reply));  // the next poll reads them
  {
    Turn turn(*this);
    if (WebimLogin* const login = state_.logins().Find(caller.instance)) {
      state_.account_polls().GivePending(*login, cursor, *pending, turn);
      state_.account_polls().Poll(login, cursor, std::move(reply), turn);
      return;
    }
  }
  // The login has ended since the call was admitted.
  const bool is_kicked = channel_.logins().IsEndedByOperator(caller) ||
                         channel_.logins().Admit(caller) == Standing::kKicked;
  if (is_kicked) return reply.Answer(KickedReply());
  Turn turn(*this);
  state_.account_polls().Poll(nullptr, cursor, std::move(reply), turn);
}

void WebimClients::PollRoom(const std::optional<ChannelInstance>& caller, RoomPoll poll,
                            PollReply reply) {
  const std::uint64_t instance = caller ? caller->instance : 0;
  {
    Turn turn(*this);
    WebimLogin* const login = caller ? state_.logins().Find(instance) : nullptr;
    // The key that its client was given last needs no check.
    const bool has_newest_key = login != nullptr && login->room && login->room->key == poll.key;
    if (has_newest_key) poll.room_number = login->room->group->facts.number;
    const bool needs_store = caller && (!has_newest_key || !login->room->group->is_complete ||
                                        RoomPolls::MissingFor(login, poll));
    if (!needs_store) {
      if (login != nullptr) login->seen_at = turn.now;
      state_.room_polls().Poll(login, std::move(poll), {}, std::move(reply), turn);
      return;
    }
  }
  (void)Begin(*caller, /*knows_group=*/false);
  if (!poll.room_number) {
    if (const std::optional<RoomKeyClaims> claims = channel_.tokens().ReadRoomKey(poll.key)) {
      const bool is_own = claims->instance == instance;
      poll.room_number = is_own ? claims->room_number : 0;
      if (is_own && !Rejoin(*caller, *claims, poll.key)) {
        return Pause(std::move(poll), std::move(reply));  // the next poll tries again
      }
    }
  }
  CompleteGroup(*caller);
  const std::optional<RoomPolls::Missing> missing = [&] {
    const MutexLock lock(mutex_);
    return RoomPolls::MissingFor(state_.logins().Find(instance), poll);
  }();
  std::vector<StoredMessage> stored;
  std::optional<RoomPolls::OlderMessages> older;
  if (missing) {
    auto read =
        deps_.messages.ReadRoomMessages(missing->room_number, missing->first, kOlderPerPoll);
    if (read) {
      stored = *std::move(read);
      older = RoomPolls::OlderMessages{.missing = *missing, .stored = stored};
    }
  }
  Turn turn(*this);
  state_.room_polls().Poll(state_.logins().Find(instance), std::move(poll), older, std::move(reply),
                           turn);
}

void WebimClients::Pause(std::optional<RoomPoll> room, PollReply reply) {
  Turn turn(*this);
  state_.polls().Pause(std::move(room), std::move(reply), turn);
}

void WebimClients::OnTick() {
  calls_.OnTick();
  {
    Turn turn(*this);
    turn.is_of_feed = true;
    state_.OnTick(turn);
  }
  if (SendsClientsAway(deps_.node)) calls_.EndAll();
}

// Figures

void WebimClients::AddTo(ConnectedLogins& page) const {
  const MutexLock lock(mutex_);
  state_.AddTo(page);
}

void WebimClients::AddTo(ChannelSizes& sizes, ChannelCounts& counts) const {
  const MutexLock lock(mutex_);
  state_.AddTo(sizes, counts);
}

}  // namespace rtcroom
