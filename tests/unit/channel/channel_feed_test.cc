#include "daemon/channel/channel_feed.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/captured_log.h"
#include "tests/support/counting_random.h"
#include "tests/support/eventually.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_streams.h"
#include "tests/support/forwarded_messages.h"
#include "tests/support/matchers.h"
#include "tests/support/messages.h"
#include "tests/support/recording_listener.h"
#include "tests/support/rooms.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

/// Throws with each tick until the test lets it be.
class ThrowingReceiver : public PushReceiver {
 public:
  void OnEventsLost() override { ++lost; }
  MonotonicTime OnTick(MonotonicTime now) override {
    if (throws) throw std::bad_alloc();
    ++ticks;
    return now;
  }
  [[nodiscard]] const UserId& user_id() const override { return user_id_; }

  std::atomic<bool> throws{true};
  std::atomic<int> lost{0};
  std::atomic<int> ticks{0};

 private:
  const UserId user_id_{"alice"};
};

/// Leaves the room when its membership ends.
class LeavingReceiver : public PushReceiver {
 public:
  explicit LeavingReceiver(PushReceivers& receivers) : receivers_(receivers) {}
  void OnRoomPush(std::uint64_t /*room_number*/, const std::shared_ptr<RoomPush>& push) override {
    messages += static_cast<int>(std::ranges::count_if(push->objects(), &RoomObject::is_message));
  }
  void OnMembershipEnded(std::uint64_t room_number, LeaveReason /*reason*/) override {
    receivers_.Unsubscribe(room_number, *this);
    has_left = true;
  }
  [[nodiscard]] const UserId& user_id() const override { return user_id_; }

  std::atomic<bool> has_left{false};
  std::atomic<int> messages{0};

 private:
  PushReceivers& receivers_;
  const UserId user_id_{"alice"};
};

/// A store in which something happens just before it is first asked for messages.
class ChangingStore : public ChangedStore {
 public:
  using ChangedStore::ChangedStore;
  std::function<void()> before_messages;

  Result<std::vector<StoredMessage>> ReadMessages(std::uint64_t position,
                                                  std::size_t limit) override {
    if (const auto change = std::exchange(before_messages, nullptr)) change();
    return ChangedStore::ReadMessages(position, limit);
  }
};

/// A channel on a store of its own.
class ChannelFeedTest : public testing::Test {
 protected:
  Channel MakeChannel(AccountLoginLog* logins = nullptr, const ChannelOptions& options = {}) {
    return Channel({.rooms = store.rooms(),
                    .events = store.rooms(),
                    .messages = store.messages(),
                    .accounts = store.accounts(),
                    .end_store = store.ended_logins(),
                    .ends = ends.emplace_back(),
                    .validities = validities,
                    .bans = bans,
                    .clock = clock,
                    .dates = clock,
                    .removal = removal,
                    .random = random,
                    .logger = logger,
                    .logins = logins},
                   ChannelTokens(Secret("0123456789abcdef0123456789abcdef")), options);
  }

  ChannelFeed::Deps FeedOf(Channel& channel, PushReceivers& receivers,
                           FormerMembers* former = nullptr) {
    return {.logins = heard,
            .signal = signal,
            .channel = channel,
            .receivers = receivers,
            .former = former};
  }

  FakeClock clock;
  RemovalClock removal{clock};
  CountingRandom random;
  const CapturedLog log;
  Logger logger{LogFormat::kJson, LogLevel::kInfo, log.file()};
  RecordingListener listener;
  ChangingStore store{StoreLimits(), "00000000000000aa", listener};
  const FakeStreams streams;
  BanList bans{clock, streams};
  std::list<EndedLoginList> ends;  ///< one for each channel, as of a server
  AccountValidities validities;
  HeardLogins heard;
  ChannelSignal signal;
};

TEST_F(ChannelFeedTest, CountsATickThatThrowsAsLostEvents) {
  Channel channel = MakeChannel();
  PushReceivers receivers({.rooms = store.rooms(), .bans = bans, .clock = clock}, {});
  const auto receiver = std::make_shared<ThrowingReceiver>();  // shared with the receivers
  receivers.Add(receiver);
  ChannelFeed feed(FeedOf(channel, receivers));
  ASSERT_OK(feed.Start());
  EXPECT_TRUE(Eventually([&] {
    clock.Advance(1s);
    return receiver->lost >= 2;
  }));
  EXPECT_THAT(log.Text(), HasSubstr(R"("event":"channel_feed_failed")"));

  receiver->throws = false;
  EXPECT_TRUE(Eventually([&] {
    clock.Advance(1s);
    return receiver->ticks > 0;
  }));
  EXPECT_TRUE(
      Eventually([&] { return log.Text().find("channel_feed_recovered") != std::string::npos; }));
}

