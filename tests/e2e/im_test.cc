// Notifications of room members through the IM service, with every failure of the service (protocol
// D.7, F.2, F.3).
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/phone_views.h"
#include "tests/e2e/room_calls.h"
#include "tests/support/cycles.h"
#include "tests/support/im_stand_in.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

Settings WithIm(const ImStandIn& im, Settings settings = {}) {
  settings["im.enabled"] = true;
  settings["im.base_url"] = im.base_url();
  settings["im.sdk_app_id"] = 1400000001;
  settings["im.secret_key"] = "a key of the test";
  settings["room.heartbeat_timeout"] = "1h";
  return settings;
}

/// All commands sent about a group, in order.
std::vector<GroupCommand> CommandsOf(const ImStandIn& im, const std::string& group) {
  std::vector<GroupCommand> commands;
  for (const ImCall& call : im.calls()) {
    if (call.group == group) commands.push_back(call.command);
  }
  return commands;
}

class Im : public testing::Test {
 protected:
  ApiReply Call(const char* endpoint, const nlohmann::json& body) {
    return client_.Call("multi_room", endpoint, body);
  }

  ImStandIn im_;
  ServerProcess server_{{.settings = WithIm(im_)}};
  ApiClient client_ = server_.Https();
};

TEST_F(Im, NotifiesMembersOfPushersAndTheRoomEnd) {
  ASSERT_EQ(Call("create_room", CreateBody("host", "r1")).code(), kOk);
  ASSERT_EQ(Call("add_pusher", PusherBody("r1", "guest")).code(), kOk);
  ASSERT_TRUE(Eventually([&] { return im_.NoticesTo("r1").size() == 1; }));
  EXPECT_THAT(im_.NoticesTo("r1"), ElementsAre(R"({"cmd":"notifyPusherChange","data":""})"));
  ASSERT_EQ(Call("delete_pusher", MemberBody("r1", "guest")).code(), kOk);
  ASSERT_TRUE(Eventually([&] { return im_.NoticesTo("r1").size() == 2; }));
  ASSERT_EQ(Call("destroy_room", MemberBody("r1", "host")).code(), kOk);
  ASSERT_TRUE(Eventually([&] { return !im_.HasGroup("r1"); }));
  EXPECT_THAT(CommandsOf(im_, "r1"),
              ElementsAre(GroupCommand::kCreate, GroupCommand::kSystemNotice,
                          GroupCommand::kSystemNotice, GroupCommand::kDestroy));
  EXPECT_EQ(im_.bad_requests(), 0U);
}

TEST_F(Im, RefusesOnlyCreateRoomWithoutTheService) {
  ASSERT_EQ(Call("create_room", CreateBody("host", "r1")).code(), kOk);
  im_.GoDown();
  // Each is answered before its client gives it up, which would be no code of the server's.
  EXPECT_EQ(Call("create_room", CreateBody("host", "r2")).code(), kInternalFailure);
  EXPECT_EQ(Call("create_room", CreateBody("host")).code(), kInternalFailure);
  EXPECT_THAT(RoomIds(client_, "multi_room"), ElementsAre("r1"));
  EXPECT_EQ(Call("get_pushers", RoomBody("r2")).code(), kNoSuchRoom);
  EXPECT_EQ(Call("add_pusher", PusherBody("r1", "guest")).code(), kOk);
  EXPECT_EQ(Call("pusher_heartbeat", MemberBody("r1", "guest")).code(), kOk);
  im_.GoUp();
  EXPECT_EQ(Call("create_room", CreateBody("host", "r2")).code(), kOk);
  EXPECT_TRUE(Eventually([&] { return im_.NoticesTo("r1").size() == 1; }));
}

TEST_F(Im, EndsCallsToAHangingServiceAtTheirDeadline) {
  im_.Behave(ImConduct::Replying(ImConduct::Reply::kHang, /*takes_effect=*/true));
  std::vector<std::jthread> creators;
  std::atomic<int> refused{0};
  for (int i = 0; i < 8; ++i) {
    creators.emplace_back([&, i, client = server_.Https()]() mutable {
      const std::string room = i % 2 == 0 ? "" : "named" + std::to_string(i);
      const ApiReply reply = client.Call("multi_room", "create_room", CreateBody("host", room));
      EXPECT_EQ(reply.code(), kInternalFailure) << reply;
      ++refused;
    });
  }
  // The service never answers: each reply comes at the deadline of its call, before its client
  // gives it up.
  creators.clear();
  EXPECT_EQ(refused, 8);
  EXPECT_THAT(RoomIds(client_, "multi_room"), IsEmpty());
  im_.Release();
  im_.Behave(ImConduct::Well());
  // A group created by an unanswered call is destroyed, if no client has named it.
  EXPECT_TRUE(Eventually([&] {
    const std::set<std::string> groups = im_.groups();
    return std::ranges::all_of(groups, [](const auto& id) { return id.starts_with("named"); });
  })) << testing::PrintToString(im_.groups());
  EXPECT_EQ(Call("create_room", CreateBody("host", "named1")).code(), kOk);
}

