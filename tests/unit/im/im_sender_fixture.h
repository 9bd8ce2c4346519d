// The sender on a store of its own, with an IM service that a test controls.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/core/room_deliveries.h"
#include "daemon/im/im_sender.h"
#include "tests/support/awaited.h"
#include "tests/support/captured_log.h"
#include "tests/support/constant_random.h"
#include "tests/support/eventually.h"
#include "tests/support/failing_store.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_cluster.h"
#include "tests/support/fake_im_service.h"
#include "tests/support/matchers.h"
#include "tests/support/only_node.h"
#include "tests/support/rooms.h"
#include "tests/support/tally_lines.h"
#include "tests/support/temp_store.h"

namespace rtcroom {

/// An outbox whose reads or writes fail while a test demands it.
class FailingDeliveries : public DeliveryStore {
 public:
  explicit FailingDeliveries(DeliveryStore& deliveries) : deliveries_(deliveries) {}

  std::atomic<bool> broken{false};  ///< writes fail
  std::atomic<bool> unreadable{false};
  std::atomic<bool> throws{false};  ///< changes throw

  Result<std::vector<Delivery>> LoadDeliveries(DeliveryKind kind, std::size_t limit) override {
    if (unreadable) return Error{Errc::kStoreBusy, "disk is slow"};
    return deliveries_.LoadDeliveries(kind, limit);
  }
  Result<DeliveryBacklog> CountDeliveries() override { return deliveries_.CountDeliveries(); }
  Status ChangeDeliveries(const DeliveryChange& change, TimePoint now) override {
    if (throws) throw std::bad_alloc();
    if (broken) return kFull;
    return deliveries_.ChangeDeliveries(change, now);
  }
  Status FinishDelivery(const Delivery& delivery) override {
    if (broken) return kFull;
    return deliveries_.FinishDelivery(delivery);
  }
  Result<bool> PostponeDelivery(const Delivery& delivery) override {
    if (broken) return kFull;
    return deliveries_.PostponeDelivery(delivery);
  }
  Status RetryDeliveriesSoon(TimePoint now, std::chrono::milliseconds within,
                             std::size_t limit) override {
    if (broken) return kFull;
    return deliveries_.RetryDeliveriesSoon(now, within, limit);
  }

 private:
  const Error kFull{Errc::kStoreBroken, "disk full"};
  DeliveryStore& deliveries_;
};

class ImSenderFixture : public testing::Test {
 protected:
  using Made = Awaited<Result<GroupReady>>;

  ~ImSenderFixture() override {
    service_.Release();
    sender_.reset();
    EXPECT_THAT(service_.overlaps(), testing::IsEmpty()) << "two concurrent calls for one group";
  }

  ImSenderDeps DepsOn(Store& store) {
    return {.store = store,
            .deliveries = deliveries_,
            .service = service_,
            .budget = budget_,
            .enqueued = enqueued_,
            .cluster = cluster_,
            .node = node_.lease,
            .clock = clock_,
            .random = random_,
            .tallies = tallies_,
            .logger = logger_};
  }

  /// Replaces the sender, if any, by a new one on the same store.
  void Restart() {
    sender_.reset();
    sender_ = std::make_unique<ImSender>(DepsOn(store_), options_);
    ASSERT_OK(sender_->Start());
  }

  /// `Restart` after a kill -9: the results of running calls are not written.
  void Crash() {
    deliveries_.broken = true;
    sender_.reset();
    deliveries_.broken = false;
    Restart();
  }

  /// Creates and ends a room; the destroy of its group is not answered until `Release`.
  void LeaveADestroyUnderWay(const std::string& id) {
    Create(id);
    EXPECT_TRUE(EventuallyAtRest());
    service_.Hold();
    End(id);
    EXPECT_TRUE(Eventually([this] { return service_.hanging() == 1; }));
  }

  void Advance(std::chrono::milliseconds by) {
    clock_.Advance(by);
    enqueued_.Raise();
  }
  /// Advances the clock, `by` in each round, until the condition holds.
  template <typename Condition>
  [[nodiscard]] bool EventuallyAsTimePasses(
      Condition condition, std::chrono::milliseconds by = std::chrono::milliseconds(100)) {
    return Eventually([&] {
      Advance(by);
      return condition();
    });
  }
  [[nodiscard]] bool EventuallyCalled(const std::vector<GroupCall>& calls) {
    const bool called = EventuallyAsTimePasses([&] { return service_.calls() == calls; });
    if (!called) ADD_FAILURE() << "called: " << testing::PrintToString(service_.calls());
    return called;
  }
  /// Waits until nothing is pending.
  [[nodiscard]] bool EventuallyAtRest() {
    return EventuallyAsTimePasses([this] { return PendingGroups() == 0; });
  }