TEST_F(ChannelFeedTest, NoMessageOvertakesTheDepartureOfAMember) {
  const auto made = store.rooms().Update(Creating(MakeRoom(RoomKind::kMulti, "r1")));
  ASSERT_OK(made);
  const RoomKey key = made->room.key;
  ASSERT_OK(store.rooms().Update(Adding(key, "alice")));
  Channel channel = MakeChannel(nullptr, {.access = GroupAccess::kMembers});
  PushReceivers receivers({.rooms = store.rooms(), .bans = bans, .clock = clock}, {});
  FormerMembers former(store.rooms(), receivers);
  const auto alice = std::make_shared<LeavingReceiver>(receivers);  // shared with the receivers
  receivers.Add(alice);
  receivers.Listen(alice);
  receivers.Subscribe(made->room.sequence, key, alice);
  store.before_messages = [&] {
    (void)store.rooms().Update(Deleting(key, "alice", clock.Now()));
    (void)store.messages().AppendMessage(
        {.room_number = made->room.sequence,
         .content = MakeMessage("creator", R"(["without alice"])", clock.Now())});
  };
  ChannelFeed feed(FeedOf(channel, receivers, &former));
  ASSERT_OK(feed.Start());
  ASSERT_TRUE(Eventually([&] { return alice->has_left.load(); }));
  feed.Stop();
  EXPECT_EQ(alice->messages, 0);
}

TEST_F(ChannelFeedTest, EndsTheLoginsOfAUserThatAnotherServerHasEnded) {
  Channel channel = MakeChannel();
  std::atomic<int> ended{0};
  ASSERT_OK(
      channel.logins().Connect({"alice"}, {.expires = clock.Now() + 1h}, {}, [&] { ++ended; }));
  ASSERT_OK(channel.logins().Connect({"bob"}, {.expires = clock.Now() + 1h}, {}, [&] { ++ended; }));
  PushReceivers receivers({.rooms = store.rooms(), .bans = bans, .clock = clock}, {});
  ChannelFeed feed(FeedOf(channel, receivers));
  ASSERT_OK(feed.Start());
  const AccountValidity validity{
      .account = {"alice"}, .valid_from = std::chrono::floor<std::chrono::seconds>(clock.Now())};
  heard.OnCommit({.account_validities = {&validity, 1}});
  EXPECT_TRUE(Eventually([&] { return ended > 0; }));
  feed.Stop();
  EXPECT_EQ(ended, 1);
}

TEST_F(ChannelFeedTest, ALoginThatWasEndedWithAllOfTheUserIsNotContinued) {
  Channel channel = MakeChannel();
  const auto before = channel.logins().Connect({"alice"}, {.expires = clock.Now() + 1h}, {}, [] {});
  ASSERT_OK(before);
  const AccountValidity validity{
      .account = {"alice"}, .valid_from = std::chrono::floor<std::chrono::seconds>(clock.Now())};
  validities.Put(validity);
  channel.logins().EndLogins(validity);
  clock.Advance(2s);
  const LoginProof proof{.expires = clock.Now() + 1h, .issued = clock.Now()};
  const auto after = channel.logins().Connect({"alice"}, proof, before->logged_in, [] {});
  ASSERT_OK(after);
  EXPECT_EQ(after->logged_in, clock.Now());
}

/// Keeps what the other servers are told.
class ToldLogins : public AccountLoginLog {
 public:
  Status ReportLogins(std::span<const AccountLogin> logins) override {
    if (is_busy) return Error{Errc::kStoreBusy, {}};
    for (const AccountLogin& login : logins) {
      accounts.push_back((login.has_ended ? "-" : "") + login.account.value);
      told.push_back(login);
    }
    return {};
  }
  bool is_busy = false;
  std::vector<std::string> accounts{};  ///< "-" in front: logged out
  std::vector<AccountLogin> told{};
};

TEST_F(ChannelFeedTest, OtherServersAreToldOfLoginsThatLast) {
  ToldLogins told;
  Channel channel = MakeChannel(&told);
  const TimePoint expires = clock.Now() + 1h;
  told.is_busy = true;
  (void)channel.logins().LogIn({"alice"}, {.expires = expires});
  (void)channel.logins().LogIn({"bob"}, {.expires = expires});
  channel.Save();
  (void)channel.logins().LogIn({"alice"}, {.expires = expires});  // ends the first one
  told.is_busy = false;
  channel.Save();
  channel.Save();
  EXPECT_EQ(told.accounts, (std::vector<std::string>{"bob", "alice"}));
}

