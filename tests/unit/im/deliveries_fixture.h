// Events, time and the IM service's answers, as a test wants them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "daemon/im/group_deliveries.h"
#include "tests/support/fake_clock.h"

namespace rtcroom {

/// Makes the events of rooms that need not exist, numbered as a store does.
class EventSource {
 public:
  StoredEvent Event(const std::string& room, RoomHappening happening, std::uint64_t room_sequence,
                    Dialect dialect = Dialect::kGen1) {
    return {.position = ++position_,
            .room_number = 1,
            .event = {.room = {.kind = RoomKind::kMulti, .id = {room}},
                      .dialect = dialect,
                      .room_sequence = room_sequence,
                      .at = kNoon,
                      .happening = std::move(happening)}};
  }
  [[nodiscard]] std::uint64_t position() const { return position_; }
  void JumpTo(std::uint64_t position) { position_ = position; }

 private:
  std::uint64_t position_ = 0;
};

class DeliveriesFixture : public testing::Test {
 protected:
  using Step = DeliveryStep;

  static RoomId Id(const std::string& room) { return {room}; }

  // What happened, as `GroupDeliveries` hears of it. Returns the position.
  std::uint64_t Take(const StoredEvent& event) {
    deliveries_->Take(event, now_);
    return event.position;
  }
  std::uint64_t Created(const std::string& room) {
    Take(events_.Event(room, RoomCreated{.creator = {"creator"}}, 1));
    return Take(events_.Event(room, PusherAdded{.user_id = {"creator"}}, 2));
  }
  std::uint64_t Added(const std::string& room) {
    return Take(events_.Event(room, PusherAdded{.user_id = {"guest"}}, 3));
  }
  std::uint64_t Left(const std::string& room) {
    const std::uint64_t position =
        Take(events_.Event(room, PusherDeleted{.user_id = {"guest"}}, 4));
    deliveries_->EndOfChange();
    return position;
  }
  std::uint64_t Ended(const std::string& room) {
    Take(events_.Event(room, PusherDeleted{.user_id = {"creator"}}, 8));
    Take(events_.Event(
        room, PusherDeleted{.user_id = {"guest"}, .reason = LeaveReason::kRoomDestroyed}, 9));
    return Take(events_.Event(room, RoomDestroyed{}, 10));
  }

  /// Everything that is to be done now, in the order in which it is handed out.
  std::vector<Delivery> Due() {
    std::vector<Delivery> due;
    for (const Step step : kDeliverySteps) {
      while (std::optional<Delivery> next = deliveries_->Next(step, now_)) {
        due.push_back(*std::move(next));
      }
    }
    return due;
  }
  DeliveryEnd Finish(const std::string& room, Step step, ImOutcome outcome = ImOutcome::kDone,
                     double jitter = 1) {
    return deliveries_->Finish({.group = {room}, .step = step}, outcome, now_, jitter);
  }
  /// Answers whatever is due, and what becomes due by that.
  std::vector<Delivery> AnswerAll(ImOutcome outcome = ImOutcome::kDone) {
    std::vector<Delivery> all;
    for (std::vector<Delivery> due = Due(); !due.empty(); due = Due()) {
      for (const Delivery& delivery : due) {
        deliveries_->Finish(delivery, outcome, now_, 1);
        all.push_back(delivery);
      }
    }
    return all;
  }
  void Advance(std::chrono::milliseconds by) { now_ += by; }
  void Restart(NotifyVia via, const DeliveryLimits& limits = {}) {
    deliveries_.emplace(via, limits);
  }

  static Delivery Destroy(const std::string& room) { return {Id(room), Step::kDestroy}; }
  static Delivery Create(const std::string& room) { return {Id(room), Step::kCreate}; }
  static Delivery Forget(const std::string& room) { return {Id(room), Step::kForgetTask}; }
  static Delivery Notice(const std::string& room) { return {Id(room), Step::kSystemNotice}; }
  static Delivery Message(const std::string& room) { return {Id(room), Step::kCustomMessage}; }

  EventSource events_;
  MonotonicTime now_{std::chrono::hours(1)};
  std::optional<GroupDeliveries> deliveries_{std::in_place, NotifyVia::kSystem};
};

}  // namespace rtcroom
