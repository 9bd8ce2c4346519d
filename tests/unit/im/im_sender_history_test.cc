// The sender through random histories of rooms, with crashes and an unreliable IM service.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "daemon/core/room_service.h"
#include "tests/support/counting_ids.h"
#include "tests/support/create_now.h"
#include "tests/support/fake_streams.h"
#include "tests/unit/im/im_sender_fixture.h"

namespace rtcroom {
namespace {

using std::chrono::milliseconds;

/// The groups of an IM service whose answers do not depend on whether it did the work.
class LyingService {
 public:
  LyingService(Store& store, std::uint64_t seed) : store_(store), random_(seed) {}

  ImOutcome Answer(const GroupCall& call) {
    const bool is_notice = call.command == GroupCommand::kSystemNotice;
    const MutexLock lock(mutex_);
    if (!honest_ && random_() % 100 < 40) {
      switch (random_() % 4) {
        case 0:
          return ImOutcome::kUnreachable;
        case 1:
          return ImOutcome::kTooFast;
        default:
          if (random_() % 2 == 0) ApplyLocked(call);
          return ImOutcome::kPassing;
      }
    }
    if (is_notice && !groups_.contains(call.group)) return ImOutcome::kGroupMissing;
    ApplyLocked(call);
    return ImOutcome::kDone;
  }

  void StopLying() {
    const MutexLock lock(mutex_);
    honest_ = true;
  }
  [[nodiscard]] bool Has(const std::string& group) const {
    const MutexLock lock(mutex_);
    return groups_.contains(group);
  }
  /// The newest event at the time of the last notice to the group.
  [[nodiscard]] std::uint64_t NotifiedAt(const std::string& group) const {
    const MutexLock lock(mutex_);
    const auto found = notified_at_.find(group);
    return found == notified_at_.end() ? 0 : found->second;
  }
  [[nodiscard]] std::set<std::string> groups() const {
    const MutexLock lock(mutex_);
    return groups_;
  }
  [[nodiscard]] std::vector<std::string> wrongly_destroyed() const {
    const MutexLock lock(mutex_);
    return wrongly_destroyed_;
  }

 private:
  void ApplyLocked(const GroupCall& call) REQUIRES(mutex_) {
    switch (call.command) {
      case GroupCommand::kCreate:
        groups_.insert(call.group);
        return;
      case GroupCommand::kDestroy:
        if (store_.Load(MakeKey(RoomKind::kMulti, call.group))) {
          wrongly_destroyed_.push_back(call.group);
        }
        groups_.erase(call.group);
        return;
      case GroupCommand::kSystemNotice:
      case GroupCommand::kCustomMessage:
        notified_at_[call.group] = store_.Newest()->position;
        return;
    }
  }