TEST_F(ChannelFeedTest, OtherServersAreToldOfLogouts) {
  ToldLogins told;
  Channel here = MakeChannel(&told);
  Channel elsewhere = MakeChannel();
  const TimePoint expires = clock.Now() + 1h;
  const LoginTokens alice = *here.logins().LogIn({"alice"}, {.expires = expires});
  const LoginTokens bob = *here.logins().LogIn({"bob"}, {.expires = expires});
  // Their calls may reach any server.
  const auto caller = elsewhere.logins().Authenticate(alice.tiny_id, alice.a2);
  ASSERT_OK(caller);
  EXPECT_OK(here.logins().LogOut(*caller));
  EXPECT_OK(here.logins().LogOut(*caller));
  const auto other = here.logins().Authenticate(bob.tiny_id, bob.a2);
  ASSERT_OK(other);
  EXPECT_OK(here.logins().LogOutAll(*other));
  here.Save();
  EXPECT_EQ(told.accounts, (std::vector<std::string>{"-alice", "-bob"}));
  elsewhere.logins().OnLogins(told.told);
  EXPECT_ERROR(kNoSession, elsewhere.logins().Authenticate(alice.tiny_id, alice.a2));
  EXPECT_ERROR(kNoSession, elsewhere.logins().Authenticate(bob.tiny_id, bob.a2))
      << "not known before";
}

TEST_F(ChannelFeedTest, ALoginThatWasReportedKeepsTheReachThatItsTokensProve) {
  ToldLogins told;
  Channel here = MakeChannel(&told);
  Channel elsewhere = MakeChannel();
  const LoginTokens alice =
      *here.logins().LogIn({"alice"}, {.expires = clock.Now() + 1h, .reach = RoomReach::kGen1});
  here.Save();
  elsewhere.logins().OnLogins(told.told);
  for (int i = 0; i < 2; ++i) {
    const auto caller = elsewhere.logins().Authenticate(alice.tiny_id, alice.a2);
    ASSERT_OK(caller);
    EXPECT_EQ(*caller, alice.instance);
  }
}

TEST_F(ChannelFeedTest, OfALoginThatHasCalledOnlyTheTokensThatItWasGivenAreTaken) {
  Channel channel = MakeChannel();
  const TimePoint expires = clock.Now() + 1h;
  const LoginTokens alice = *channel.logins().LogIn({"alice"}, {.expires = expires});
  const LoginTokens bob = *channel.logins().LogIn({"bob"}, {.expires = expires});
  EXPECT_OK(channel.logins().Authenticate(alice.tiny_id, alice.a2));
  std::string forged = alice.a2;
  forged.back() = forged.back() == '0' ? '1' : '0';
  EXPECT_ERROR(kNoSession, channel.logins().Authenticate(alice.tiny_id, forged));
  EXPECT_ERROR(kNoSession, channel.logins().Authenticate(bob.tiny_id, alice.a2));
  EXPECT_ERROR(kNoSession, channel.logins().Authenticate(alice.tiny_id, alice.a2.substr(0, 16)));
  clock.Advance(1h);
  EXPECT_ERROR(kNoSession, channel.logins().Authenticate(alice.tiny_id, alice.a2));
}

// While the store is away.
TEST_F(ChannelFeedTest, LogoutsThatGatherLoseNothingThatOtherServersRemember) {
  constexpr std::size_t kLogouts = 2200;
  constexpr std::size_t kRemembered = 4;
  ToldLogins told;
  Channel here = MakeChannel(&told);
  ToldLogins told_elsewhere;
  Channel elsewhere = MakeChannel(&told_elsewhere);
  const TimePoint expires = clock.Now() + 1h;
  int ended = 0;
  const auto first =
      elsewhere.logins().Connect({"alice"}, {.expires = expires}, {}, [&] { ++ended; });
  ASSERT_OK(first);
  told.is_busy = true;
  std::vector<LoginTokens> logins;
  for (std::size_t i = 0; i < kLogouts; ++i) {
    clock.Advance(1ms);
    logins.push_back(*here.logins().LogIn({"alice"}, {.expires = expires}));
    const auto caller = here.logins().Authenticate(logins.back().tiny_id, logins.back().a2);
    ASSERT_OK(caller);
    EXPECT_OK(here.logins().LogOut(*caller));
    here.Save();
  }
  told.is_busy = false;
  for (std::size_t i = 0; i < kLogouts; ++i) here.Save();
  EXPECT_LT(told.told.size(), kLogouts / 2);
  elsewhere.logins().OnLogins(told.told);
  EXPECT_EQ(ended, 1) << "it was older than all";
  for (const LoginTokens& login : std::span(logins).last(kRemembered)) {
    EXPECT_ERROR(kNoSession, elsewhere.logins().Authenticate(login.tiny_id, login.a2));
  }
}

TEST_F(ChannelFeedTest, ALogoutElsewhereEndsTheConnectionHere) {
  ToldLogins told;
  Channel here = MakeChannel(&told);
  Channel elsewhere = MakeChannel(&told);
  int ended = 0;
  ASSERT_OK(here.logins().Connect({"alice"}, {.expires = clock.Now() + 1h}, {}, [&] { ++ended; }));
  here.Save();
  elsewhere.logins().OnLogins(std::exchange(told.told, {}));
  EXPECT_OK(elsewhere.logins().LogOutAll({.account = {"alice"}}));
  elsewhere.Save();
  here.logins().OnLogins(told.told);
  EXPECT_EQ(ended, 1);
}

}  // namespace
}  // namespace rtcroom
