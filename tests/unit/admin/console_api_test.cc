// Replies of the console's API.
#include <algorithm>
#include <chrono>
#include <latch>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/base/log_scope.h"
#include "tests/support/live_rooms.h"
#include "tests/unit/admin/console_fixture.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

class ConsoleApi : public ConsoleFixture {
 protected:
  void MakeRoomOf(const std::string& id, const std::string& creator,
                  RoomKind kind = RoomKind::kMulti, const std::string& info = "name") {
    CreateRoomCommand command = Create(id, creator, kind);
    command.info = info;
    ASSERT_OK(CreateNow(service_, command));
  }
  ChannelInstance LogIn(const std::string& account) {
    const LoginTokens login = *channel_.logins().LogIn({account}, {.expires = clock_.Now() + 1h});
    return *channel_.logins().Authenticate(login.tiny_id, login.a2);
  }
  /// The ids on all pages of a query.
  std::vector<std::string> AllRooms(const std::string& query) {
    std::vector<std::string> ids;
    std::string after;
    while (true) {
      const Answer page = Get("/console/api/rooms", query + "&after=" + after);
      EXPECT_EQ(page.status, 200) << page.reply.body;
      if (page.status != 200) return ids;
      for (const json& room : page.json["rooms"]) ids.push_back(room["roomID"]);
      if (page.json["next"].is_null()) return ids;
      after = page.json["next"];
    }
  }
};

TEST_F(ConsoleApi, EscapesSeparatorsOfLines) {
  MakeRoomOf("r1", "amy", RoomKind::kMulti, "a\u2028\u2029");
  EXPECT_THAT(Get("/console/api/rooms", "kind=multi").reply.body, HasSubstr(R"("a\u2028\u2029")"));
}

TEST_F(ConsoleApi, ReturnsServerFigures) {
  MakeRoomOf("r1", "amy");
  stats_.totals = {.requests = 10,
                   .failures = 2,
                   .evictions = 3,
                   .connections = 4,
                   .handshakes = 5,
                   .refusals = 6,
                   .reaper_lag = 7ms};
  stats_.channel = {.sizes = {.instances = 8, .groups = 9, .polls = 10},
                    .received = {.deliveries = {11, 12}, .redeliveries = 13},
                    .sent = {.room = 14, .direct = 15}};
  clock_.Advance(5s);
  const Answer answer = Get("/console/api/server");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.json, json::parse(R"({
    "code": 0, "version": "1.2.3", "startedAtMs": 1700000000000, "nowMs": 1700000005000,
    "epoch": "00000000000000bb",
    "rooms": {"double": 0, "multi": 1, "live": 0, "webrtc": 0},
    "pushers": 1, "connections": 2, "waitingRequests": 3, "watchers": 4,
    "totals": {"requests": 10, "failures": 2, "evictions": 3, "connections": 4, "handshakes": 5,
               "refusals": 6},
    "reaperLagMs": 7, "im": {"enabled": false, "pendingGroups": 0, "lag": 0},
    "channel": {"enabled": true, "logins": 8, "groups": 9, "polls": 10, "messages": 29,
                "deliveries": 23, "redeliveries": 13,
                "socket": "ws://127.0.0.1:5757/im/channel/ws"},
    "heartbeatTimeoutMs": 20000,
    "publicApi": {"http": "http://127.0.0.1:5757/weapp", "https": null}})"));
}

