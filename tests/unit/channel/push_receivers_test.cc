#include "daemon/channel/push_receivers.h"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/core/node_lease.h"
#include "tests/support/fake_boot_clock.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_streams.h"
#include "tests/support/matchers.h"
#include "tests/support/messages.h"
#include "tests/support/recorded_latencies.h"
#include "tests/support/recording_listener.h"
#include "tests/support/rooms.h"
#include "tests/support/temp_store.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

/// What is told, and the number of viewers if that is.
std::string NameOf(const RoomObject& object) {
  if (object.message) return "message";
  const RoomEvent& event = object.event->event;
  if (const auto told = ToldAudienceCount(event)) return std::to_string(*told);
  const std::string name(EventTypeName(event.payload));
  return object.audience_count ? name + " " + std::to_string(*object.audience_count) : name;
}

/// Keeps what it gets.
class Listener : public PushReceiver {
 public:
  explicit Listener(std::string user) : user_id_{std::move(user)} {}

  void OnRoomPush(std::uint64_t /*room_number*/, const std::shared_ptr<RoomPush>& push) override {
    const RoomPush::Part part = push->PartFrom(at);
    at = part.at;
    for (const RoomObject* const object : part.objects) events.push_back(NameOf(*object));
    has_gap = has_gap || part.has_gap;
    pushes.push_back(part.objects.size());
  }
  void OnDirect(const StoredMessage& message) override { directs.push_back(message.position); }
  void OnNotice(NoticePush& push) override { notices.push_back(push.fact); }
  void OnEventsLost() override { ++lost; }
  void OnBans() override { ++bans; }
  MonotonicTime OnTick(MonotonicTime now) override {
    ++ticks;
    return now + between_ticks;
  }
  void OnStop() override { ++stops; }
  [[nodiscard]] const UserId& user_id() const override { return user_id_; }
  [[nodiscard]] bool IsOf2018() const override { return is_of_2018; }

  std::chrono::milliseconds between_ticks{0};
  bool is_of_2018 = false;
  RoomPosition at{};
  bool has_gap = false;
  std::vector<std::size_t> pushes;  ///< the number of events of each
  std::vector<std::string> events;
  std::vector<std::uint64_t> directs;
  std::vector<NoticeFact> notices;
  int lost = 0;
  int bans = 0;
  int ticks = 0;
  int stops = 0;

 private:
  const UserId user_id_;
};

class Receivers : public testing::Test {
 protected:
  Receivers() {
    const auto made = store_.rooms().Update(Creating(MakeRoom(RoomKind::kMulti, "r1")));
    EXPECT_OK(made);
    number_ = made->room.sequence;
    last_event_ = made->room.last_event;
    events_at_ = store_.rooms().Newest()->position;
  }

  std::shared_ptr<Listener> Subscribe(const std::string& user, PushReceivers& receivers) {
    auto listener = std::make_shared<Listener>(user);
    listener->at = {.event = last_event_};
    receivers.Add(listener);
    receivers.Listen(listener);
    receivers.Subscribe(number_, key_, listener);
    return listener;
  }
  StoredEvent Changed() {
    return {.position = ++events_at_,
            .room_number = number_,
            .event = {.room = key_,
                      .room_sequence = ++last_event_,
                      .at = clock_.Now(),
                      .payload = AudienceDeleted{.user_id = {"u"}}}};
  }
  StoredEvent Joined(std::uint64_t audience_count) {
    StoredEvent event = Changed();
    event.event.payload = AudienceAdded{.user_id = {"u"}, .audience_count = audience_count};
    return event;
  }
  StoredMessage Said(std::size_t bytes = 10) {
    StoredMessage message{.position = ++messages_, .room_number = number_, .seq = messages_};
    message.content = MakeMessage(
        "ann",
        R"([{"MsgType":"TIMTextElem","MsgContent":{"Text":")" + std::string(bytes, 'x') + "\"}}]",
        clock_.Now());
    return message;
  }

  FakeClock clock_;
  RecordingListener commits_;
  TempStore store_{{}, "00000000000000aa", commits_};
  const RoomKey key_ = MakeKey(RoomKind::kMulti, "r1");
  const FakeStreams streams_{};
  BanList bans_{clock_, streams_};
  const PushReceivers::Deps deps_{.rooms = store_.rooms(), .bans = bans_, .clock = clock_};
  PushReceivers receivers_{deps_, {.per_second = 20'000, .burst = 20'000}};
  std::uint64_t number_ = 0;
  std::uint64_t last_event_ = 0;
  std::uint64_t events_at_ = 0;
  std::uint64_t messages_ = 0;
};

