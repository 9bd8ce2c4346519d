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
constexpr RateLimit kScarce{.per_second = 40, .burst = 80};
using Token = MessageSenders::RoomToken;

class MessageSendersTest : public testing::Test {
 protected:
  bool Take(const std::string& account) {
    return senders_.TakeToken({account}, {.per_second = 10, .burst = 3}, clock_.Monotonic());
  }
  bool TakeOf(std::uint64_t room, const std::string& account, bool is_member,
              const RateLimit& limit) {
    return senders_.TakeRoomToken(room, {account}, is_member, limit, clock_.Monotonic()) ==
           Token::kTaken;
  }
  Token Taking(const std::string& account, bool is_member) {
    return senders_.TakeRoomToken(kRoom, {account}, is_member, kScarce, clock_.Monotonic());
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

TEST_F(MessageSendersTest, MembersOfARoomGoBeforeStrangers) {
  const auto take_all = [&](const std::string& account, bool is_member) {
    int taken = 0;
    while (TakeOf(kRoom, account, is_member, kScarce)) ++taken;
    return taken;
  };
  const auto take_one_each = [&](const std::string& prefix, bool is_member) {
    int taken = 0;
    while (TakeOf(kRoom, prefix + std::to_string(taken), is_member, kScarce)) ++taken;
    return taken;
  };
  EXPECT_EQ(take_all("loud stranger", kStranger), 40) << "half of the burst";
  EXPECT_EQ(take_one_each("stranger", kStranger), 20) << "but a quarter";
  EXPECT_EQ(take_all("loud member", kMember), 10) << "but an eighth";
  EXPECT_EQ(take_one_each("member", kMember), 10);
  EXPECT_EQ(Taking("one more", kMember), Token::kNone);
}

TEST_F(MessageSendersTest, FiveStrangersTakeNothingFromAMember) {
  for (const int per_second : {1, 10}) {
    int of_member = 0;
    int of_viewer = 0;
    for (int tick = 0; tick < 1'000; ++tick) {  // of 10 ms
      clock_.Advance(10ms);
      for (int i = 0; i < 5; ++i) {
        (void)TakeOf(kRoom, "flooder" + std::to_string(i), kStranger, kScarce);
      }
      if (tick % (100 / per_second) == 0 && TakeOf(kRoom, "member", kMember, kScarce)) ++of_member;
      if (tick % 100 == 50 && TakeOf(kRoom, "viewer", kStranger, kScarce)) ++of_viewer;
    }
    EXPECT_EQ(of_member, 10 * per_second);
    EXPECT_EQ(of_viewer, 10) << "a stranger, too, that sends little";
  }
}

TEST_F(MessageSendersTest, AnyNumberOfStrangersLeavesAQuarterToMembers) {
  int of_member = 0;
  for (int tick = 0; tick < 1'000; ++tick) {
    clock_.Advance(10ms);
    for (int i = 0; i < 5; ++i) {
      (void)TakeOf(kRoom, "once" + std::to_string(tick * 5 + i), kStranger, kScarce);
    }
    if (tick % 10 == 0 && TakeOf(kRoom, "member", kMember, kScarce)) ++of_member;
  }
  EXPECT_EQ(of_member, 100);
}

TEST_F(MessageSendersTest, WhetherASenderIsAMemberIsAskedOnceASecondForEachRoom) {
  for (const std::uint64_t room : {kRoom, kRoom + 1}) {
    while (TakeOf(room, "flooder" + std::to_string(room), kMember, kScarce)) continue;
  }
  const auto taking = [&](std::uint64_t room) {
    return senders_.TakeRoomToken(room, {"bob"}, kStranger, kScarce, clock_.Monotonic());
  };
  for (int round = 0; round < 2; ++round) {
    for (const std::uint64_t room : {kRoom, kRoom + 1}) {
      EXPECT_EQ(taking(room), Token::kForMembers);
      EXPECT_EQ(taking(room), Token::kNone) << "while it is not known";
    }
    senders_.SetMember(kRoom, {"bob"}, true, clock_.Monotonic());
    EXPECT_EQ(taking(kRoom), Token::kTaken);
    EXPECT_EQ(taking(kRoom + 1), Token::kNone);
    clock_.Advance(1s);
    for (const std::uint64_t room : {kRoom, kRoom + 1}) {
      while (TakeOf(room, "flooder" + std::to_string(room), kMember, kScarce)) continue;
    }
  }
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