TEST_F(ConsoleApi, ReturnsARoomWithLeasesAndMediaWithoutPushUrls) {
  MakeRoomOf("r1", "amy");
  media_.Set("amy", MediaState::Kind::kOn);
  clock_.Advance(3s);
  const Answer answer = Get("/console/api/room", "kind=multi&roomID=r1");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.json, json::parse(R"({"code": 0, "room": {
    "kind": "multi", "roomID": "r1", "roomInfo": "name", "roomType": "", "dialect": "gen1",
    "active": true, "creator": "amy", "createdAtMs": 1700000000000, "number": 1, "sequence": 2,
    "audienceCount": 0, "connected": 0, "custom": null,
    "pushers": [{"userID": "amy", "userName": "n", "userAvatar": "a",
                 "joinedAtMs": 1700000000000, "lease": {"ageMs": 3000, "remainingMs": 17000},
                 "media": {"state": "on", "lastingMs": 3000, "bitsPerSecond": null,
                           "playlist": "https://tv.example/amy"}}]}})"));
  EXPECT_THAT(answer.reply.body, Not(HasSubstr("rtmp")));
}

TEST_F(ConsoleApi, NamesNoPlaylistOfAStreamThatIsOff) {
  MakeRoomOf("r1", "amy");
  media_.Set("amy", MediaState::Kind::kOff);
  EXPECT_EQ(
      Get("/console/api/room", "kind=multi&roomID=r1").json["room"]["pushers"][0]["media"],
      json::parse(R"({"state": "off", "lastingMs": 0, "bitsPerSecond": null, "playlist": null})"));
}

TEST_F(ConsoleApi, ReturnsCustomFieldsViewersAndPreparedRooms) {
  const Room room = MakeWaitingRoom(RoomKind::kLive, "live");
  ASSERT_OK(Apply(rooms_store_, Preparing(room)));
  EXPECT_FALSE(Get("/console/api/room", "kind=live&roomID=live").json["room"]["active"]);
  ASSERT_OK(Apply(rooms_store_, Adding(room.key, "host")));
  ASSERT_OK(Apply(rooms_store_, Watching(room.key, "viewer")));
  ASSERT_OK(Apply(rooms_store_, SettingField(room.key, "likes", "1")));
  const json shown = Get("/console/api/room", "kind=live&roomID=live").json["room"];
  EXPECT_TRUE(shown["active"]);
  EXPECT_EQ(shown["dialect"], "gen2");
  EXPECT_EQ(shown["audienceCount"], 1);
  EXPECT_EQ(shown["custom"], json::parse(R"({"likes":1})"));
}

TEST_F(ConsoleApi, ReturnsWhoIsConnected) {
  MakeRoomOf("r1", "amy");
  MakeRoomOf("r2", "bob");
  const ChannelInstance zoe = LogIn("zoe");
  const ChannelInstance amy = LogIn("amy");
  ASSERT_OK(clients_.Join(zoe, {"r1"}));
  ASSERT_OK(clients_.Join(amy, {"r1"}));
  clock_.Advance(2s);
  const Answer answer = Get("/console/api/channel", "limit=1");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.json, json::parse(R"({"code": 0, "logins": [
    {"userID": "amy", "client": "old", "loggedInAtMs": 1700000000000, "idleMs": 2000, "polls": 0,
     "room": {"kind": "multi", "roomID": "r1", "joinedAtMs": 1700000000000}}], "next": "amy"})"));
  const json last = Get("/console/api/channel", "after=amy").json;
  EXPECT_THAT(last["logins"], SizeIs(1));
  EXPECT_EQ(last["logins"][0]["userID"], "zoe");
  EXPECT_EQ(last["next"], nullptr);
  EXPECT_THAT(Get("/console/api/channel", "q=b").json["logins"], IsEmpty());
  EXPECT_EQ(Get("/console/api/room", "kind=multi&roomID=r1").json["room"]["connected"], 2);
  const json rooms = Get("/console/api/rooms").json["rooms"];
  ASSERT_THAT(rooms, SizeIs(2));
  EXPECT_EQ(rooms[0]["connected"], 2);
  EXPECT_EQ(rooms[1]["connected"], 0);
  receivers_.Subscribe(1, {RoomKind::kMulti, {"r1"}}, nullptr);  // is only counted
  EXPECT_EQ(Get("/console/api/room", "kind=multi&roomID=r1").json["room"]["connected"], 3);
}

