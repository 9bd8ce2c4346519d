// Replies to simultaneous calls of gen-2 clients (protocol F.1, F.2, B.1, B.5).
#include <algorithm>
#include <cstddef>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/gen2_calls.h"
#include "tests/support/im_stand_in.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

using testing::Each;

constexpr std::size_t kUsers = 12;
constexpr std::size_t kSeats = 4;
constexpr int kRounds = 5;

/// The replies to simultaneous calls, in the order of the callers.
std::vector<ApiReply> AtOnce(std::size_t callers,
                             const std::function<ApiReply(std::size_t caller)>& call) {
  std::vector<ApiReply> replies(callers);
  std::vector<std::jthread> threads;
  threads.reserve(callers);
  for (std::size_t caller = 0; caller < callers; ++caller) {
    threads.emplace_back([&, caller] { replies[caller] = call(caller); });
  }
  threads.clear();
  return replies;
}

std::ptrdiff_t CountCode(const std::vector<ApiReply>& replies, int code) {
  return std::ranges::count_if(replies, [code](const ApiReply& r) { return r.code() == code; });
}

class Gen2Races : public testing::Test {
 protected:
  Gen2Races() {
    for (std::size_t i = 0; i < kUsers; ++i) {
      users_.push_back(LoggedIn(server_, "user" + std::to_string(i), "live_room"));
    }
  }

  ImStandIn im_;
  ServerProcess server_{{.settings = WithLogins({{"im.enabled", true},
                                                 {"im.base_url", im_.base_url()},
                                                 {"room.max_audiences", 5},
                                                 {"room.heartbeat_timeout", "1h"}})}};
  std::vector<Gen2Client> users_;
};

TEST_F(Gen2Races, CreateAMissingRoomOnceAndFillItsLastSeat) {
  for (int round = 0; round < kRounds; ++round) {
    const std::string room = "r" + std::to_string(round);
    const auto replies = AtOnce(kUsers, [&](std::size_t i) {
      return users_[i].Call("add_pusher", PusherBody(room, users_[i].user_id()));
    });
    EXPECT_EQ(CountCode(replies, kOk), std::ptrdiff_t{kSeats}) << testing::PrintToString(replies);
    EXPECT_EQ(CountCode(replies, kRoomIsFull), std::ptrdiff_t{kUsers - kSeats});
    const std::vector<std::string> pushers = PushersOf(users_[0], room);
    ASSERT_EQ(pushers.size(), kSeats);
    EXPECT_EQ(CreatorOf(users_[0], room), pushers.front());
  }
  EXPECT_EQ(im_.groups().size(), std::size_t{kRounds}) << "one group per room";
}

TEST_F(Gen2Races, ConcurrentCreatorsGetOneId) {
  for (int round = 0; round < kRounds; ++round) {
    const std::string room = "r" + std::to_string(round);
    const auto replies = AtOnce(kUsers, [&](std::size_t i) {
      return users_[i].Call("create_room", PrepareBody(users_[i].user_id(), room));
    });
    EXPECT_EQ(CountCode(replies, kOk), 1) << testing::PrintToString(replies);
    EXPECT_EQ(CountCode(replies, kIdTaken), std::ptrdiff_t{kUsers - 1});
  }
  EXPECT_EQ(im_.groups().size(), std::size_t{kRounds});
}

TEST_F(Gen2Races, AnswerConcurrentRetriesOfOneCreatorEqually) {
  const std::string host = users_[0].user_id();
  const std::string token = users_[0].token();
  const auto replies = AtOnce(kUsers, [&](std::size_t) {
    Gen2Client phone(server_.Https(), host, "live_room", token);
    return phone.Call("create_room", PrepareBody(host, "r1"));
  });
  EXPECT_EQ(CountCode(replies, kOk), std::ptrdiff_t{kUsers}) << testing::PrintToString(replies);
  EXPECT_THAT(im_.groups(), testing::ElementsAre("r1"));
}

TEST_F(Gen2Races, KeepOneTokenPerUserEvenAfterAKill) {
  const auto replies = AtOnce(kUsers, [&](std::size_t) {
    ApiClient api = server_.Https();
    return LogIn(api, {.user_id = "popular", .user_sig = MakeTicket("popular")});
  });
  ASSERT_EQ(CountCode(replies, kOk), std::ptrdiff_t{kUsers});
  const auto good_tokens = [&] {
    std::vector<std::string> good;
    for (const ApiReply& reply : replies) {
      Gen2Client popular(server_.Https(), "popular", "live_room", reply.Text("token"));
      if (popular.Call("get_room_list", ListBody()).code() == kOk) good.push_back(popular.token());
    }
    return good;
  };
  const std::vector<std::string> before = good_tokens();
  EXPECT_EQ(before.size(), 1U);
  server_.Kill9();
  server_.Start();
  EXPECT_EQ(good_tokens(), before);
}

TEST_F(Gen2Races, LeaveNoPusherInARoomAsItsCreatorLeaves) {
  for (int round = 0; round < 4 * kRounds; ++round) {
    const std::string room = "r" + std::to_string(round);
    ASSERT_EQ(users_[0].Call("add_pusher", PusherBody(room, users_[0].user_id())).code(), kOk);
    const auto replies = AtOnce(2, [&](std::size_t i) {
      return i == 0 ? users_[0].Call("delete_pusher", MemberBody(room, users_[0].user_id()))
                    : users_[1].Call("add_pusher", PusherBody(room, users_[1].user_id()));
    });
    EXPECT_EQ(CountCode(replies, kOk), 2) << testing::PrintToString(replies);
    // It came first and was removed with the room, or second and created a new one.
    const std::vector<std::string> pushers = PushersOf(users_[1], room);
    const int beat =
        users_[1].Call("pusher_heartbeat", MemberBody(room, users_[1].user_id())).code();
    EXPECT_THAT(pushers, Each(users_[1].user_id()));
    EXPECT_EQ(beat, pushers.empty() ? kNoSuchMember : kOk);
    EXPECT_EQ(CreatorOf(users_[1], room), pushers.empty() ? "" : users_[1].user_id());
    // The group exists exactly if the room does.
    EXPECT_TRUE(Eventually([&] { return im_.HasGroup(room) == !pushers.empty(); })) << room;
  }
}

}  // namespace
}  // namespace rtcroom