TEST_F(Im, PassesNoErrorTextOfTheServiceToClients) {
  for (const int error : {10004, 10007, 10036, 60010, 70009, 99999}) {
    im_.BehaveNext(1, ImConduct::ErrorCode(error));
    const ApiReply reply = Call("create_room", CreateBody("host", "r1"));
    EXPECT_EQ(reply.text, R"({"code":6,"message":"服务器内部错误"})") << error;
  }
  im_.BehaveNext(1, ImConduct::ErrorCode(10025));
  EXPECT_EQ(Call("create_room", CreateBody("host", "r1")).code(), kOk);
  im_.AddForeignGroup("r2");
  EXPECT_EQ(Call("create_room", CreateBody("host", "r2")).code(), kRoomTaken);
  EXPECT_THAT(server_.StopAndReadLog(), testing::Not(testing::HasSubstr("usersig=")));
}

TEST(ImDegraded, CreatesTheRoomFirstAndItsGroupLater) {
  ImStandIn im;
  ServerProcess server({.settings = WithIm(im, {{"im.on_create_failure", "degrade"}})});
  ApiClient client = server.Https();
  im.Behave(GroupCommand::kCreate, ImConduct::Status(503));
  const ApiReply made = client.Call("multi_room", "create_room", CreateBody("host"));
  ASSERT_EQ(made.code(), kOk) << made;
  ASSERT_EQ(
      client.Call("multi_room", "add_pusher", PusherBody(made.Text("roomID"), "guest")).code(),
      kOk);
  server.Kill9();
  server.Start();
  im.Behave(GroupCommand::kCreate, std::nullopt);
  EXPECT_TRUE(Eventually([&] { return im.HasGroup(made.Text("roomID")); }));
  EXPECT_TRUE(Eventually([&] { return !im.NoticesTo(made.Text("roomID")).empty(); }));
}

constexpr std::size_t kRooms = 48;
constexpr std::size_t kPhones = 8;

/// Many changing rooms, and the phones' view of them: the get_pushers reply after a notice.
class ImFailures : public testing::Test {
 protected:
  ImFailures() {
    im_.OnNotice([this](const std::string& group) { views_.Pull(group); });
    views_.Connect(server_.PortOf("http"));
    for (std::size_t i = 0; i < kRooms; ++i) MakeRoom(i);
  }

  void MakeRoom(std::size_t place) {
    const std::string room = "r" + std::to_string(place) + "_" + std::to_string(++made_);
    ApiClient client = server_.Http();
    ASSERT_EQ(client.Call("multi_room", "create_room", CreateBody("host", room)).code(), kOk);
    rooms_[place] = room;
    guests_[place] = false;
  }

  /// A pusher joins or leaves one room after the other, with several phones at a time.
  void ChangeMembers(std::size_t changes) {
    std::vector<std::jthread> phones;
    for (std::size_t phone = 0; phone < kPhones; ++phone) {
      phones.emplace_back([this, phone, changes] {
        ApiClient client = server_.Http();
        for (std::size_t i = phone; i < changes; i += kPhones) {
          const std::size_t place = (i / kPhones * kPhones + phone) % kRooms;
          guests_[place] = !guests_[place];
          const ApiReply reply =
              guests_[place]
                  ? client.Call("multi_room", "add_pusher", PusherBody(rooms_[place], "guest"))
                  : client.Call("multi_room", "delete_pusher", MemberBody(rooms_[place], "guest"));
          EXPECT_EQ(reply.code(), kOk) << reply;
          if (reply.code() != kOk) return;
        }
      });
    }
  }

  void ReplaceSomeRooms() {
    ApiClient client = server_.Http();
    for (std::size_t place = 0; place < kRooms; place += 6) {
      ASSERT_EQ(client.Call("multi_room", "destroy_room", MemberBody(rooms_[place], "host")).code(),
                kOk);
      ended_.push_back(rooms_[place]);
      MakeRoom(place);
    }
  }

  /// Whether each phone's view of each room equals the room's state.
  bool AllViewsAreCurrent() {
    ApiClient client = server_.Http();
    return std::ranges::all_of(rooms_, [&](const auto& room) {
      const std::vector<std::string> view = views_.Of(room.second);
      return view.empty()  // no change since its creation
                 ? PushersOf(client, "multi_room", room.second).size() == 1
                 : view == PushersOf(client, "multi_room", room.second);
    });
  }

  std::set<std::string> AllRooms() {
    ApiClient client = server_.Http();
    std::set<std::string> rooms;
    for (std::size_t index = 0;; index = rooms.size()) {
      const ApiReply reply =
          client.Call("multi_room", "get_room_list", {{"index", index}, {"cnt", 200}});
      EXPECT_EQ(reply.code(), kOk) << reply;
      if (reply.code() != kOk || reply.json["rooms"].empty()) return rooms;
      for (const nlohmann::json& room : reply.json["rooms"]) rooms.insert(room["roomID"]);
    }
  }