TEST_F(ConsoleApi, NamesTheClientOfAnSdkAsSuch) {
  ASSERT_NE(channel_.logins().Attach(LogIn("amy"), [](Standing) {}), 0U);
  (void)LogIn("bob");
  const json logins = Get("/console/api/channel").json["logins"];
  ASSERT_THAT(logins, SizeIs(2));
  EXPECT_EQ(logins[0]["client"], "sdk");
  EXPECT_EQ(logins[1]["client"], "old");
}

TEST_F(ConsoleApi, EndsTheLoginsOfAUser) {
  EXPECT_EQ(Post("/console/api/logout", R"({"userID":7})").json["detail"],
            "userID: must be a string");
  EXPECT_THAT(logged_out_, IsEmpty());
  EXPECT_EQ(Post("/console/api/logout", R"({"userID":"amy"})").status, 200);
  EXPECT_THAT(logged_out_, ElementsAre("amy"));
}

TEST_F(ConsoleApi, FindsNoRoomOfAnotherKind) {
  MakeRoomOf("r1", "amy");
  const Answer answer = Get("/console/api/room", "kind=live&roomID=r1");
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(answer.json["code"], 3);
}

TEST_F(ConsoleApi, ListsAllRoomsInPages) {
  std::vector<std::string> expected;
  for (int i = 0; i < 25; ++i) {
    expected.push_back("r" + std::to_string(i));
    MakeRoomOf(expected.back(), "amy", i % 2 == 0 ? RoomKind::kMulti : RoomKind::kDouble);
  }
  EXPECT_EQ(AllRooms("limit=10"), expected);
  EXPECT_EQ(AllRooms("limit=1"), expected);
  EXPECT_THAT(AllRooms("limit=200&kind=double"), SizeIs(12));
  EXPECT_THAT(AllRooms("kind=live"), IsEmpty());
}

TEST_F(ConsoleApi, SearchesRoomsByTheirContent) {
  MakeRoomOf("room_abc", "amy");
  MakeRoomOf("r2", "bob", RoomKind::kLive, "Grüße & 100%");
  MakeRoomOf("r3", "amy_2");
  AddPusherCommand joining = Add(Key("r3"), "carl");
  joining.profile.user_name = "Dora";
  ASSERT_OK(AddNow(service_, joining));
  EXPECT_THAT(AllRooms("q=_a"), ElementsAre("room_abc"));
  EXPECT_THAT(AllRooms("q=amy"), ElementsAre("room_abc", "r3"));
  EXPECT_THAT(AllRooms("q=carl"), ElementsAre("r3"));
  EXPECT_THAT(AllRooms("q=Dor"), ElementsAre("r3"));
  EXPECT_THAT(AllRooms("q=dOR"), ElementsAre("r3"));
  EXPECT_THAT(AllRooms("q=%C3%BC%C3%9Fe+%26+100%25"), ElementsAre("r2"));
  EXPECT_THAT(AllRooms("q=amy&kind=live"), IsEmpty());
}

TEST_F(ConsoleApi, ReturnsRoomHistoryInPages) {
  MakeRoomOf("r1", "amy");
  ASSERT_OK(AddNow(service_, Add(Key("r1"), "bob")));
  EXPECT_EQ(Post("/console/api/kick", R"({"kind":"multi","roomID":"r1","userID":"bob"})").status,
            200);
  EXPECT_EQ(Post("/console/api/dismiss", R"({"kind":"multi","roomID":"r1"})").status, 200);
  std::vector<std::string> events;
  std::string before;
  do {
    const Answer page = Get("/console/api/events", "kind=multi&roomID=r1&limit=2" + before);
    ASSERT_EQ(page.status, 200) << page.reply.body;
    EXPECT_LE(page.json["events"].size(), 2U);
    for (const json& event : page.json["events"]) {
      events.push_back(event["type"].get<std::string>() + " " + event.value("userID", "-") + " " +
                       event.value("reason", "-"));
    }
    before = page.json["before"].is_null()
                 ? ""
                 : "&before=" + std::to_string(page.json["before"].get<std::uint64_t>());
  } while (!before.empty());
  EXPECT_THAT(events, ElementsAre("room_destroyed - dismissed", "pusher_deleted amy room_destroyed",
                                  "pusher_deleted bob kicked", "pusher_added bob -",
                                  "pusher_added amy -", "room_created amy -"));
}

