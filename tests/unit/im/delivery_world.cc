#include "tests/unit/im/delivery_world.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "daemon/core/room_deliveries.h"
#include "daemon/im/im_caller.h"
#include "tests/support/matchers.h"
#include "tests/support/rooms.h"

namespace rtcroom {
namespace {

using std::chrono::milliseconds;

template <typename Map>
auto& Pick(Map& map, std::uint64_t roll) {
  return *std::next(map.begin(), static_cast<std::ptrdiff_t>(roll % map.size()));
}

RoomKey KeyOf(const std::string& id) { return MakeKey(RoomKind::kMulti, id); }
std::string Guest(int number) { return "guest" + std::to_string(number); }

}  // namespace

DeliveryWorld::DeliveryWorld(std::uint64_t seed, const WorldOptions& options)
    : options_(options),
      random_(seed),
      outcomes_(std::make_unique<DeliveryOutcomes>(options.notify_via, RetryLimits{})),
      claims_(std::make_unique<DeliveryClaims>(16)) {}

void DeliveryWorld::Step() {
  switch (Roll(16)) {
    case 0:
      return BeginMaking();
    case 1:
    case 2:
    case 3:
      return ContinueMaking();
    case 4:
    case 5:
      return ChangeARoom();
    case 6:
    case 7:
      return Load();
    case 8:
    case 9:
    case 10:
      return Start();
    case 11:
    case 12:
    case 13:
      return FinishSome();
    case 14:
      now_ += milliseconds(Roll(3000));
      return WriteAgain();
    default:
      if (options_.notify_via == NotifyVia::kAuto && Chance(5)) system_disabled_ = true;
      if (options_.crashes && Chance(20)) Crash();
  }
}

// -- Rooms.

void DeliveryWorld::Write(const RoomUpdate& update) {
  const auto written =
      rtcroom::Apply(store_, {.key = update.key, .edit = WithDeliveries(update.edit)});
  if (!written) Fault("a change failed: " + std::string(ErrcName(written.error().code)));
}

void DeliveryWorld::ChangeARoom() {
  if (rooms_.empty()) return;
  auto& [id, room] = Pick(rooms_, Roll(100));
  const std::uint64_t roll = Roll(8);
  if (roll == 0) return EndRoom(std::string(id));
  if (roll == 1) return Write(Adding(KeyOf(id), "creator", 100));  // no notice
  if (roll < 5 || room.guests == 0) {
    Write(Adding(KeyOf(id), Guest(++room.guests), 100));
  } else {
    Write(Deleting(KeyOf(id), Guest(room.guests--)));
  }
  room.has_changed = true;
  room.changed_at = Newest();
}

void DeliveryWorld::EndRoom(const std::string& id) {
  Write(Destroying(KeyOf(id)));
  rooms_.erase(id);
  ended_.insert(id);
}

void DeliveryWorld::Commit(const std::string& id, bool degraded) {
  RoomUpdate creating = Creating(MakeRoom(RoomKind::kMulti, id));
  if (degraded) {
    creating.edit = [edit = creating.edit, id](const Room* stored) {
      Result<RoomChange> made = edit(stored);
      if (made) {
        made->delivery = DeliveryChange{
            .group = {id}, .drops_pending = true, .enqueue = DeliveryKind::kCreateGroup};
      }
      return made;
    };
  }
  Write(creating);
  rooms_[id] = {};
  ended_.erase(id);
}

// -- Creation of rooms, as by `GroupMaker`.

void DeliveryWorld::BeginMaking() {
  if (at_rest_) return;
  const Making making{.generated = Chance(50)};
  std::string id;
  if (making.generated) {
    id = "g" + std::to_string(++drawn_);
  } else if (drawn_ > 0 && Chance(20)) {
    id = "g" + std::to_string(1 + Roll(static_cast<std::uint64_t>(drawn_)));  // a guessed id
  } else {
    id = std::string(1, static_cast<char>('a' + Roll(4)));
  }
  if (rooms_.contains(id) || makings_.contains(id)) return;
  makings_[id] = making;
  claims_->BeginMaking({id});
}

void DeliveryWorld::ContinueMaking() {
  if (makings_.empty()) return;
  auto& [id, making] = Pick(makings_, Roll(100));
  switch (making.stage) {
    case Stage::kWaiting:
      if (!claims_->BeginMaking({id})) return;
      if (making.generated) {
        (void)store_.deliveries().ChangeDeliveries({.group = {id},
                                                    .enqueue = DeliveryKind::kDestroyGroup,
                                                    .payload = std::string(kRepeatedDestroy)},
                                                   now_);
      }
      making.stage = Stage::kAsked;
      return;
    case Stage::kAsked: {
      const ImOutcome outcome = Answer(GroupCommand::kCreate, id);
      if (outcome == ImOutcome::kDone || outcome == ImOutcome::kPassing) making.may_exist = true;
      if (outcome == ImOutcome::kDone) making.stage = Stage::kMade;
      if (outcome != ImOutcome::kDone && Chance(50)) making.stage = Stage::kFailed;
      return;
    }
    case Stage::kMade:
    case Stage::kFailed:
      return FinishMaking(std::string(id));
  }
}

void DeliveryWorld::FinishMaking(const std::string& id) {
  const Making making = makings_.at(id);
  const bool degraded = making.stage == Stage::kFailed && options_.degrades;
  const bool kept = (making.stage == Stage::kMade || degraded) && Chance(80);
  if (kept) {
    Commit(id, degraded);
    // Another client, or the sender, may act before this one.
    if (Chance(20)) EndRoom(id);
    if (Chance(30)) Load();
  } else if (making.generated) {
    DeliveryChange settled{.group = {id}, .drops_pending = true};
    if (making.may_exist) {
      settled.enqueue = DeliveryKind::kDestroyGroup;
      settled.payload = kRepeatedDestroy;
      ended_.insert(id);
    }
    (void)store_.deliveries().ChangeDeliveries(settled, now_);
  } else {
    ended_.erase(id);  // the next create finds our group
  }
  claims_->EndMaking({id});
  makings_.erase(id);
}

// -- Sender.

void DeliveryWorld::Load() {
  claims_->BeginRound();
  for (const DeliveryKind kind : kDeliveryKinds) {
    const auto loaded = store_.deliveries().LoadDeliveries(kind, 16);
    loaded_[kind].assign(loaded->begin(), loaded->end());
  }
}

void DeliveryWorld::Start() {
  std::deque<Delivery>& queue = loaded_[kDeliveryKinds[Roll(std::size(kDeliveryKinds))]];
  if (queue.empty()) return;
  const Delivery next = queue.front();
  queue.pop_front();
  if (!outcomes_->IsDue(next, now_) || !claims_->TryClaim(next.group)) return;
  const std::string& id = next.group.value;
  for (const Call& call : calls_) {
    if (call.delivery.group == next.group) Fault("two calls at a time for " + id);
  }
  const auto making = makings_.find(id);
  if (making != makings_.end() && making->second.stage != Stage::kWaiting) {
    Fault("a call for " + id + ", which is being made");
  }
  Call call{.delivery = next, .command = outcomes_->CommandFor(next)};
  if (next.kind == DeliveryKind::kDestroyGroup) call.skipped = rooms_.contains(id);
  if (next.kind == DeliveryKind::kCreateGroup) call.skipped = !rooms_.contains(id);
  calls_.push_back(std::move(call));
}

void DeliveryWorld::Arrive(Call& call) {
  call.outcome = call.skipped ? ImOutcome::kDone : Answer(call.command, call.delivery.group.value);
}

void DeliveryWorld::FinishSome() {
  if (calls_.empty()) return;
  const auto call = std::next(calls_.begin(), static_cast<std::ptrdiff_t>(Roll(calls_.size())));
  if (!call->outcome) return Arrive(*call);
  const double jitter = static_cast<double>(Roll(101)) / 100;
  if (ImCaller::IsAnswer(*call->outcome)) outcomes_->RecordAnswer(now_);
  const Resolution resolution = call->skipped ? Resolution{.delivery = call->delivery}
                                              : outcomes_->Resolve(call->delivery, call->command,
                                                                   *call->outcome, now_, jitter);
  if (call->outcome == ImOutcome::kDone && Chance(20)) {
    (void)store_.deliveries().RetryDeliveriesSoon(now_, milliseconds(1000), 3);
  }
  claims_->EndCall();
  calls_.erase(call);
  if (!WriteOutcome(resolution)) unwritten_.push_back(resolution);
}

bool DeliveryWorld::WriteOutcome(const Resolution& resolution) {
  if (options_.fails && !at_rest_ && Chance(10)) return false;  // the store is busy
  (void)WriteResolution(store_.deliveries(), resolution);
  claims_->Release(resolution.delivery.group);
  return true;
}

void DeliveryWorld::WriteAgain() {
  std::erase_if(unwritten_, [this](const Resolution& one) { return WriteOutcome(one); });
}

void DeliveryWorld::Crash() {
  crashed_ = true;
  for (Call& call : calls_) {
    if (!call.outcome && Chance(50)) Arrive(call);  // it was in flight
  }
  calls_.clear();
  for (const auto& [id, making] : makings_) {
    if (making.generated && making.may_exist) ended_.insert(id);
    if (!making.generated && making.may_exist) ended_.erase(id);
  }
  makings_.clear();
  unwritten_.clear();
  loaded_.clear();
  outcomes_ = std::make_unique<DeliveryOutcomes>(options_.notify_via, RetryLimits{});
  claims_ = std::make_unique<DeliveryClaims>(16);
}

}  // namespace rtcroom
