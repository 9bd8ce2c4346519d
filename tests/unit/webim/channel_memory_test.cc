// What the channel holds in memory, and what it gives up first.
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/base/memory_reservation.h"
#include "daemon/channel/channel.h"
#include "handlers/webim/webim_clients.h"
#include "tests/support/captured_log.h"
#include "tests/support/channel_parts.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_streams.h"
#include "tests/support/matchers.h"
#include "tests/support/messages.h"
#include "tests/support/recorded_reply.h"
#include "tests/support/recording_listener.h"
#include "tests/support/rooms.h"
#include "tests/support/temp_store.h"
#include "tests/unit/webim/channel_world.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class ChannelMemoryTest : public testing::Test {
 protected:
  ChannelMemoryTest() {
    alice_.Join(1);
    bob_.Join(2);
    empty_ = world_.held_bytes();
  }
  [[nodiscard]] std::size_t held() { return world_.held_bytes() - empty_; }

  ChannelWorld world_;
  Phone alice_{world_, "alice"};
  Phone bob_{world_, "bob"};
  std::size_t empty_ = 0;
};

TEST_F(ChannelMemoryTest, CountsInboxesAndMessagesOfGroups) {
  world_.SayTo("alice", 10);
  const std::size_t of_inbox = held();
  EXPECT_GT(of_inbox, 200U);
  world_.Say(1, std::string(1'000, 'x'));
  EXPECT_GT(held(), of_inbox + 1'000);
  alice_.TakeAccount(alice_.PollAccount());
  (void)alice_.PollAccount();  // confirms it
  alice_.Quit(1);
  EXPECT_EQ(held(), 0U);
  world_.SayTo("bob", 11);
  bob_.LogIn();
  EXPECT_LT(held(), 4'096U) << "of the login that was kicked only itself";
}

TEST_F(ChannelMemoryTest, WhatIsGivenUpIsReadFromTheStore) {
  for (std::uint64_t i = 1; i <= 5; ++i) {
    world_.Say(1);
    world_.SayTo("alice", i);
  }
  world_.ChangeMembers(1);
  world_.Shrink(empty_ + 1'000);
  EXPECT_LE(held(), 1'000U);
  EXPECT_THAT(alice_.PollRoom()->Texts(), ElementsAre(1, 2, 3, 4, 5));
  const PollPtr poll = alice_.PollAccount();
  EXPECT_THAT(poll->Directs(), ElementsAre(1, 2, 3, 4, 5));
  EXPECT_THAT(poll->Notices(), ElementsAre(kChangeNotice)) << "notices stay";
}

TEST_F(ChannelMemoryTest, WhatIsGivenUpUnderWayIsNotGivenAgainOnceItIsConfirmed) {
  world_.SayTo("alice", 1);
  alice_.TakeAccount(alice_.PollAccount());
  world_.SayTo("alice", 2);
  world_.Shrink(empty_);
  alice_.TakeAccount(alice_.PollAccount());
  (void)alice_.PollAccount();
  EXPECT_THAT(alice_.directs, ElementsAre(1, 2));
  alice_.LogIn();
  EXPECT_FALSE(alice_.PollAccount()->is_answered()) << "all are settled";
}

TEST_F(ChannelMemoryTest, WhatHasWaitedLongestIsGivenUpFirst) {
  world_.Say(1);
  world_.SayTo("alice", 10);
  const std::size_t of_one = held();
  world_.Say(2);
  world_.SayTo("bob", 10);
  world_.Shrink(empty_ + of_one);
  world_.FailReads(true);
  EXPECT_THAT(alice_.PollAccount()->Directs(), IsEmpty());
  EXPECT_THAT(bob_.PollAccount()->Directs(), ElementsAre(10));
  EXPECT_THAT(bob_.PollRoom()->Texts(), ElementsAre(1));
}

TEST_F(ChannelMemoryTest, LoginsAreForgottenLastAndKnownAgain) {
  world_.Shrink(0);
  EXPECT_EQ(world_.held_bytes(), 0U);
  EXPECT_EQ(world_.Admit(alice_.login()), Standing::kActive);
}

/// A channel on a store of its own, with bounds.
class BoundedChannelTest : public testing::Test {
 protected:
  Result<SentMessage> Send(const std::string& from, const std::string& to, std::uint64_t random) {
    return channel_.messages().SendDirect(
        {from}, {.to = {to}, .content = {.client_random = random, .body = "[]"}});
  }

  FakeClock clock_;
  const CapturedLog log_;
  Logger logger_{LogFormat::kJson, LogLevel::kInfo, log_.file()};
  RecordingListener listener_;
  TempStore store_{StoreLimits(), "00000000000000aa", listener_};
  const FakeStreams streams_;
  BanList bans_{clock_, streams_};
  ChannelParts parts_{.bans = bans_, .clock = clock_, .logger = logger_};
  MemoryTotal held_{.most = 200'000};
  PushReceivers receivers_{{.rooms = store_.rooms(), .bans = bans_, .clock = clock_},
                           {.per_second = 1'000}};
  Channel channel_{[this] {
                     ChannelDeps deps = parts_.On(store_);
                     deps.held = &held_;
                     return deps;
                   }(),
                   ChannelTokens(Secret("0123456789abcdef0123456789abcdef")),
                   {.group_rate = {.per_second = 1, .burst = 4}, .max_held_bytes = 100'000}};
  PendingCalls calls_{clock_};
  WebimClients clients_{channel_, receivers_, calls_};
};

TEST_F(BoundedChannelTest, HoldsNoMoreThanItsShare) {
  std::vector<LoginTokens> logins;
  for (int i = 0; i < 10; ++i) {
    const UserId account{"user" + std::to_string(i)};
    logins.push_back(*channel_.logins().LogIn(account, {.expires = clock_.Now() + 1h}));
    clients_.OnLogin(logins.back().instance);
    for (int n = 0; n < 10; ++n) {
      const auto stored = store_.messages().AppendMessage(
          {.receiver = account,
           .content = MakeMessage("amy", R"(["much)" + std::string(5'000, 'x') + "\"]")});
      ASSERT_OK(stored);
      receivers_.Push({}, std::vector<StoredMessage>{*stored});
      ASSERT_LE(held_.held, 100'000U);
    }
  }
  EXPECT_GT(held_.held, 50'000U);
  RequestIds ids("t");
  LastRequest recorded;
  RequestRecorder recorder(ids, recorded, clock_, logger_);
  const auto reply = std::make_shared<RecordedReply>();  // shared with the call
  HttpRequest request;
  Responder responder(reply, 0);
  Call call{.http = request, .responder = responder};
  clients_.PollAccount(logins.front().instance, 0,
                       {.call = std::make_shared<PendingCall>(call, recorder, RequestCharge()),
                        .render = [](std::string body, RequestLabel& /*label*/) {
                          return HttpReply{.body = std::move(body)};
                        }});
  ASSERT_TRUE(reply->reply());
  EXPECT_THAT(reply->reply()->body, HasSubstr("much"));
}

TEST_F(BoundedChannelTest, GrowsNoMoreWhenTooMuchIsHeldForClients) {
  const auto bob = channel_.logins().LogIn({"bob"}, {.expires = clock_.Now() + 1h});
  ASSERT_OK(bob);
  clients_.OnLogin(bob->instance);
  const std::size_t before = held_.held;
  MemoryReservation others(held_);
  ASSERT_TRUE(others.Set(held_.most - before));
  const auto stored =
      store_.messages().AppendMessage({.receiver = {"bob"}, .content = MakeMessage("amy", "[]")});
  receivers_.Push({}, std::vector<StoredMessage>{*stored});
  EXPECT_LE(held_.held, held_.most);
}

TEST_F(BoundedChannelTest, TakesFewMessagesOfASenderToAccountsThatAreAway) {
  const std::uint64_t burst = channel_.options().absent_rate.burst;
  std::uint64_t sent = 0;
  while (Send("eve", "bob", sent + 1)) {
    ++sent;
    clock_.Advance(100ms);
  }
  EXPECT_GE(sent, burst);
  EXPECT_LE(sent, burst + (sent / 10) + 1) << "one a second besides";
  EXPECT_ERROR(kTooManyRequests, Send("eve", "amy", 1'000));
  EXPECT_OK(Send("amy", "bob", 1));
  (void)channel_.logins().LogIn({"bob"}, {.expires = clock_.Now() + 1h});
  EXPECT_OK(Send("eve", "bob", 1'001)) << "it is there";
}

TEST_F(BoundedChannelTest, KeepsWhatWaitsForAnHourWhateverTheWallClockShows) {
  parts_.removal.Begin({});
  ASSERT_OK(Send("amy", "bob", 1));
  clock_.JumpWallClock(std::chrono::days(40));
  (void)parts_.removal.Round();
  EXPECT_THAT(*channel_.history().PendingMessages({"bob"}), SizeIs(1));
  clock_.JumpWallClock(-std::chrono::days(40));
  clock_.Advance(1h + 1s);
  (void)parts_.removal.Round();
  EXPECT_THAT(*channel_.history().PendingMessages({"bob"}), IsEmpty());
}

TEST_F(BoundedChannelTest, ARandomIsOfOneReceiver) {
  ASSERT_OK(Send("amy", "bob", 1));
  ASSERT_OK(Send("amy", "cat", 1));
  ASSERT_OK(Send("amy", "cat", 1));
  EXPECT_EQ(*store_.messages().NewestMessage(), 2U);
}

TEST_F(BoundedChannelTest, KeepsTokensOfARoomForItsMembers) {
  const auto made = store_.rooms().Update(Creating(MakeRoom(RoomKind::kMulti, "r1")));
  ASSERT_OK(made);
  const Room& room = made->room;
  const auto send = [&](const std::string& from) {
    return channel_.messages().SendToRoom({from}, room.key, room.sequence,
                                          {.content = {.body = "[]"}});
  };
  for (int i = 1; i <= 3; ++i) EXPECT_OK(send("stranger" + std::to_string(i)));
  EXPECT_ERROR(kTooManyRequests, send("stranger4"));
  EXPECT_OK(send("creator"));
}

}  // namespace
}  // namespace rtcroom