TEST_F(ConsoleApi, ReturnsRecordings) {
  const StreamOwner owner{.room = Key("r1"), .room_number = 7, .user_id = {"bob"}};
  ASSERT_OK(rooms_store_.recordings().PutRecordings(
      std::vector{Recording{.file = "2023/1_bob 1.flv",
                            .stream = "1_bob",
                            .owner = owner,
                            .bytes = 5,
                            .started_at = kNoon - 60s,
                            .ended_at = kNoon},
                  Recording{.file = "demo.flv", .stream = "demo", .ended_at = kNoon - 1s}}));
  Answer answer = Get("/console/api/recordings");
  EXPECT_EQ(answer.status, 200);
  EXPECT_GT(answer.json["freeBytes"], 0);
  answer.json.erase("freeBytes");
  EXPECT_EQ(answer.json, json::parse(R"({"code": 0, "next": null, "recordings": [
    {"kind": "multi", "roomID": "r1", "number": 7, "userID": "bob", "stream": "1_bob",
     "file": "2023/1_bob 1.flv", "url": "https://files.example.com/r/2023/1_bob%201.flv",
     "bytes": 5, "startedAtMs": 1699999940000, "endedAtMs": 1700000000000},
    {"kind": null, "roomID": null, "number": null, "userID": null, "stream": "demo",
     "file": "demo.flv", "url": "https://files.example.com/r/demo.flv",
     "bytes": 0, "startedAtMs": null, "endedAtMs": 1699999999000}]})"));
  const auto files = [&](const std::string& query) {
    std::vector<std::string> found;
    const json reply = Get("/console/api/recordings", query).json;
    for (const json& row : reply["recordings"]) found.push_back(row["file"]);
    return found;
  };
  EXPECT_THAT(files("kind=multi&roomID=r1&userID=bob"), ElementsAre("2023/1_bob 1.flv"));
  EXPECT_THAT(files("roomID=r1"), ElementsAre("2023/1_bob 1.flv"));
  EXPECT_THAT(files("kind=live"), IsEmpty());
  EXPECT_THAT(files("userID=amy"), IsEmpty());
  const json first = Get("/console/api/recordings", "limit=1").json;
  EXPECT_THAT(first["recordings"], SizeIs(1));
  EXPECT_THAT(files("limit=1&after=" + first["next"].get<std::string>()), ElementsAre("demo.flv"));
}

TEST_F(ConsoleApi, DistinguishesRoomsOfTheSameId) {
  MakeRoomOf("r1", "amy");
  ASSERT_OK(service_.DismissRoom(Key("r1")));
  MakeRoomOf("r1", "bob");
  const json events = Get("/console/api/events", "kind=multi&roomID=r1").json["events"];
  ASSERT_THAT(events, SizeIs(6));
  EXPECT_EQ(events.front()["number"], 2);
  EXPECT_EQ(events.front()["sequence"], 2);
  EXPECT_EQ(events.back()["number"], 1);
  EXPECT_EQ(events.back()["sequence"], 1);
}

TEST_F(ConsoleApi, KicksWithABanUntilItEnds) {
  MakeRoomOf("r1", "amy");
  ASSERT_OK(AddNow(service_, Add(Key("r1"), "bob")));
  const std::string kick = R"({"kind":"multi","roomID":"r1","userID":"bob","banSeconds":60})";
  const Answer answer = Post("/console/api/kick", kick);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.json, json({{"code", 0}}));
  EXPECT_ERROR(kNotAllowed, AddNow(service_, Add(Key("r1"), "bob")));
  clock_.Advance(61s);
  EXPECT_OK(AddNow(service_, Add(Key("r1"), "bob")));
  EXPECT_EQ(
      Post("/console/api/kick", R"({"kind":"multi","roomID":"r1","userID":"bob","banSeconds":0})")
          .status,
      200);
  EXPECT_OK(AddNow(service_, Add(Key("r1"), "bob")));
}

