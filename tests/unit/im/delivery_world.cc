#include "tests/unit/im/delivery_world.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "tests/support/fake_clock.h"

namespace rtcroom {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kPage = 7;  // so that changes are cut in two

template <typename Map>
auto& Pick(Map& map, std::uint64_t roll) {
  return *std::next(map.begin(), static_cast<std::ptrdiff_t>(roll % map.size()));
}

}  // namespace

DeliveryWorld::DeliveryWorld(std::uint64_t seed, const WorldOptions& options)
    : options_(options),
      random_(seed),
      deliveries_(std::make_unique<GroupDeliveries>(options.notify_via)) {}

void DeliveryWorld::Step() {
  switch (Roll(16)) {
    case 0:
      return BeginMaking();
    case 1:
    case 2:
    case 3:
      return GoOnMaking();
    case 4:
    case 5:
      return ChangeARoom();
    case 6:
    case 7:
      return Read();
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
      return Save();
    default:
      if (options_.notify_via == NotifyVia::kAuto && Chance(5)) system_disabled_ = true;
      if (options_.crashes && Chance(20)) Crash();
  }
}

// -- The rooms.

void DeliveryWorld::Append(const std::string& id, RoomHappening happening,
                           std::uint64_t room_sequence) {
  log_.push_back({.position = log_.size() + 1,
                  .room_number = 1,
                  .event = {.room = {.kind = RoomKind::kMulti, .id = {id}},
                            .dialect = Dialect::kGen1,
                            .room_sequence = room_sequence,
                            .at = kNoon,
                            .happening = std::move(happening)}});
}

void DeliveryWorld::ChangeARoom() {
  if (rooms_.empty()) return;
  auto& [id, room] = Pick(rooms_, Roll(100));
  const std::uint64_t roll = Roll(8);
  if (roll == 0) return EndRoom(std::string(id));
  if (roll == 1) {
    Append(id, PusherUpdated{}, ++room.last_sequence);
    changes_.insert(log_.size());
    return;
  }
  if (roll < 5 || room.guests == 0) {
    ++room.guests;
    Append(id, PusherAdded{}, ++room.last_sequence);
  } else {
    --room.guests;
    Append(id, PusherDeleted{}, ++room.last_sequence);
  }
  room.told_of = log_.size();
  changes_.insert(log_.size());
}

void DeliveryWorld::EndRoom(const std::string& id) {
  Room& room = rooms_.at(id);
  if (Chance(50)) Append(id, PusherDeleted{}, ++room.last_sequence);  // the creator left
  for (int i = 0; i < room.guests; ++i) {
    Append(id, PusherDeleted{.reason = LeaveReason::kRoomDestroyed}, ++room.last_sequence);
  }
  Append(id, RoomDestroyed{}, ++room.last_sequence);
  changes_.insert(log_.size());
  rooms_.erase(id);
  ended_.insert(id);
}

void DeliveryWorld::Commit(const std::string& id, bool degraded) {
  Append(id, RoomCreated{}, 1);
  Append(id, PusherAdded{}, 2);
  changes_.insert(log_.size());
  rooms_[id] = {};
  ended_.erase(id);
  if (degraded) {
    tasks_[id] = GroupTaskKind::kCreate;
  } else if (makings_.at(id).generated) {
    tasks_.erase(id);
  }
}

// -- Their making.

void DeliveryWorld::BeginMaking() {
  if (at_rest_) return;
  Making making{.generated = Chance(50)};
  std::string id;
  if (making.generated) {
    id = "g" + std::to_string(++drawn_);
  } else if (drawn_ > 0 && Chance(20)) {
    id = "g" + std::to_string(1 + Roll(static_cast<std::uint64_t>(drawn_)));  // somebody guessed
  } else {
    id = std::string(1, static_cast<char>('a' + Roll(4)));
  }
  if (rooms_.contains(id) || makings_.contains(id)) return;
  makings_[id] = making;
  deliveries_->BeginMaking({id});
}

