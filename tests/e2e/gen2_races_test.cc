// Many callers of gen-2 at once, and of both dialects together (protocol F.1, B.6).
#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/gen2_calls.h"
#include "tests/e2e/racing_callers.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using testing::AnyOf;
using testing::Contains;
using testing::SizeIs;

constexpr std::size_t kCallers = 16;
constexpr std::size_t kRounds = 20;
constexpr std::size_t kSeats = 4;

std::string RoomName(std::size_t round) { return "race_" + std::to_string(round); }

using Codes = std::vector<std::vector<int>>;

class Gen2Races : public testing::Test {
 protected:
  explicit Gen2Races(const Settings& more = {})
      : server_({.settings = WithLogins(With(more))}),
        callers_(LogInMany(server_, "u", kCallers)) {}

  static Settings With(Settings more) {
    more.merge(Settings{{"room.heartbeat_timeout", "1h"}, {"log.level", "info"}});
    return more;
  }
  static int Add(Gen2Client& caller, std::string_view kind, const std::string& room) {
    return caller.CallOf(kind, "add_pusher", PusherBody(room, caller.user_id())).code();
  }
  static int Create(Gen2Client& caller, std::string_view kind, const std::string& room) {
    return caller
        .CallOf(kind, "create_room",
                {{"userID", caller.user_id()}, {"roomInfo", "i"}, {"roomID", room}})
        .code();
  }
  static int Delete(Gen2Client& caller, std::string_view kind, const std::string& room) {
    return caller.CallOf(kind, "delete_pusher", MemberBody(room, caller.user_id())).code();
  }
  ApiReply Pushers(std::string_view kind, const std::string& room) {
    return observer_.CallOf(kind, "get_pushers", RoomBody(room));
  }
  /// The listed pushers are exactly those whose heartbeats succeed; a listed room contains its
  /// creator.
  void ExpectMembersAreInALivingRoom(std::string_view kind, const std::string& room) {
    const ApiReply shown = Pushers(kind, room);
    const std::vector<std::string> pushers = PusherIds(shown);
    if (shown.code() == kOk) {
      EXPECT_THAT(pushers, Contains(shown.Text("roomCreator"))) << shown;
    } else {
      EXPECT_EQ(shown.code(), kNoSuchRoom) << shown;
    }
    for (Gen2Client& caller : callers_) {
      const std::string& user = caller.user_id();
      const bool is_shown = std::ranges::find(pushers, user) != pushers.end();
      EXPECT_EQ(caller.CallOf(kind, "pusher_heartbeat", MemberBody(room, user)).code(),
                is_shown ? kOk : kNoSuchMember)
          << room << " " << user;
    }
  }

  ServerProcess server_;
  std::vector<Gen2Client> callers_;
  ApiClient client_ = server_.Https();
  Gen2Client observer_ = LoggedIn(server_, "observer", "multi_room");
};

std::size_t Count(const std::vector<int>& codes, int code) {
  return static_cast<std::size_t>(std::ranges::count(codes, code));
}

TEST_F(Gen2Races, CreateOneMissingRoomWithAllItsPushers) {
  for (const std::string_view kind : {"multi_room", "double_room"}) {
    const std::size_t seats = kind == "double_room" ? 2 : kSeats;
    const auto name = [&](std::size_t round) { return std::string(kind) + RoomName(round); };
    const Codes codes = RaceFor<int>(callers_, kRounds / 2,
                                     [&](Gen2Client& caller, std::size_t, std::size_t round) {
                                       return Add(caller, kind, name(round));
                                     });
    for (std::size_t round = 0; round < codes.size(); ++round) {
      EXPECT_EQ(Count(codes[round], kOk), seats) << name(round);
      EXPECT_EQ(Count(codes[round], kRoomIsFull), kCallers - seats) << name(round);
      const ApiReply shown = Pushers(kind, name(round));
      const std::vector<std::string> pushers = PusherIds(shown);
      ASSERT_THAT(pushers, SizeIs(seats)) << shown;
      EXPECT_EQ(shown.Text("roomCreator"), pushers.front()) << "the first pusher";
      for (std::size_t caller = 0; caller < kCallers; ++caller) {
        const bool is_shown =
            std::ranges::find(pushers, callers_[caller].user_id()) != pushers.end();
        EXPECT_EQ(codes[round][caller] == kOk, is_shown) << name(round) << " " << caller;
      }
    }
  }
}

TEST_F(Gen2Races, CreateARoomOnceWhileOthersJoinIt) {
  const Codes codes = RaceFor<int>(callers_, kRounds,
                                   [](Gen2Client& caller, std::size_t number, std::size_t round) {
                                     // The first two create the room, the others join as soon as
                                     // they find it.
                                     if (number < 2)
                                       return Create(caller, "live_room", RoomName(round));
                                     return Add(caller, "live_room", RoomName(round));
                                   });
  for (std::size_t round = 0; round < kRounds; ++round) {
    const std::vector<int> creations(codes[round].begin(), codes[round].begin() + 2);
    const std::vector<int> additions(codes[round].begin() + 2, codes[round].end());
    EXPECT_LE(Count(creations, kOk), 1U) << RoomName(round);
    EXPECT_EQ(Count(creations, kOk) + Count(creations, kIdTaken), 2U) << RoomName(round);
    EXPECT_EQ(Count(additions, kOk), kSeats) << RoomName(round);
    EXPECT_EQ(Count(additions, kRoomIsFull), additions.size() - kSeats) << RoomName(round);
    const ApiReply shown = Pushers("live_room", RoomName(round));
    ASSERT_THAT(PusherIds(shown), SizeIs(kSeats)) << shown;
    EXPECT_EQ(shown.Text("roomCreator"), PusherIds(shown).front());
  }
}