TEST_F(ConsoleApi, ReportsMissingRoomsAndMembers) {
  const Answer kicked =
      Post("/console/api/kick", R"({"kind":"multi","roomID":"r1","userID":"bob"})");
  EXPECT_EQ(kicked.status, 404);
  EXPECT_EQ(kicked.json["code"], 5);
  const Answer dismissed = Post("/console/api/dismiss", R"({"kind":"multi","roomID":"r1"})");
  EXPECT_EQ(dismissed.status, 404);
  EXPECT_EQ(dismissed.json["code"], 3);
}

TEST_F(ConsoleApi, NamesTheInvalidQueryParameter) {
  struct Case {
    std::string path;
    std::string query;
    std::string detail;
  };
  for (const Case& one :
       std::vector<Case>{{"rooms", "kind=triple", "kind: "},
                         {"rooms", "limit=0", "limit: "},
                         {"rooms", "limit=201", "limit: "},
                         {"rooms", "limit=-1", "limit: "},
                         {"rooms", "limit=9x", "limit: "},
                         {"rooms", "after=7", "after: "},
                         {"rooms", "q=" + std::string(201, 'x'), "q: "},
                         {"rooms", "q=%ff", "query: "},
                         {"rooms", "q=%00", "query: "},
                         {"room", "roomID=r1", "kind: missing"},
                         {"room", "kind=multi", "roomID: missing"},
                         {"room", "kind=multi&roomID=" + std::string(49, 'x'), "roomID: "},
                         {"room", "kind=multi&roomID=a%20b", "roomID: "},
                         {"events", "kind=multi&roomID=r1&before=x", "before: "},
                         {"events", "kind=multi&roomID=r1&before=9223372036854775808", "before: "},
                         {"events", "kind=multi&roomID=r1&limit=1000", "limit: "},
                         {"recordings", "kind=triple", "kind: "},
                         {"recordings", "roomID=" + std::string(49, 'r'), "roomID: "},
                         {"recordings", "userID=%0a", "userID: "},
                         {"recordings", "limit=0", "limit: "},
                         {"recordings", "limit=201", "limit: "},
                         {"recordings", "after=7", "after: "},
                         {"channel", "limit=0", "limit: "},
                         {"channel", "limit=201", "limit: "},
                         {"channel", "limit=x", "limit: "},
                         {"channel", "q=" + std::string(201, 'a'), "q: longer"},
                         {"channel", "after=" + std::string(201, 'a'), "after: longer"}}) {
    const Answer answer = Get("/console/api/" + one.path, one.query);
    EXPECT_EQ(answer.status, 400) << one.path << "?" << one.query;
    EXPECT_EQ(answer.json["code"], 1) << one.path << "?" << one.query;
    EXPECT_THAT(answer.json["detail"].get<std::string>(), testing::StartsWith(one.detail))
        << one.path << "?" << one.query;
  }
}