void DeliveryWorld::GoOnMaking() {
  if (makings_.empty()) return;
  auto& [id, making] = Pick(makings_, Roll(100));
  switch (making.stage) {
    case Stage::kWaiting:
      if (!deliveries_->HasTurn({id})) return;
      if (making.generated) {
        tasks_[id] = GroupTaskKind::kMaking;
        deliveries_->NoteTask({id});
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
    // Others may be quick, and so may the reader of events.
    if (Chance(20)) EndRoom(id);
    while (Chance(30)) Read();
    if (making.generated) deliveries_->ClearTask({id});
    if (degraded) {
      deliveries_->NoteTask({id});
      deliveries_->OweCreate({id}, now_);
    }
  } else if (making.generated && making.may_exist) {
    tasks_[id] = GroupTaskKind::kDestroy;
    deliveries_->OweDestroyTwice({id}, now_);
    ended_.insert(id);
  } else if (!making.generated) {
    ended_.erase(id);  // the next create finds it as ours
  }
  deliveries_->EndMaking({id});
  makings_.erase(id);
}

// -- The bridge.

void DeliveryWorld::Read() {
  const std::size_t until = std::min<std::size_t>(log_.size(), read_ + kPage);
  while (read_ < until) deliveries_->Take(log_[read_++], now_);
  if (until == log_.size()) deliveries_->EndOfChange();
}

void DeliveryWorld::Start() {
  const DeliveryStep step = kDeliverySteps[Roll(kDeliveryStepCount)];
  const std::optional<Delivery> next = deliveries_->Next(step, now_);
  if (!next) return;
  const std::string& id = next->group.value;
  for (const Call& call : calls_) {
    if (call.delivery.group == next->group) Fault("two calls at a time for " + id);
  }
  const auto making = makings_.find(id);
  if (making != makings_.end() && making->second.stage != Stage::kWaiting) {
    Fault("a call for " + id + ", which is being made");
  }
  const bool is_notice =
      step == DeliveryStep::kSystemNotice || step == DeliveryStep::kCustomMessage;
  if (is_notice && InTheMidstOfItsEnd(id)) Fault("a notice to " + id + ", which is about to end");
  Call call{.delivery = *next};
  if (step == DeliveryStep::kDestroy) call.skipped = rooms_.contains(id);
  if (step == DeliveryStep::kCreate) call.skipped = !rooms_.contains(id);
  calls_.push_back(std::move(call));
}

bool DeliveryWorld::InTheMidstOfItsEnd(const std::string& id) const {
  // Only the end of a room is a change that begins with a pusher who leaves and goes on.
  return read_ > 0 && !changes_.contains(read_) && log_[read_ - 1].event.room.id.value == id &&
         std::holds_alternative<PusherDeleted>(log_[read_ - 1].event.happening);
}

void DeliveryWorld::Arrive(Call& call) {
  const std::string& id = call.delivery.group.value;
  if (call.delivery.step == DeliveryStep::kForgetTask) {
    const bool busy = options_.fails && !at_rest_ && Chance(20);
    if (!busy) tasks_.erase(id);
    call.outcome = busy ? ImOutcome::kPassing : ImOutcome::kDone;
    return;
  }
  call.outcome = call.skipped ? ImOutcome::kDone : Answer(*CommandOf(call.delivery.step), id);
}

void DeliveryWorld::FinishSome() {
  if (calls_.empty()) return;
  const auto call = std::next(calls_.begin(), static_cast<std::ptrdiff_t>(Roll(calls_.size())));
  if (!call->outcome) return Arrive(*call);
  const double jitter = static_cast<double>(Roll(101)) / 100;
  deliveries_->Finish(call->delivery, *call->outcome, now_, jitter);
  if (call->outcome == ImOutcome::kDone && Chance(20)) deliveries_->Hurry(now_);
  calls_.erase(call);
}

void DeliveryWorld::Save() {
  const std::uint64_t position = deliveries_->HandledUpTo();
  if (position < saved_ && !crashed_) Fault("the position went back");
  saved_ = position;
}

void DeliveryWorld::Crash() {
  crashed_ = true;
  for (Call& call : calls_) {
    if (!call.outcome && Chance(50)) Arrive(call);  // it was on its way
  }
  calls_.clear();
  for (const auto& [id, making] : makings_) {
    if (making.generated && making.may_exist) ended_.insert(id);
    if (!making.generated && making.may_exist) ended_.erase(id);
  }
  makings_.clear();
  deliveries_ = std::make_unique<GroupDeliveries>(options_.notify_via);
  for (const auto& [id, kind] : tasks_) {
    deliveries_->NoteTask({id});
    if (kind == GroupTaskKind::kCreate) {
      deliveries_->OweCreate({id}, now_);
    } else {
      deliveries_->OweDestroyTwice({id}, now_);
    }
  }
  deliveries_->StartAt(saved_);
  read_ = saved_;  // positions are consecutive here
}

}  // namespace rtcroom
