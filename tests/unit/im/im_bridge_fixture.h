// The bridge on a memory store, with an IM service that a test commands.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/base/system_random.h"
#include "daemon/im/im_bridge.h"
#include "storage/memory/memory_store.h"
#include "tests/support/awaited.h"
#include "tests/support/captured_log.h"
#include "tests/support/eventually.h"
#include "tests/support/failing_store.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_im_service.h"
#include "tests/support/matchers.h"
#include "tests/support/rooms.h"

namespace rtcroom {

/// @threads safe from any thread.
class CountingImObserver : public ImObserver {
 public:
  void OnImCall(GroupCommand /*command*/, ImOutcome /*outcome*/) override { ++calls; }
  void OnImRetry(GroupCommand /*command*/) override { ++retries; }
  void OnImDropped(GroupCommand /*command*/) override { ++dropped; }
  void OnImEventsLost() override { ++lost; }

  std::atomic<int> calls{0};
  std::atomic<int> retries{0};
  std::atomic<int> dropped{0};
  std::atomic<int> lost{0};
};

/// Positions of a store that cannot save them when a test says so.
class FailingPositions : public PositionStore {
 public:
  explicit FailingPositions(PositionStore& positions) : positions_(positions) {}

  std::atomic<bool> broken{false};

  Result<std::optional<Cursor>> LoadPosition(std::string_view reader) override {
    return positions_.LoadPosition(reader);
  }
  Status SavePosition(std::string_view reader, const Cursor& position) override {
    if (broken) return Error{Errc::kStoreBroken, "disk full"};
    return positions_.SavePosition(reader, position);
  }

 private:
  PositionStore& positions_;
};

class ImBridgeFixture : public testing::Test {
 protected:
  using Made = Awaited<Result<GroupReady>>;

  ~ImBridgeFixture() override {
    service_.Release();
    bridge_.reset();
    EXPECT_THAT(service_.overlaps(), testing::IsEmpty()) << "two calls at a time for one group";
  }

  ImBridgeParts PartsOn(Store& store, GroupTaskStore& tasks, PositionStore& positions) {
    return {.store = store,
            .tasks = tasks,
            .positions = positions,
            .service = service_,
            .budget = budget_,
            .commits = commits_,
            .clock = clock_,
            .random = random_,
            .observer = observer_,
            .logger = logger_};
  }

  /// Ends the bridge, if there is one, and begins with another on the same store.
  void Restart() {
    bridge_.reset();
    bridge_ = std::make_unique<ImBridge>(PartsOn(store_, memory_, positions_), options_);
    ASSERT_OK(bridge_->Start());
  }

  /// `Restart` after a kill -9: the position is not saved at the end.
  void Crash() {
    positions_.broken = true;
    bridge_.reset();
    positions_.broken = false;
    Restart();
  }

  /// A room has come and gone, and the destroy of its group is not answered until `Release`.
  void LeaveADestroyUnderWay(const std::string& id) {
    Create(id);
    EXPECT_TRUE(EventuallyAtRest());
    service_.Hold();
    End(id);
    EXPECT_TRUE(Eventually([this] { return service_.hanging() == 1; }));
  }

  void Advance(std::chrono::milliseconds by) {
    clock_.Advance(by);
    commits_.Raise();
  }
  /// Moves the clock until it is so, `by` in each round.
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
  /// Nothing is owed to anybody, and the store knows it.
  [[nodiscard]] bool EventuallyAtRest() {
    return EventuallyAsTimePasses([this] {
      return bridge_->owed_groups() == 0 && SavedPosition() == memory_.Newest()->position;
    });
  }

  std::uint64_t SavedPosition() {
    const auto position = memory_.LoadPosition("im");
    return position && *position ? (*position)->position : 0;
  }
  std::vector<GroupTask> Tasks() { return *memory_.LoadGroupTasks(); }

  [[nodiscard]] MonotonicTime Deadline() const {
    return clock_.Monotonic() + std::chrono::seconds(8);
  }

  /// Asks for a group and waits for the answer.
  Result<GroupReady> Make(const std::string& id, IdOrigin origin = IdOrigin::kGenerated) {
    Made made;
    bridge_->MakeGroup({id}, origin, Deadline(), made.Callback());
    return made.Get();
  }
  /// Stores the room, as create_room does when its group is made.
  void Commit(const std::string& id, const GroupReady& ready = {}) {
    const Room room = MakeRoom(RoomKind::kMulti, id);
    ASSERT_OK(memory_.Update(room.key, [&](const Room* stored) {
      Result<RoomChange> made = rules::CreateRoom(stored, room, MakePusher("creator"), kNoon);
      if (made) made->group_task = ready.with_room;
      return made;
    }));
  }
  /// create_room from beginning to end.
  void Create(const std::string& id, IdOrigin origin = IdOrigin::kNamed) {
    const Result<GroupReady> made = Make(id, origin);
    ASSERT_OK(made);
    Commit(id, *made);
    bridge_->FinishGroup({id}, GroupFate::kKept);
  }
  void Join(const std::string& id, const std::string& user = "guest") {
    ASSERT_OK(Apply(memory_, Adding(MakeKey(RoomKind::kMulti, id), user)));
  }
  void Leave(const std::string& id, const std::string& user = "guest") {
    ASSERT_OK(Apply(memory_, Deleting(MakeKey(RoomKind::kMulti, id), user)));
  }
  void End(const std::string& id) {
    ASSERT_OK(Apply(memory_, Destroying(MakeKey(RoomKind::kMulti, id))));
  }

  void Keep(const std::string& id) { bridge_->FinishGroup({id}, GroupFate::kKept); }
  void Abandon(const std::string& id) { bridge_->FinishGroup({id}, GroupFate::kAbandoned); }

  /// Answers each call with the next of `outcomes`, and all after them with the last.
  void AnswerInTurn(std::vector<ImOutcome> outcomes) {
    service_.AnswerWith(
        [outcomes = std::move(outcomes), next = std::make_shared<std::atomic<std::size_t>>(0)](
            const GroupCall& /*call*/) {  // shared by the copies of this
          return outcomes[std::min(next->fetch_add(1), outcomes.size() - 1)];
        });
  }
  [[nodiscard]] bool EventuallyNoTasks() {
    return EventuallyAsTimePasses(
        [this] { return Tasks().empty() && bridge_->owed_groups() == 0; });
  }
  /// How many lines of the log have this in them.
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

  static ImBridgeOptions QuickOptions() {
    ImBridgeOptions options;
    options.maker.first_pause = std::chrono::milliseconds(1);  // it is waited for in earnest
    options.limits.late_effect = std::chrono::seconds(2);
    options.dispatcher.save_period = std::chrono::milliseconds(100);
    return options;
  }

  FakeClock clock_;
  CapturedLog log_;
  Logger logger_{LogFormat::kText, LogLevel::kInfo, log_.file()};
  CommitSignal commits_;
  MemoryStore memory_{{}, "00000000000000aa", commits_};
  FailingStore store_{memory_};
  FailingPositions positions_{memory_};
  SystemRandom random_;
  ImCallBudget budget_;
  CountingImObserver observer_;
  FakeImService service_;
  ImBridgeOptions options_ = QuickOptions();
  std::unique_ptr<ImBridge> bridge_;
};

}  // namespace rtcroom