  std::uint64_t PendingGroups() { return sqlite_.deliveries().CountDeliveries()->groups; }
  std::vector<Delivery> Pending(DeliveryKind kind) {
    return *sqlite_.deliveries().LoadDeliveries(kind, 10'000);
  }
  /// The payloads of the pending destroys; all must be of that group.
  std::vector<std::string> DestroysOf(const std::string& group) {
    std::vector<std::string> payloads;
    for (const Delivery& delivery : Pending(DeliveryKind::kDestroyGroup)) {
      EXPECT_EQ(delivery.group.value, group);
      payloads.push_back(delivery.payload);
    }
    return payloads;
  }
  void Enqueue(const std::string& group, DeliveryKind kind, const std::string& payload = "") {
    ASSERT_OK(sqlite_.deliveries().ChangeDeliveries(
        {.group = {group}, .enqueue = kind, .payload = payload}, clock_.Now()));
  }

  [[nodiscard]] MonotonicTime Deadline() const {
    return clock_.Monotonic() + std::chrono::seconds(8);
  }

  /// Requests a group and waits for the answer.
  Result<GroupReady> Make(const std::string& id, IdOrigin origin = IdOrigin::kGenerated) {
    Made made;
    sender_->MakeGroup({id}, origin, Deadline(), made.Callback());
    return made.Get();
  }
  /// Changes a room as `RoomService` does.
  Status Change(const RoomUpdate& update) {
    const Result<RoomChange> changed =
        Apply(sqlite_, {.key = update.key, .edit = WithDeliveries(update.edit)});
    return changed ? Status() : Status(changed.error());
  }
  /// Stores the room, as create_room does when its group exists.
  void Commit(const std::string& id, const GroupReady& ready = {}) {
    RoomUpdate creating = Creating(MakeRoom(RoomKind::kMulti, id));
    if (ready.is_made_later) {
      creating.edit = [edit = creating.edit, id](const Room* stored) {
        Result<RoomChange> made = edit(stored);
        if (made) {
          made->delivery = DeliveryChange{
              .group = {id}, .drops_pending = true, .enqueue = DeliveryKind::kCreateGroup};
        }
        return made;
      };
    }
    ASSERT_OK(Change(creating));
  }
  /// create_room from beginning to end.
  void Create(const std::string& id, IdOrigin origin = IdOrigin::kNamed) {
    const Result<GroupReady> made = Make(id, origin);
    ASSERT_OK(made);
    Commit(id, *made);
    sender_->FinishGroup({id}, GroupOutcome::kKept);
  }
  void Join(const std::string& id, const std::string& user = "guest") {
    ASSERT_OK(Change(Adding(MakeKey(RoomKind::kMulti, id), user)));
  }
  void Leave(const std::string& id, const std::string& user = "guest") {
    ASSERT_OK(Change(Deleting(MakeKey(RoomKind::kMulti, id), user)));
  }
  void End(const std::string& id) { ASSERT_OK(Change(Destroying(MakeKey(RoomKind::kMulti, id)))); }

  void Keep(const std::string& id) { sender_->FinishGroup({id}, GroupOutcome::kKept); }
  void Abandon(const std::string& id) { sender_->FinishGroup({id}, GroupOutcome::kAbandoned); }

  /// Answers each call with the next of `outcomes`, and further calls with the last.
  void AnswerInTurn(std::vector<ImOutcome> outcomes) {
    service_.AnswerWith(
        [outcomes = std::move(outcomes), next = std::make_shared<std::atomic<std::size_t>>(0)](
            const GroupCall& /*call*/) {  // shared by the copies of this
          return outcomes[std::min(next->fetch_add(1), outcomes.size() - 1)];
        });
  }
  /// Number of log lines that contain this text.
  [[nodiscard]] int Logged(const std::string& what) const {
    const std::string text = log_.Text();
    int count = 0;
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) {
      ++count;
    }
    return count;
  }

  static GroupCall CreateOf(const std::string& id) { return {GroupCommand::kCreate, id}; }
  static GroupCall DestroyOf(const std::string& id) { return {GroupCommand::kDestroy, id}; }
  static GroupCall NoticeOf(const std::string& id) { return {GroupCommand::kSystemNotice, id}; }
  static GroupCall MessageOf(const std::string& id) { return {GroupCommand::kCustomMessage, id}; }

  static ImSenderOptions QuickOptions() {
    ImSenderOptions options;
    options.maker.first_pause = std::chrono::milliseconds(1);  // the test really waits for it
    options.retries.late_effect = std::chrono::seconds(2);
    return options;
  }

  FakeClock clock_;
  CapturedLog log_;
  Logger logger_{LogFormat::kText, LogLevel::kInfo, log_.file()};
  DeliverySignal enqueued_;
  TempStore sqlite_{{}, "00000000000000aa", enqueued_};
  FailingStore store_{sqlite_.rooms()};
  FailingDeliveries deliveries_{sqlite_.deliveries()};
  ConstantRandom random_;  // no pause is zero
  ImCallBudget budget_;
  ImTallies tallies_;
  FakeCluster cluster_;
  OnlyNode node_;
  FakeImService service_;
  ImSenderOptions options_ = QuickOptions();
  std::unique_ptr<ImSender> sender_;
};

}  // namespace rtcroom
