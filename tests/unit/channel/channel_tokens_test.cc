#include "daemon/channel/channel_tokens.h"

#include <chrono>
#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>

#include "daemon/base/digest.h"
#include "daemon/base/text.h"

namespace rtcroom {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

constexpr TimePoint kTokensMadeAt{milliseconds{1'700'000'000'123}};
constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();

ChannelInstance LoginOf(std::string account) {
  return {.account = {std::move(account)},
          .instance = 0x1234'5678'9abc'def0,
          .logged_in = kTokensMadeAt,
          .expires = kTokensMadeAt + hours{24}};
}

const RoomKeyClaims kClaims{.instance = 7,
                            .room = {.kind = RoomKind::kLive, .id = {"room_1"}},
                            .room_number = 8,
                            .joined_seq = 9,
                            .serial = 10};

class ChannelTokensTest : public testing::Test {
 protected:
  [[nodiscard]] std::optional<ChannelInstance> Read(std::string_view a2) const {
    return tokens_.ReadInstance(a2, tinyid_, kTokensMadeAt);
  }

  const Secret key_{"0123456789abcdef0123456789abcdef"};
  const ChannelTokens tokens_{key_};
  const ChannelTokens others_{Secret("another key, as long as that one")};
  const ChannelInstance login_ = LoginOf("user_a");
  const std::string a2_ = tokens_.SignInstance(login_);
  const std::string tinyid_ = tokens_.TinyIdOf(login_.account);
  const std::string room_key_ = tokens_.SignRoomKey(kClaims);
};

TEST_F(ChannelTokensTest, ProveAnInstance) {
  EXPECT_EQ(Read(a2_), login_);
  for (const std::size_t size : {std::size_t{1}, std::size_t{32}, std::size_t{64}}) {
    ChannelInstance login = LoginOf(std::string(size, 'x'));
    login.instance = kMost;
    const auto tinyid = tokens_.TinyIdOf(login.account);
    EXPECT_EQ(tokens_.ReadInstance(tokens_.SignInstance(login), tinyid, kTokensMadeAt), login)
        << size;
  }
}

TEST_F(ChannelTokensTest, SayWhichRoomsAnInstanceReaches) {
  ChannelInstance anonymous = login_;
  anonymous.reach = RoomReach::kGen1;
  const std::string a2 = tokens_.SignInstance(anonymous);
  EXPECT_EQ(Read(a2), anonymous);
  EXPECT_NE(a2, a2_);
}

TEST_F(ChannelTokensTest, ProveTheRightsOfARoomKey) {
  EXPECT_EQ(tokens_.ReadRoomKey(room_key_), kClaims);
  for (const RoomKeyClaims& claims :
       {RoomKeyClaims{},
        RoomKeyClaims{kMost, {RoomKind::kWebrtc, {std::string(48, 'x')}}, kMost, kMost, kMost},
        RoomKeyClaims{.serial = 1}, RoomKeyClaims{.joined_event = 0},
        RoomKeyClaims{.room = {.id = {std::string(48, 'x')}}, .joined_event = kMost}}) {
    EXPECT_EQ(tokens_.ReadRoomKey(tokens_.SignRoomKey(claims)), claims);
  }
}

TEST_F(ChannelTokensTest, MayNameAStay) {
  RoomKeyClaims of_stay = kClaims;
  of_stay.joined_event = 11;
  const std::string key = tokens_.SignRoomKey(of_stay);
  EXPECT_EQ(tokens_.ReadRoomKey(key), of_stay);
  EXPECT_EQ(key.size(), room_key_.size() + 16);
}

TEST_F(ChannelTokensTest, AreLowerCaseHex) {
  EXPECT_EQ(a2_.size(), 92u);
  EXPECT_EQ(room_key_.size(), 110u);
  EXPECT_EQ((a2_ + room_key_).find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_EQ(tokens_.SignInstance(LoginOf("x")).size(), 82u);
  EXPECT_EQ(tokens_.SignInstance(LoginOf(std::string(64, 'x'))).size(), 208u);
}

// A changed format would end all logins and rooms at an update.
TEST_F(ChannelTokensTest, HaveAFixedForm) {
  const std::string numbers =
      "123456789abcdef0"
      "0000018bcfe5687b"
      "0000018bd50bc47b";
  std::string content;
  for (std::size_t i = 0; i < numbers.size(); i += 2) {
    content += static_cast<char>(std::stoi(numbers.substr(i, 2), nullptr, 16));
  }
  content += "user_a";
  const std::string code = HmacSha256(key_, "channel instance\n" + content).substr(0, 16);
  EXPECT_EQ(a2_, numbers + ToHex("user_a") + ToHex(code));
}

TEST_F(ChannelTokensTest, OfOneInstanceAreEqualOnEveryNode) {
  const ChannelTokens other_node(key_);
  EXPECT_EQ(other_node.SignInstance(login_), a2_);
  EXPECT_EQ(other_node.SignRoomKey(kClaims), room_key_);
  EXPECT_EQ(other_node.TinyIdOf(login_.account), tinyid_);
  EXPECT_EQ(other_node.ReadInstance(a2_, tinyid_, kTokensMadeAt), login_);
}

TEST_F(ChannelTokensTest, DifferForLoginsOfTheSameMillisecond) {
  ChannelInstance second = login_;
  ++second.instance;
  EXPECT_NE(tokens_.SignInstance(second), a2_);
}

TEST_F(ChannelTokensTest, AreRefusedFromTheirExpiryOn) {
  EXPECT_TRUE(tokens_.ReadInstance(a2_, tinyid_, login_.expires - milliseconds{1}));
  EXPECT_FALSE(tokens_.ReadInstance(a2_, tinyid_, login_.expires));
  EXPECT_FALSE(tokens_.ReadInstance(a2_, tinyid_, TimePoint::max()));
}

TEST_F(ChannelTokensTest, AreRefusedWithTheTinyIdOfAnotherAccount) {
  for (const std::string& tinyid :
       {tokens_.TinyIdOf({"user_b"}), others_.TinyIdOf({"user_a"}), "0" + tinyid_, tinyid_ + " ",
        std::string(), std::string("0")}) {
    EXPECT_FALSE(tokens_.ReadInstance(a2_, tinyid, kTokensMadeAt)) << tinyid;
  }
}

TEST_F(ChannelTokensTest, AreRefusedUnderAnotherKey) {
  EXPECT_FALSE(others_.ReadInstance(a2_, others_.TinyIdOf(login_.account), kTokensMadeAt));
  EXPECT_FALSE(others_.ReadInstance(a2_, tinyid_, kTokensMadeAt));
  EXPECT_FALSE(others_.ReadRoomKey(room_key_));
}

TEST_F(ChannelTokensTest, AreRefusedForTheOtherPurpose) {
  EXPECT_FALSE(Read(room_key_));
  EXPECT_FALSE(tokens_.ReadRoomKey(a2_));
  // An a2 of as many bytes as a room key.
  const std::string same_size = tokens_.SignInstance(LoginOf("user_0000000008"));
  ASSERT_EQ(same_size.size(), room_key_.size());
  EXPECT_FALSE(tokens_.ReadRoomKey(same_size));
}

TEST_F(ChannelTokensTest, AreRefusedWithAnyCharacterChanged) {
  for (std::size_t i = 0; i < a2_.size(); ++i) {
    for (const char c : std::string("0f8aA g\0", 8)) {
      std::string altered = a2_;
      altered[i] = c;
      EXPECT_EQ(Read(altered).has_value(), altered == a2_) << i;
    }
  }
  for (std::size_t i = 0; i < room_key_.size(); ++i) {
    for (const char c : std::string("0f8aA g\0", 8)) {
      std::string altered = room_key_;
      altered[i] = c;
      EXPECT_EQ(tokens_.ReadRoomKey(altered).has_value(), altered == room_key_) << i;
    }
  }
}

TEST_F(ChannelTokensTest, AreRefusedCutOrExtended) {
  for (std::size_t size = 0; size < a2_.size(); ++size) {
    EXPECT_FALSE(Read(a2_.substr(0, size))) << size;
    EXPECT_FALSE(Read(a2_.substr(a2_.size() - size))) << size;
  }
  for (std::size_t size = 0; size < room_key_.size(); ++size) {
    EXPECT_FALSE(tokens_.ReadRoomKey(room_key_.substr(0, size))) << size;
  }
  for (const char* more : {"0", "00", " ", "\n", "&"}) {
    EXPECT_FALSE(Read(a2_ + more));
    EXPECT_FALSE(Read(more + a2_));
    EXPECT_FALSE(tokens_.ReadRoomKey(room_key_ + more));
  }
}

TEST_F(ChannelTokensTest, AreRefusedInOtherForms) {
  for (const std::string& text :
       {std::string(), std::string("undefined"), std::string("0"), std::string(32, '0'),
        std::string(96, '0'), std::string(10'000'001, 'a'), std::string(96, '\xFF')}) {
    EXPECT_FALSE(Read(text)) << text.size();
    EXPECT_FALSE(tokens_.ReadRoomKey(text)) << text.size();
  }
}

TEST_F(ChannelTokensTest, NumberAccountsBelowTwoToThe63) {
  std::set<std::string> numbers;
  for (int i = 0; i < 1000; ++i) {
    const std::string number = tokens_.TinyIdOf({"user_" + std::to_string(i)});
    EXPECT_EQ(number.find_first_not_of("0123456789"), std::string::npos);
    EXPECT_LT(std::stoull(number), std::uint64_t{1} << 63);
    numbers.insert(number);
  }
  EXPECT_EQ(numbers.size(), 1000u);
}

TEST_F(ChannelTokensTest, NumberAccountsByTheirKey) {
  EXPECT_NE(others_.TinyIdOf(login_.account), tinyid_);
}

}  // namespace
}  // namespace rtcroom