  Store& store_;
  mutable Mutex mutex_;
  bool honest_ GUARDED_BY(mutex_) = false;
  std::mt19937_64 random_ GUARDED_BY(mutex_);
  std::set<std::string> groups_ GUARDED_BY(mutex_);
  std::map<std::string, std::uint64_t> notified_at_ GUARDED_BY(mutex_);
  std::vector<std::string> wrongly_destroyed_ GUARDED_BY(mutex_);
};

class ImSenderHistory : public ImSenderFixture,
                        public testing::WithParamInterface<OnCreateFailure> {
 protected:
  static constexpr int kPhones = 4;
  static constexpr int kCrashes = 4;
  static constexpr int kCallsBetweenCrashes = 60;

  /// Makes random calls as a client does; each phone uses separate room names.
  void UsePhone(RoomService& rooms, int phone, std::uint64_t seed) {
    std::mt19937_64 random(seed * 100 + static_cast<std::uint64_t>(phone));
    std::vector<std::string> drawn;
    for (int i = 0; i < kCallsBetweenCrashes; ++i) {
      const bool use_drawn = !drawn.empty() && random() % 2 == 0;
      const std::string id =
          use_drawn ? drawn[random() % drawn.size()] : "named" + std::to_string(phone);
      const RoomKey key = MakeKey(RoomKind::kMulti, id);
      switch (random() % 6) {
        case 0:
        case 1: {
          CreateRoomCommand command{.kind = RoomKind::kMulti, .user_id = {"creator"}};
          if (random() % 2 == 0) command.room_id = RoomId{"named" + std::to_string(phone)};
          Awaited<Result<RoomId>> made;
          rooms.CreateRoom(command, made.Callback());
          const Result<RoomId> room = made.Get();
          if (room && !command.room_id) drawn.push_back(room->value);
          break;
        }
        case 2:
          (void)rooms.DestroyRoom({.room = key, .user_id = {"creator"}});
          break;
        case 3:
          (void)rooms.DeletePusher({.room = key, .user_id = {random() % 4 == 0 ? "creator" : "u"}});
          break;
        default:
          (void)AddNow(rooms, {.room = key, .user_id = {"u"}});
      }
    }
  }

  void LetThemCall(std::uint64_t seed) {
    std::atomic<bool> over = false;
    const std::jthread time([&] {
      while (!over) {
        Advance(milliseconds(50));
        std::this_thread::sleep_for(std::chrono::microseconds(100));  // each one wakes the sender
      }
    });
    RoomService rooms({.store = sqlite_.rooms(),
                       .ban_store = sqlite_.bans(),
                       .bans = bans_,
                       .leases = leases_,
                       .groups = sender_.get(),
                       .streams = streams_,
                       .clock = clock_,
                       .ids = ids_},
                      {.deliveries = {.im = true}}, logger_);
    {
      std::vector<std::jthread> phones;
      phones.reserve(kPhones);
      for (int i = 0; i < kPhones; ++i) {
        phones.emplace_back([&, i] { UsePhone(rooms, i, seed); });
      }
    }
    over = true;
  }

  std::vector<Room> Rooms() { return sqlite_.rooms().Scan(0, 10'000)->rooms; }

  /// Position of the newest event of each room that causes a notice.
  std::map<std::string, std::uint64_t> LastChanges() {
    std::map<std::string, std::uint64_t> changes;
    Cursor cursor = Cursor::Start();
    for (;;) {
      const Result<EventPage> page = sqlite_.rooms().ReadEvents(cursor, 1000);
      if (!page || page->events.empty()) return changes;
      cursor = page->next;
      for (const StoredEvent& stored : page->events) {
        const std::string& id = stored.event.room.id.value;
        const EventPayload& payload = stored.event.payload;
        if (stored.event.room_sequence == 1) changes.erase(id);
        const bool is_notified = std::holds_alternative<PusherAdded>(payload) ||
                                 std::holds_alternative<PusherDeleted>(payload);
        if (is_notified && stored.event.room_sequence > 2) changes[id] = stored.position;
      }
    }
  }

  LeaseTable leases_{clock_, std::chrono::seconds(20)};
  FakeStreams streams_;
  BanList bans_{clock_, streams_};
  CountingIds ids_;
};

TEST_P(ImSenderHistory, EndsWithEachGroupMatchingItsRoom) {
  options_.maker.on_failure = GetParam();
  // The clock runs much faster than the calls here: none may be abandoned because of its age.
  options_.retries.longest_alone = std::chrono::years(1);
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    LyingService lying(sqlite_.rooms(), seed);
    service_.AnswerWith([&](const GroupCall& call) { return lying.Answer(call); });
    for (const auto& room : Rooms()) End(room.key.id.value);
    Restart();
    for (int i = 0; i < kCrashes; ++i) {
      LetThemCall(seed * 10 + static_cast<std::uint64_t>(i));
      Crash();
    }
    lying.StopLying();
    ASSERT_TRUE(EventuallyAtRest()) << PendingGroups() << " groups are pending";
    EXPECT_THAT(lying.wrongly_destroyed(), testing::IsEmpty());
    const std::map<std::string, std::uint64_t> last_changes = LastChanges();
    std::set<std::string> living;
    for (const Room& room : Rooms()) {
      const std::string& id = room.key.id.value;
      living.insert(id);
      EXPECT_TRUE(lying.Has(id)) << id;
      const auto change = last_changes.find(id);
      if (change == last_changes.end()) continue;
      EXPECT_GE(lying.NotifiedAt(id), change->second) << id;
    }
    for (const std::string& id : lying.groups()) {
      // An abandoned room with a named id keeps its group for the next create.
      if (!id.starts_with("room_")) continue;
      EXPECT_TRUE(living.contains(id)) << id;
    }
    EXPECT_GT(service_.calls().size(), 100u);
    sender_.reset();
    service_.AnswerWith(ImOutcome::kDone);
  }
}

INSTANTIATE_TEST_SUITE_P(Failures, ImSenderHistory,
                         testing::Values(OnCreateFailure::kReject, OnCreateFailure::kDegrade),
                         [](const auto& param_info) {
                           return param_info.param == OnCreateFailure::kReject ? "Reject"
                                                                               : "Degrade";
                         });

}  // namespace
}  // namespace rtcroom