TEST_F(Receivers, GetTheEventsOfTheirRooms) {
  const auto ann = Subscribe("ann", receivers_);
  const auto bob = Subscribe("bob", receivers_);
  receivers_.Push(std::vector{Changed()}, {});
  receivers_.Unsubscribe(number_, *bob);
  receivers_.Push(std::vector{Changed(), Changed()}, std::vector{Said()});
  EXPECT_THAT(ann->pushes, ElementsAre(1, 3)) << "what comes together goes together";
  EXPECT_THAT(bob->pushes, ElementsAre(1));
}

TEST_F(Receivers, GetTheMessagesToTheirUser) {
  const auto ann = Subscribe("ann", receivers_);
  const auto bob = Subscribe("bob", receivers_);
  const StoredMessage message{.position = 5, .receiver = {"ann"}};
  receivers_.Push({}, std::vector{message});
  EXPECT_THAT(ann->directs, ElementsAre(5));
  EXPECT_THAT(bob->directs, IsEmpty());
  receivers_.StopListening(*ann);
  receivers_.Push({}, std::vector{message});
  EXPECT_THAT(ann->directs, ElementsAre(5));
}

TEST_F(Receivers, GetNoticesOfTheirRoomAndUserWithTheNextTick) {
  const auto ann = Subscribe("ann", receivers_);
  const auto amy = Subscribe("amy", receivers_);
  const auto bob = std::make_shared<Listener>("bob");
  receivers_.Listen(bob);
  const NoticeFact off = StreamNotice{.room = key_, .user_id = {"ann"}};
  const NoticeFact shown = MessageNotice{.group = key_.id};
  const NoticeFact ended = WebEndedNotice{.room = key_, .session = "s"};
  receivers_.notices().Add({.room_number = number_, .fact = off});
  receivers_.notices().Add({.room_number = number_, .user_id = {"amy"}, .fact = shown});
  receivers_.notices().Add({.user_id = {"bob"}, .fact = ended});
  receivers_.notices().Add({.user_id = {"nobody"}, .fact = ended});
  receivers_.OnTick();
  receivers_.OnTick();
  EXPECT_THAT(ann->notices, ElementsAre(off, shown));
  EXPECT_THAT(amy->notices, ElementsAre(off)) << "she has sent the message";
  EXPECT_THAT(bob->notices, ElementsAre(ended));
}

TEST_F(Receivers, AreNotToldWhoComesWhereManyAre) {
  const auto ann = Subscribe("ann", receivers_);
  const auto tell = [&] {
    receivers_.notices().Add({.room_number = number_, .fact = MemberNotice()});
    receivers_.OnTick();
  };
  tell();
  EXPECT_THAT(ann->notices, SizeIs(1));
  for (std::size_t i = 0; i < PushNotices::kMostTold; ++i) {
    Subscribe("u" + std::to_string(i), receivers_);
  }
  tell();
  EXPECT_THAT(ann->notices, SizeIs(1)) << "at whatever server they come";
}

/// Keeps what all servers on the store are told.
class ToldNotices : public NoticeLog {
 public:
  Status ReportNotices(std::span<const PushNotice> some) override {
    if (is_busy) return Error{Errc::kStoreBusy, {}};
    notices.insert(notices.end(), some.begin(), some.end());
    listener->OnNotices(some);
    return {};
  }
  void HearNotices(NoticeListener* other) override { listener = other; }

  bool is_busy = false;
  NoticeListener* listener = nullptr;
  std::vector<PushNotice> notices{};
};

