#include "daemon/channel/message_senders.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kRoom = 7;
constexpr std::uint64_t kDirect = 0;
constexpr bool kMember = true;
constexpr bool kStranger = false;

class MessageSendersTest : public testing::Test {
 protected:
  bool Take(const std::string& account) {
    return senders_.TakeToken({account}, {.per_second = 10, .burst = 3}, clock_.Monotonic());
  }
  bool TakeOf(std::uint64_t room, const std::string& account, bool is_member,
              const RateLimit& limit) {
    return senders_.TakeRoomToken(room, {account}, is_member, limit, clock_.Monotonic()) ==
           MessageSenders::RoomToken::kTaken;
  }
  void Remember(const std::string& account, std::uint64_t target, std::uint64_t random,
                std::uint64_t seq) {
    senders_.Remember({account}, target, random, {.at = clock_.Now(), .seq = seq},
                      clock_.Monotonic());
  }
  /// The number of the message that it repeats; 0 for none.
  std::uint64_t Repeated(const std::string& account, std::uint64_t target, std::uint64_t random) {
    const auto sent = senders_.FindSent({account}, target, random, clock_.Monotonic());
    return sent.value_or(SentMessage()).seq;
  }

  FakeClock clock_;
  MessageSenders senders_;
};

TEST_F(MessageSendersTest, EachAccountHasARate) {
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(Take("alice"));
  EXPECT_FALSE(Take("alice"));
  EXPECT_TRUE(Take("bob"));
  clock_.Advance(100ms);
  EXPECT_TRUE(Take("alice"));
  EXPECT_FALSE(Take("alice"));
}

TEST_F(MessageSendersTest, EachRoomHasARate) {
  const RateLimit limit{.per_second = 1, .burst = 2};
  int accounts = 0;
  const auto take = [&](std::uint64_t room) {
    return TakeOf(room, std::to_string(++accounts), kMember, limit);
  };
  EXPECT_TRUE(take(kRoom));
  EXPECT_TRUE(take(kRoom));
  senders_.ForgetOld(clock_.Monotonic());
  EXPECT_FALSE(take(kRoom));
  EXPECT_TRUE(take(kRoom + 1));
  clock_.Advance(1s);
  EXPECT_TRUE(take(kRoom));
}

TEST_F(MessageSendersTest, ARoomHasTokensForThoseThatSendLittle) {
  const RateLimit limit{.per_second = 40, .burst = 80};
  // A tick of 10 ms; each of five strangers tries to send with each.
  int of_member = 0;
  int of_viewer = 0;
  for (int tick = 0; tick < 1'000; ++tick) {
    clock_.Advance(10ms);
    for (int i = 0; i < 5; ++i)
      (void)TakeOf(kRoom, "flooder" + std::to_string(i), kStranger, limit);
    if (tick % 100 == 0 && TakeOf(kRoom, "member", kMember, limit)) ++of_member;
    if (tick % 100 == 50 && TakeOf(kRoom, "viewer", kStranger, limit)) ++of_viewer;
  }
  EXPECT_EQ(of_member, 10);
  EXPECT_EQ(of_viewer, 10);
}

TEST_F(MessageSendersTest, ARoomHasTokensForItsMembersWhateverStrangersSend) {
  const RateLimit limit{.per_second = 40, .burst = 80};
  int of_member = 0;
  for (int tick = 0; tick < 1'000; ++tick) {
    clock_.Advance(10ms);
    for (int i = 0; i < 5; ++i) {
      (void)TakeOf(kRoom, "once" + std::to_string(tick * 5 + i), kStranger, limit);
    }
    if (tick % 100 == 0 && TakeOf(kRoom, "member", kMember, limit)) ++of_member;
  }
  EXPECT_EQ(of_member, 10);
  using Token = MessageSenders::RoomToken;
  EXPECT_EQ(senders_.TakeRoomToken(kRoom, {"viewer"}, kStranger, limit, clock_.Monotonic()),
            Token::kForMembers);
  EXPECT_EQ(senders_.TakeRoomToken(kRoom, {"member"}, kStranger, limit, clock_.Monotonic()),
            Token::kNone)
      << "it has had one within the last second";
}

TEST_F(MessageSendersTest, ARepetitionWithinFiveMinutesGetsTheFirstOutcome) {
  Remember("alice", kRoom, 42, 3);
  clock_.Advance(5min - 1ms);
  const auto sent = senders_.FindSent({"alice"}, kRoom, 42, clock_.Monotonic());
  ASSERT_TRUE(sent);
  EXPECT_EQ(sent->seq, 3U);
  EXPECT_EQ(sent->at, kNoon);
  clock_.Advance(1ms);
  EXPECT_EQ(Repeated("alice", kRoom, 42), 0U);
}

TEST_F(MessageSendersTest, ARepetitionHasTheSameSenderTargetAndNumber) {
  Remember("alice", kRoom, 42, 3);
  EXPECT_EQ(Repeated("bob", kRoom, 42), 0U);
  EXPECT_EQ(Repeated("alice", kRoom + 1, 42), 0U);
  EXPECT_EQ(Repeated("alice", kDirect, 42), 0U);
  EXPECT_EQ(Repeated("alice", kRoom, 43), 0U);
  EXPECT_EQ(Repeated("alice", kRoom, 42), 3U);
}

TEST_F(MessageSendersTest, TheOldestOfManyMessagesAreForgotten) {
  for (std::uint64_t i = 1; i <= MessageSenders::kMaxRemembered + 1; ++i) {
    Remember("alice", kRoom, i, i);
  }
  EXPECT_EQ(Repeated("alice", kRoom, 1), 0U);
  EXPECT_EQ(Repeated("alice", kRoom, 2), 2U);
}

TEST_F(MessageSendersTest, ASenderIsForgottenFiveMinutesAfterItsLastMessage) {
  EXPECT_TRUE(Take("alice"));
  EXPECT_TRUE(Take("bob"));
  clock_.Advance(1min);
  Remember("alice", kRoom, 42, 3);
  clock_.Advance(4min);
  senders_.ForgetOld(clock_.Monotonic());
  EXPECT_EQ(senders_.size(), 1U);
  clock_.Advance(1min);
  senders_.ForgetOld(clock_.Monotonic());
  EXPECT_EQ(senders_.size(), 0U);
}

TEST_F(MessageSendersTest, OfTooManySendersTheLeastRecentlyUsedIsForgotten) {
  MessageSenders senders(2);
  const auto remember = [&](const std::string& account) {
    senders.Remember({account}, kRoom, 42, {.at = kNoon, .seq = 3}, clock_.Monotonic());
  };
  const auto knows = [&](const std::string& account) {
    return senders.FindSent({account}, kRoom, 42, clock_.Monotonic()).has_value();
  };
  for (const std::string account : {"alice", "bob", "alice", "carol"}) remember(account);
  EXPECT_EQ(senders.size(), 2U);
  EXPECT_TRUE(knows("alice"));
  EXPECT_TRUE(knows("carol"));
  EXPECT_FALSE(knows("bob"));
}

}  // namespace
}  // namespace rtcroom