TEST_F(Gen2Races, CreateARoomIdExactlyOnce) {
  const Codes codes = RaceFor<int>(
      callers_, kRounds, [](Gen2Client& caller, std::size_t number, std::size_t round) {
        return Create(caller, kKinds[number % kKinds.size()], RoomName(round));
      });
  for (std::size_t round = 0; round < kRounds; ++round) {
    EXPECT_EQ(Count(codes[round], kOk), 1U) << RoomName(round) << ", whatever its kind";
    EXPECT_EQ(Count(codes[round], kIdTaken), kCallers - 1) << RoomName(round);
  }
}

TEST_F(Gen2Races, AnswerConcurrentRetriesOfOneCreatorEqually) {
  const Codes codes =
      RaceFor<int>(callers_, kRounds, [this](Gen2Client& caller, std::size_t, std::size_t round) {
        const Gen2Client& host = callers_[0];
        return caller.api()
            .Call("live_room", "create_room",
                  {{"userID", host.user_id()}, {"roomInfo", "i"}, {"roomID", RoomName(round)}},
                  host.Query())
            .code();
      });
  for (std::size_t round = 0; round < kRounds; ++round) {
    EXPECT_EQ(Count(codes[round], kOk), kCallers) << RoomName(round);
  }
}

TEST_F(Gen2Races, LeaveNoMemberInARoomThatEnds) {
  for (const std::string_view kind : {"live_room", "multi_room"}) {
    const auto name = [&](std::size_t round) { return std::string(kind) + RoomName(round); };
    for (std::size_t round = 0; round < kRounds / 2; ++round) {
      ASSERT_EQ(Add(callers_[0], kind, name(round)), kOk);
    }
    const Codes codes = RaceFor<int>(
        callers_, kRounds / 2, [&](Gen2Client& caller, std::size_t number, std::size_t round) {
          if (number == 0) return Delete(caller, kind, name(round));
          return Add(caller, kind, name(round));
        });
    for (std::size_t round = 0; round < codes.size(); ++round) {
      EXPECT_EQ(codes[round][0], kOk);
      for (std::size_t caller = 1; caller < kCallers; ++caller) {
        EXPECT_THAT(codes[round][caller], AnyOf(kOk, kRoomIsFull)) << name(round);
      }
      ExpectMembersAreInALivingRoom(kind, name(round));
      // A live room may have ended with all members that had joined. One of another kind ends with
      // the last.
      if (kind == "live_room") continue;
      EXPECT_THAT(RoomIds(observer_, kind), Contains(name(round)));
    }
  }
}

TEST_F(Gen2Races, AddEachUserOnlyOnceUnderConcurrentRetries) {
  const Codes codes = RaceFor<int>(
      callers_, kRounds, [this](Gen2Client& caller, std::size_t number, std::size_t round) {
        // All connections belong to one user.
        const Gen2Client& user = callers_[0];
        const char* endpoint = number % 4 == 3 ? "delete_pusher" : "add_pusher";
        return caller.api()
            .Call("multi_room", endpoint, PusherBody(RoomName(round), user.user_id()), user.Query())
            .code();
      });
  for (std::size_t round = 0; round < kRounds; ++round) {
    for (const int code : codes[round]) EXPECT_THAT(code, AnyOf(kOk, kNoSuchMember));
    EXPECT_LE(PusherIds(Pushers("multi_room", RoomName(round))).size(), 1U);
    ExpectMembersAreInALivingRoom("multi_room", RoomName(round));
  }
}

class SharedRaces : public Gen2Races {
 protected:
  SharedRaces() : Gen2Races({{"auth.interop", "shared"}}) {}
};

TEST_F(SharedRaces, ShareSeatsBetweenBothDialects) {
  for (std::size_t round = 0; round < kRounds; ++round) {
    ASSERT_EQ(client_.Call("multi_room", "create_room", CreateBody("host", RoomName(round))).code(),
              kOk);
  }
  const Codes codes = RaceFor<int>(
      callers_, kRounds, [](Gen2Client& caller, std::size_t number, std::size_t round) {
        if (number % 2 == 0) return Add(caller, "multi_room", RoomName(round));
        return caller.api()
            .Call("multi_room", "add_pusher", PusherBody(RoomName(round), caller.user_id()))
            .code();
      });
  for (std::size_t round = 0; round < kRounds; ++round) {
    EXPECT_EQ(Count(codes[round], kOk), kSeats - 1) << RoomName(round);
    EXPECT_EQ(Count(codes[round], kRoomIsFull), kCallers - (kSeats - 1)) << RoomName(round);
    EXPECT_THAT(PushersOf(client_, "multi_room", RoomName(round)), SizeIs(kSeats));
  }
}

}  // namespace
}  // namespace rtcroom