TEST(SharedNotices, AreToldSomeWithEachTick) {
  ToldNotices told;
  PushNotices notices(&told);
  std::vector<PushNotice> all;
  for (std::uint64_t i = 0; i <= PushNotices::kMaxUntold; ++i) {
    all.push_back({.room_number = i, .fact = MemberNotice()});
    notices.Share(all.back());
  }
  all.pop_back();  // one too many
  told.is_busy = true;
  notices.Tell();
  told.is_busy = false;
  EXPECT_THAT(notices.Take(), IsEmpty()) << "they come back from the store";
  notices.Tell();
  EXPECT_EQ(told.notices.size(), PushNotices::kToldPerTick);
  for (std::size_t i = 0; i < all.size(); ++i) notices.Tell();
  EXPECT_EQ(told.notices, all);
  EXPECT_EQ(notices.Take(), all);
  notices.Stop();
  EXPECT_EQ(told.listener, nullptr);
}

TEST_F(Receivers, GetBatchesAboveTheRate) {
  PushReceivers receivers(deps_, {.per_second = 10, .burst = 1});
  const auto ann = Subscribe("ann", receivers);
  const auto bob = Subscribe("bob", receivers);
  receivers.Push(std::vector{Changed()}, {});
  for (int i = 0; i < 5; ++i) receivers.Push(std::vector{Changed()}, {});
  EXPECT_THAT(ann->pushes, ElementsAre(1));
  receivers.OnTick();
  EXPECT_THAT(ann->pushes, ElementsAre(1, 5));
  EXPECT_THAT(bob->pushes, ElementsAre(1, 5));
}