TEST_F(ConsoleApi, NamesTheInvalidBodyField) {
  struct Case {
    std::string body;
    std::string detail;
  };
  for (const Case& one : std::vector<Case>{
           {"", "body: "},
           {"[]", "body: "},
           {"{", "body: "},
           {"\xff", "body: "},
           {std::string(40, '['), "body: "},
           {R"({"kind":1,"roomID":"r1","userID":"bob"})", "kind: "},
           {R"({"roomID":"r1","userID":"bob"})", "kind: missing"},
           {R"({"kind":"multi","userID":"bob"})", "roomID: missing"},
           {R"({"kind":"multi","roomID":["r1"],"userID":"bob"})", "roomID: "},
           {R"({"kind":"multi","roomID":"r1"})", "userID: missing"},
           {R"({"kind":"multi","roomID":"r1","userID":"a b"})", "userID: "},
           {R"({"kind":"multi","roomID":"r1","userID":"b","banSeconds":-1})", "banSeconds: "},
           {R"({"kind":"multi","roomID":"r1","userID":"b","banSeconds":1.5})", "banSeconds: "},
           {R"({"kind":"multi","roomID":"r1","userID":"b","banSeconds":"1"})", "banSeconds: "},
           {R"({"kind":"multi","roomID":"r1","userID":"b","banSeconds":31622401})",
            "banSeconds: "}}) {
    const Answer answer = Post("/console/api/kick", one.body);
    EXPECT_EQ(answer.status, 400) << one.body;
    EXPECT_THAT(answer.json["detail"].get<std::string>(), testing::StartsWith(one.detail))
        << one.body;
  }
}

TEST_F(ConsoleApi, ReturnsHostileTextAsData) {
  const std::string hostile = "</script><script>alert(1)</script>\"'`\n\r\x01 \xe2\x80\xa8";
  MakeRoomOf("r1", "amy", RoomKind::kMulti, hostile);
  const Answer answer = Get("/console/api/rooms");
  EXPECT_EQ(answer.json["rooms"][0]["roomInfo"], hostile);
  EXPECT_EQ(answer.reply.body.find('\n'), std::string::npos);
}

TEST_F(ConsoleApi, RequiresTheToken) {
  for (const char* path : {"server", "nodes", "rooms", "room", "events", "stream"}) {
    const Answer answer = Ask({.method = "GET",
                               .path = std::string("/console/api/") + path,
                               .authorization = Secret("Bearer guessed")});
    EXPECT_EQ(answer.status, 401) << path;
    EXPECT_EQ(answer.json["code"], 7) << path;
  }
  for (const char* path : {"kick", "dismiss", "logout"}) {
    EXPECT_EQ(Ask({.method = "POST",
                   .path = std::string("/console/api/") + path,
                   .authorization = Secret("Bearer guessed")})
                  .status,
              401)
        << path;
  }
}

TEST_F(ConsoleApi, ReportsStoreFailures) {
  MakeRoomOf("r1", "amy");
  failing_.broken = true;
  const Answer answer = Post("/console/api/dismiss", R"({"kind":"multi","roomID":"r1"})");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.json["code"], 6);
}

TEST_F(ConsoleApi, RefusesCallsAfterStop) {
  console_.Stop();
  EXPECT_EQ(Get("/console/api/server").status, 503);
}

TEST_F(ConsoleApi, AnswersWaitingCallsOnClose) {
  std::latch goes_on(1);
  on_stats_ = [&] { goes_on.wait(); };
  const HttpRequest request{.method = "GET", .path = "/console/api/server"};
  std::vector<std::shared_ptr<RecordedAnswer>> asked;
  for (int i = 0; i < 5; ++i) asked.push_back(Send(request));
  console_.Close();
  const auto answered_with = [&](int status) {
    return std::ranges::count_if(asked, [&](const auto& pending) {
      const std::optional<HttpReply> reply = pending->reply();
      return reply && reply->status == status;
    });
  };
  EXPECT_GE(answered_with(503), 3) << "two run at once if both threads have woken up";
  EXPECT_EQ(Get("/console/api/server").status, 503);
  goes_on.count_down();
  EXPECT_TRUE(Eventually([&] { return answered_with(200) + answered_with(503) == 5; }));
}

TEST_F(ConsoleApi, LogsTheRequestId) {
  std::string logged_for;
  on_stats_ = [&] { logged_for = LogScope::Current(); };
  const LogScope scope("req-1");
  EXPECT_EQ(Get("/console/api/server").status, 200);
  EXPECT_EQ(logged_for, "req-1");
}

}  // namespace
}  // namespace rtcroom