  /// For the message of a test that fails.
  std::string DescribePending() {
    std::string text = server_.Admin().Get("/metrics").text;
    std::istringstream lines(text);
    text.clear();
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("rtcroomd_im") && !line.ends_with(" 0")) text += line + "\n";
    }
    return text;
  }

  PhoneViews views_;  // first: the threads of the service use it until they end
  ImStandIn im_;
  ServerProcess server_{{.settings = WithIm(im_, {{"log.level", "info"}})}};
  std::size_t made_ = 0;
  std::map<std::size_t, std::string> rooms_;
  std::vector<std::string> ended_;
  std::array<std::atomic<bool>, kRooms> guests_{};
};

TEST_F(ImFailures, NotifyEveryGroupOfItsLastChange) {
  const std::size_t changes = Cycles(600);
  using Reply = ImConduct::Reply;
  std::vector<ImConduct> troubles = {ImConduct::Late(30ms),
                                     ImConduct::Status(503),
                                     ImConduct::Replying(Reply::kGarbage),
                                     ImConduct::Replying(Reply::kEmpty, true),
                                     ImConduct::Replying(Reply::kHuge),
                                     ImConduct::Replying(Reply::kRedirect),
                                     ImConduct::Replying(Reply::kClose),
                                     ImConduct::Replying(Reply::kClose, true)};
  for (const int error : {10002, 60008, 60007, 60011, 70001, 70003}) {
    troubles.push_back(ImConduct::ErrorCode(error));
  }
  const std::size_t phases = 2 * troubles.size() + 2;
  for (const ImConduct& trouble : troubles) {
    im_.Behave(trouble);
    ChangeMembers(changes / phases);
    im_.Behave(ImConduct::Well());
    ReplaceSomeRooms();
    ChangeMembers(changes / phases);
  }
  im_.GoDown();
  ChangeMembers(changes / phases);
  im_.GoUp();
  im_.Behave(ImConduct::Replying(Reply::kHang, /*takes_effect=*/true));
  ChangeMembers(changes / phases);
  im_.Behave(ImConduct::Well());
  im_.Release();

  EXPECT_TRUE(Eventually([&] { return AllViewsAreCurrent(); }, 2 * kWaitTimeout))
      << DescribePending();
  EXPECT_TRUE(Eventually(
      [&] {
        return std::ranges::none_of(ended_, [&](const auto& id) { return im_.HasGroup(id); });
      },
      2 * kWaitTimeout));
  std::set<std::string> known(ended_.begin(), ended_.end());
  for (const auto& [place, room] : rooms_) known.insert(room);
  for (const ImCall& call : im_.calls()) EXPECT_TRUE(known.contains(call.group)) << call.group;
  for (const std::string& room : ended_) {
    const std::vector<GroupCommand> commands = CommandsOf(im_, room);
    const auto end = std::ranges::find(commands, GroupCommand::kDestroy);
    EXPECT_TRUE(std::all_of(end, commands.end(),
                            [](GroupCommand command) { return command == GroupCommand::kDestroy; }))
        << room << ": notified after its end";
  }
  EXPECT_EQ(im_.bad_requests(), 0U);
}

TEST_F(ImFailures, LoseNoNoticeAndLeaveNoGroupAfterAKill) {
  std::mt19937 random(Seed());
  const std::size_t kills = Cycles(3);
  for (std::size_t kill = 0; kill < kills && !HasFatalFailure(); ++kill) {
    if (random() % 2 == 0) im_.BehaveNext(random() % 20, ImConduct::Late(5ms));
    std::atomic<std::size_t> answered{0};
    const std::size_t enough = 1 + random() % 60;
    {
      std::vector<std::jthread> phones;
      for (std::size_t phone = 0; phone < kPhones; ++phone) {
        phones.emplace_back([&, draw = random()]() mutable {
          ApiClient client = server_.Http();
          for (ApiReply reply;; ++answered, ++draw) {
            const std::string& room = rooms_[draw % kRooms];
            // Whether a group existed or not is irrelevant: only the result matters.
            reply = draw % 5 == 0   ? client.Call("multi_room", "create_room", CreateBody("drawn"))
                    : draw % 2 == 0 ? client.Call("multi_room", "add_pusher",
                                                  PusherBody(room, "u" + std::to_string(draw % 3)))
                                    : client.Call("multi_room", "delete_pusher",
                                                  MemberBody(room, "u" + std::to_string(draw % 3)));
            if (reply.status == 0) return;
          }
        });
      }
      EXPECT_TRUE(Eventually([&] { return answered >= enough; }));
      server_.Kill9();
    }
    server_.Start();
    views_.Connect(server_.PortOf("http"));
  }
  EXPECT_TRUE(Eventually([&] { return AllViewsAreCurrent(); }, 2 * kWaitTimeout));
  EXPECT_TRUE(Eventually([&] { return im_.groups() == AllRooms(); }))
      << im_.groups().size() << " groups of " << AllRooms().size() << " rooms";
}

}  // namespace
}  // namespace rtcroom