TEST_F(Receivers, AreTheLimitOfWhatWaitsForThem) {
  MemoryTotal held{.most = 16 * 20'000};
  PushReceivers::Deps deps = deps_;
  deps.held = &held;
  PushReceivers receivers(deps, {.per_second = 1, .burst = 1});
  const auto ann = Subscribe("ann", receivers);
  const auto bob = Subscribe("bob", receivers);
  receivers.Push({}, std::vector{Said(8'000)});
  EXPECT_EQ(held.held, 0U) << "it was delivered";
  for (int i = 0; i < 10; ++i) {
    receivers.Push({}, std::vector{Said(8'000)});
    EXPECT_GE(held.held, 8'000U);
    EXPECT_LE(held.held, 20'000U);
  }
  clock_.Advance(3s);
  receivers.OnTick();
  EXPECT_TRUE(ann->has_gap) << "it reads the room again";
  EXPECT_EQ(held.held, 0U);
}

TEST_F(Receivers, GetABoundedNumberOfBytesOfARoomAtOnce) {
  const auto ann = Subscribe("ann", receivers_);
  std::vector<StoredMessage> messages;
  for (int i = 0; i < 20; ++i) messages.push_back(Said(8000));
  receivers_.Push({}, messages);
  EXPECT_THAT(ann->pushes, ElementsAre(9));
  receivers_.Push(std::vector{Changed()}, {});
  EXPECT_THAT(ann->pushes, ElementsAre(9)) << "in order";
  receivers_.OnTick();
  EXPECT_THAT(ann->pushes, ElementsAre(9, 8));
  receivers_.OnTick();
  EXPECT_THAT(ann->pushes, ElementsAre(9, 8, 4));
  receivers_.Push(std::vector{Changed()}, {});
  EXPECT_THAT(ann->pushes, ElementsAre(9, 8, 4, 1));
}

TEST_F(Receivers, GetTheNumberOfManyViewersOnceASecond) {
  const auto ann = Subscribe("ann", receivers_);
  receivers_.Push(std::vector{Joined(200), Joined(201), Joined(202), Joined(203)}, {});
  EXPECT_THAT(ann->events, ElementsAre("audience_added", "201"));
  receivers_.Push(std::vector{Joined(204)}, {});
  const auto bob = Subscribe("bob", receivers_);
  clock_.Advance(900ms);
  receivers_.OnTick();
  EXPECT_THAT(ann->events, SizeIs(2));
  clock_.Advance(100ms);
  receivers_.OnTick();
  EXPECT_EQ(ann->events.back(), "204");
  EXPECT_EQ(ann->at.event, last_event_);
  EXPECT_THAT(bob->events, IsEmpty()) << "it has read the room since";
  clock_.Advance(2s);
  receivers_.OnTick();
  receivers_.Push(std::vector{Joined(205)}, {});
  EXPECT_THAT(ann->events, SizeIs(4)) << "at once, after a quiet second";
  EXPECT_THAT(bob->events, SizeIs(1));
  EXPECT_FALSE(ann->has_gap);
  EXPECT_FALSE(bob->has_gap);
}

TEST_F(Receivers, GetTheNumberOfViewersWithTheEventThatFollows) {
  const auto ann = Subscribe("ann", receivers_);
  receivers_.Push(std::vector{Joined(300), Joined(301), Joined(302)}, {});
  receivers_.Push(std::vector{Changed()}, std::vector{Said()});
  EXPECT_THAT(ann->events, ElementsAre("300", "audience_deleted 302", "message"));
  EXPECT_EQ(ann->at, (RoomPosition{.event = last_event_, .message = 1}));
  clock_.Advance(2s);
  receivers_.OnTick();
  EXPECT_THAT(ann->events, SizeIs(3)) << "it was told";
  EXPECT_FALSE(ann->has_gap);
}

TEST_F(Receivers, GetNoNumberOfViewersFromBeforeTheySubscribed) {
  const auto ann = Subscribe("ann", receivers_);
  receivers_.Push(std::vector{Joined(300), Joined(301)}, {});
  receivers_.Unsubscribe(number_, *ann);
  receivers_.Push(std::vector{Joined(302)}, {});
  const auto bob = Subscribe("bob", receivers_);
  receivers_.Push(std::vector{Changed()}, {});
  EXPECT_THAT(bob->events, ElementsAre("audience_deleted"));
}

TEST_F(Receivers, LoseTheRoomWhenItEnds) {
  const auto ann = Subscribe("ann", receivers_);
  StoredEvent end = Changed();
  end.event.payload = RoomDestroyed{};
  receivers_.Push(std::vector{end}, {});
  EXPECT_THAT(ann->pushes, ElementsAre(1));
  EXPECT_EQ(receivers_.CountIn(number_), 0U);
}

TEST_F(Receivers, AreTickedOnceASecondUntilTheyAreRemoved) {
  const auto ann = Subscribe("ann", receivers_);
  receivers_.OnTick();
  for (int i = 0; i < 10; ++i) {
    clock_.Advance(100ms);
    receivers_.OnTick();
  }
  EXPECT_EQ(ann->ticks, 2);
  receivers_.OnEventsLost();
  receivers_.Remove(ann);
  receivers_.OnEventsLost();
  EXPECT_EQ(ann->lost, 1);
}

TEST_F(Receivers, AreTickedWhenTheyAskForItOrTheServerIsCutOff) {
  FakeBootClock boot;
  NodeLease node(boot);
  node.RenewForGood();
  PushReceivers::Deps deps = deps_;
  deps.node = &node;
  PushReceivers receivers(deps, {});
  const auto ann = Subscribe("ann", receivers);
  const auto ticks_after = [&](std::chrono::seconds time) {
    for (; time > 0s; time -= 1s) {
      receivers.OnTick();
      clock_.Advance(1s);
    }
    return std::exchange(ann->ticks, 0);
  };
  ann->between_ticks = 10s;
  EXPECT_EQ(ticks_after(11s), 2);
  EXPECT_EQ(ticks_after(9s), 0);
  EXPECT_EQ(ticks_after(1s), 1);
  ann->TickSoon();
  EXPECT_EQ(ticks_after(1s), 1);
  node.Renew(node.Now());
  boot.Advance(node.ttl());
  EXPECT_EQ(ticks_after(3s), 3);
}

TEST_F(Receivers, AreStopped) {
  const auto ann = Subscribe("ann", receivers_);
  receivers_.Stop();
  EXPECT_EQ(ann->stops, 1);
  EXPECT_EQ(Subscribe("bob", receivers_)->stops, 1) << "at once";
}

TEST_F(Receivers, HaveTheirFramesCountedAndMeasured) {
  RecordedLatencies latencies;
  PushReceivers::Deps deps = deps_;
  deps.observer = &latencies;
  PushReceivers receivers(deps, {.per_second = 10, .burst = 1});
  const TimePoint made_at = clock_.Now();
  clock_.Advance(70ms);
  receivers.CountPush(made_at);
  receivers.CountPush(std::nullopt);
  receivers.CountPush(made_at + 1h);  // the clock was set back
  EXPECT_EQ(receivers.counts().pushes, 3U);
  EXPECT_THAT(latencies.Of(DeliveryPath::kSocket), ElementsAre(70ms, 0ms));
}

TEST_F(Receivers, AreCountedInTheirRooms) {
  const auto ann = Subscribe("ann", receivers_);
  const auto bob = Subscribe("bob", receivers_);
  EXPECT_EQ(receivers_.CountIn(number_), 2U);
  EXPECT_THAT(receivers_.UsersIn(number_, 1), ElementsAre(UserId{"ann"}));
  EXPECT_EQ(receivers_.CountIn(number_ + 1), 0U);
  EXPECT_THAT(receivers_.Of({"ann"}, number_), SizeIs(1));
  EXPECT_THAT(receivers_.Of({"ann"}, number_ + 1), IsEmpty());
  EXPECT_THAT(receivers_.Of({"eve"}, number_), IsEmpty());
}

TEST_F(Receivers, ARoomThatIsTooFarBehindSkipsToItsNewestMessages) {
  const auto ann = Subscribe("ann", receivers_);
  constexpr std::size_t kBytes = 10'000;
  std::vector<StoredMessage> messages;
  for (std::size_t i = 0; i < 2 * PushReceivers::kMaxWaitingBytes / kBytes; ++i) {
    messages.push_back(Said(kBytes));
  }
  receivers_.Push({}, messages);
  std::size_t ticks = 0;
  while (ann->at.message < messages.back().seq && !ann->has_gap && ++ticks < 100) {
    receivers_.OnTick();
  }
  EXPECT_TRUE(ann->has_gap);
  EXPECT_LE(ticks * PushReceivers::kMaxRoomBytes,
            PushReceivers::kMaxWaitingBytes + PushReceivers::kMaxRoomBytes);
}

TEST_F(Receivers, AreSignsOfViewersUntilTheyUnsubscribe) {
  ViewerLeases viewers(clock_, {});
  const StoredEvent joined = Joined(1);
  viewers.OnCommit({.events = {&joined, 1}});
  PushReceivers::Deps deps = deps_;
  deps.viewers = &viewers;
  PushReceivers receivers(deps, {});
  const auto old = Subscribe("u", receivers);
  old->is_of_2018 = true;
  const auto phone = Subscribe("u", receivers);
  clock_.Advance(29s);
  receivers.Unsubscribe(number_, *old);
  EXPECT_EQ(viewers.leases().StateOf(key_, {"u"})->age, 29s) << "it may have polled long ago";
  receivers.Unsubscribe(number_, *phone);
  EXPECT_EQ(viewers.leases().StateOf(key_, {"u"})->age, 0s);
}

TEST_F(Receivers, ReceiveUntilTheyUnsubscribe) {
  std::vector<std::shared_ptr<Listener>> listeners;
  for (int i = 0; i < 5; ++i) listeners.push_back(Subscribe("u" + std::to_string(i), receivers_));
  receivers_.Push(std::vector{Changed()}, {});
  for (const int gone : {0, 4, 2}) {
    receivers_.Unsubscribe(number_, *listeners[static_cast<std::size_t>(gone)]);
    receivers_.Unsubscribe(number_, *listeners[static_cast<std::size_t>(gone)]);
    receivers_.Push(std::vector{Changed()}, {});
  }
  EXPECT_THAT(listeners[0]->pushes, SizeIs(1));
  EXPECT_THAT(listeners[1]->pushes, SizeIs(4));
  EXPECT_THAT(listeners[2]->pushes, SizeIs(3));
  EXPECT_THAT(listeners[3]->pushes, SizeIs(4));
  EXPECT_THAT(listeners[4]->pushes, SizeIs(2));
  EXPECT_EQ(receivers_.CountIn(number_), 2U);
}

TEST_F(Receivers, AreAskedAboutBansOnceForEachChange) {
  const auto ann = Subscribe("ann", receivers_);
  receivers_.OnTick();
  EXPECT_EQ(ann->bans, 0);
  EXPECT_OK(bans_.Put({.room = key_, .user_id = {"bob"}, .until = clock_.Now() + 1h}));
  receivers_.OnTick();
  receivers_.OnTick();
  EXPECT_EQ(ann->bans, 1);
}

}  // namespace
}  // namespace rtcroom
