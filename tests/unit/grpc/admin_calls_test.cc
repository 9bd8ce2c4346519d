#include "daemon/grpc/admin_calls.h"

#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/service_fixture.h"

namespace rtcroom {
namespace {

using std::chrono::hours;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class AdminCallsTest : public ServiceFixture {
 protected:
  static v1::RoomRef Ref(const std::string& id, v1::RoomKind kind = v1::ROOM_KIND_MULTI) {
    v1::RoomRef ref;
    ref.set_kind(kind);
    ref.set_room_id(id);
    return ref;
  }
  static v1::DeletePusherRequest Kick(const std::string& room, const std::string& user) {
    v1::DeletePusherRequest request;
    *request.mutable_room() = Ref(room);
    request.set_user_id(user);
    return request;
  }
  static v1::DeletePusherRequest Ban(const std::string& room, const std::string& user,
                                     std::int64_t seconds, std::int32_t nanos = 0) {
    v1::DeletePusherRequest request = Kick(room, user);
    request.mutable_ban()->set_seconds(seconds);
    request.mutable_ban()->set_nanos(nanos);
    return request;
  }
  void MakeRooms(std::size_t count, RoomKind kind = RoomKind::kMulti) {
    for (std::size_t i = 0; i < count; ++i) {
      const std::string id = std::string(RoomKindName(kind)) + std::to_string(i);
      ASSERT_OK(CreateRoom(Create(id, "u1", kind)));
    }
  }
  v1::ListRoomsResponse List(const v1::ListRoomsRequest& request) {
    v1::ListRoomsResponse response;
    EXPECT_OK(calls_.ListRooms(request, response));
    return response;
  }
  /// Reads page by page.
  std::vector<std::string> ListAll(v1::ListRoomsRequest request) {
    std::vector<std::string> ids;
    do {
      const v1::ListRoomsResponse page = List(request);
      for (const v1::Room& room : page.rooms()) ids.push_back(room.room().room_id());
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    return ids;
  }
  /// The reason why a request is refused; also checks the error code.
  template <typename Request, typename Response>
  std::string Refusal(Status (AdminCalls::*call)(const Request&, Response&),
                      const Request& request) {
    Response response;
    const Status status = (calls_.*call)(request, response);
    EXPECT_ERROR(kBadRequest, status);
    return status.ok() ? "" : status.error().detail;
  }
  Result<v1::DeletePusherResponse> DeletePusher(const v1::DeletePusherRequest& request) {
    v1::DeletePusherResponse response;
    const Status status = calls_.DeletePusher(request, response);
    if (!status) return status.error();
    return response;
  }

  std::optional<MediaState> media_{};
  std::vector<UserId> logged_out_;
  AdminCalls calls_{store_,
                    sqlite_.recordings(),
                    rooms_,
                    [this](const UserId& user_id) {
                      logged_out_.push_back(user_id);
                      return Status();
                    },
                    {.version = "1.2.3",
                     .started_at = kNoon,
                     .pushers = [this] { return leases_.size(); },
                     .watchers = [] { return 7; },
                     .see = [this](const RoomKey& room, const UserId& user_id) -> SeenPusher {
                       return {.lease = leases_.StateOf(room, user_id), .media = media_};
                     },
                     .recordings_url = "https://files.example.com/r"}};
};

TEST_F(AdminCallsTest, ListRecordingsInPages) {
  const StreamOwner owner{.room = Key("r1"), .room_number = 7, .user_id = {"bob"}};
  const Recording whole{.file = "2023/a b.flv",
                        .stream = "1_bob",
                        .owner = owner,
                        .bytes = 5,
                        .started_at = kNoon,
                        .ended_at = kNoon + std::chrono::seconds(60)};
  const Recording bare{.file = "demo.flv", .ended_at = kNoon};
  ASSERT_OK(sqlite_.recordings().PutRecordings(std::vector{whole, bare}));
  v1::ListRecordingsRequest request;
  request.set_page_size(1);
  v1::ListRecordingsResponse first;
  ASSERT_OK(calls_.ListRecordings(request, first));
  ASSERT_EQ(first.recordings_size(), 1);
  const v1::Recording& recording = first.recordings(0);
  EXPECT_EQ(recording.room().kind(), v1::ROOM_KIND_MULTI);
  EXPECT_EQ(recording.room().room_id(), "r1");
  EXPECT_EQ(recording.room_number(), 7u);
  EXPECT_EQ(recording.user_id(), "bob");
  EXPECT_EQ(recording.stream(), "1_bob");
  EXPECT_EQ(recording.file(), "2023/a b.flv");
  EXPECT_EQ(recording.url(), "https://files.example.com/r/2023/a%20b.flv");
  EXPECT_EQ(recording.bytes(), 5u);
  EXPECT_EQ(recording.started_at().seconds(), 1'700'000'000);
  EXPECT_EQ(recording.ended_at().seconds(), 1'700'000'060);
  request.set_page_token(first.next_page_token());
  v1::ListRecordingsResponse second;
  ASSERT_OK(calls_.ListRecordings(request, second));
  ASSERT_EQ(second.recordings_size(), 1);
  EXPECT_FALSE(second.recordings(0).has_room());
  EXPECT_FALSE(second.recordings(0).has_started_at());
  EXPECT_EQ(second.next_page_token(), "");
}

TEST_F(AdminCallsTest, ListRecordingsOfARoomOrAUser) {
  const auto recorded = [&](const std::string& file, const std::string& room,
                            const std::string& user) {
    const Recording recording{
        .file = file,
        .owner = StreamOwner{.room = Key(room), .room_number = 1, .user_id = {user}},
        .ended_at = kNoon};
    EXPECT_OK(sqlite_.recordings().PutRecordings({&recording, 1}));
  };
  recorded("a", "r1", "bob");
  recorded("b", "r2", "bob");
  recorded("c", "r2", "amy");
  const auto files = [&](const v1::ListRecordingsRequest& request) {
    v1::ListRecordingsResponse response;
    EXPECT_OK(calls_.ListRecordings(request, response));
    std::string found;
    for (const v1::Recording& recording : response.recordings()) found += recording.file();
    return found;
  };
  v1::ListRecordingsRequest request;
  EXPECT_EQ(files(request), "cba");
  request.set_user_id("bob");
  EXPECT_EQ(files(request), "ba");
  request.set_room_id("r2");
  EXPECT_EQ(files(request), "b");
  request.set_kind(v1::ROOM_KIND_LIVE);
  EXPECT_EQ(files(request), "");
}

TEST_F(AdminCallsTest, NameTheInvalidFieldOfARequestForRecordings) {
  const auto refusal = [&](const auto& set) {
    v1::ListRecordingsRequest request;
    set(request);
    return Refusal(&AdminCalls::ListRecordings, request);
  };
  EXPECT_THAT(refusal([](auto& request) { request.set_kind(v1::RoomKind(9)); }),
              HasSubstr("kind: "));
  EXPECT_THAT(refusal([](auto& request) { request.set_room_id(std::string(49, 'r')); }),
              HasSubstr("room_id: "));
  EXPECT_THAT(refusal([](auto& request) { request.set_user_id("a b"); }), HasSubstr("user_id: "));
  EXPECT_THAT(refusal([](auto& request) { request.set_page_size(201); }), HasSubstr("page_size: "));
  EXPECT_THAT(refusal([](auto& request) { request.set_page_token("7"); }),
              HasSubstr("page_token: "));
}

TEST_F(AdminCallsTest, ShowARoomWithItsPushers) {
  ASSERT_OK(CreateRoom(Create("r1", "u1")));
  ASSERT_OK(AddNow(rooms_, Add(Key("r1"), "u2")));
  v1::GetRoomRequest request;
  *request.mutable_room() = Ref("r1");
  v1::GetRoomResponse response;
  ASSERT_OK(calls_.GetRoom(request, response));
  EXPECT_EQ(response.room().room().room_id(), "r1");
  EXPECT_EQ(response.room().creator(), "u1");
  ASSERT_EQ(response.room().pushers_size(), 2);
  EXPECT_EQ(response.room().pushers(1).user_id(), "u2");
  EXPECT_THAT(response.DebugString(), Not(HasSubstr("rtmp://"))) << "URLs may be signed";
}

TEST_F(AdminCallsTest, ShowTheSignsOfLifeOfPushers) {
  ASSERT_OK(CreateRoom(Create("r1", "u1")));
  clock_.Advance(std::chrono::milliseconds(3500));
  v1::GetRoomRequest request;
  *request.mutable_room() = Ref("r1");
  const auto signs = [&] {
    v1::GetRoomResponse response;
    EXPECT_OK(calls_.GetRoom(request, response));
    return response.room().pushers(0).signs();
  };
  EXPECT_EQ(signs().silent_for().seconds(), 3);
  EXPECT_EQ(signs().silent_for().nanos(), 500'000'000);
  EXPECT_EQ(signs().stream(), v1::STREAM_STATE_UNSPECIFIED);
  media_ = {.kind = MediaState::Kind::kOn, .lasting = std::chrono::seconds(40)};
  EXPECT_EQ(signs().stream(), v1::STREAM_STATE_ON);
  EXPECT_EQ(signs().stream_lasting().seconds(), 40);
  media_->kind = MediaState::Kind::kUnknown;
  EXPECT_EQ(signs().stream(), v1::STREAM_STATE_UNKNOWN);
  EXPECT_FALSE(signs().has_stream_lasting());
}

TEST_F(AdminCallsTest, FindARoomUnderItsOwnKindOnly) {
  ASSERT_OK(CreateRoom(Create("r1", "u1")));
  v1::GetRoomRequest request;
  *request.mutable_room() = Ref("r1", v1::ROOM_KIND_LIVE);
  v1::GetRoomResponse response;
  EXPECT_ERROR(kRoomNotFound, calls_.GetRoom(request, response));
}

TEST_F(AdminCallsTest, NameTheInvalidField) {
  v1::GetRoomRequest get;
  EXPECT_THAT(Refusal(&AdminCalls::GetRoom, get), HasSubstr("room: missing"));
  *get.mutable_room() = Ref("r1", v1::ROOM_KIND_UNSPECIFIED);
  EXPECT_THAT(Refusal(&AdminCalls::GetRoom, get), HasSubstr("room.kind: "));
  *get.mutable_room() = Ref("r1", static_cast<v1::RoomKind>(99));
  EXPECT_THAT(Refusal(&AdminCalls::GetRoom, get), HasSubstr("room.kind: "));
  for (const std::string& id : {std::string(), std::string(49, 'r'), std::string("a b")}) {
    *get.mutable_room() = Ref(id);
    EXPECT_THAT(Refusal(&AdminCalls::GetRoom, get), HasSubstr("room.room_id: ")) << id;
    v1::DestroyRoomRequest destroy;
    *destroy.mutable_room() = Ref(id);
    EXPECT_THAT(Refusal(&AdminCalls::DestroyRoom, destroy), HasSubstr("room.room_id: ")) << id;
  }
  for (const std::string& id : {std::string(), std::string(65, 'u'), std::string("\x01")}) {
    EXPECT_THAT(Refusal(&AdminCalls::DeletePusher, Kick("r1", id)), HasSubstr("user_id: ")) << id;
  }
  v1::ListRoomsRequest list;
  for (const std::int32_t size : {-1, 201}) {
    list.set_page_size(size);
    EXPECT_THAT(Refusal(&AdminCalls::ListRooms, list), HasSubstr("page_size: ")) << size;
  }
  list.clear_page_size();
  for (const char* token :
       {"x", "1", "-000000000000001", "00000000000000001", "0000000000000G00"}) {
    list.set_page_token(token);
    EXPECT_THAT(Refusal(&AdminCalls::ListRooms, list), HasSubstr("page_token: ")) << token;
  }
  list.clear_page_token();
  list.set_kind(static_cast<v1::RoomKind>(99));
  EXPECT_THAT(Refusal(&AdminCalls::ListRooms, list), HasSubstr("kind: "));
}

TEST_F(AdminCallsTest, ListEveryRoomOnceForAnyPageSize) {
  MakeRooms(10);
  const std::vector<std::string> all = ListAll({});
  EXPECT_EQ(all.size(), 10u);
  for (const std::int32_t size : {1, 2, 3, 5, 9, 10, 11, 200}) {
    v1::ListRoomsRequest request;
    request.set_page_size(size);
    EXPECT_EQ(ListAll(request), all) << size;
  }
}

TEST_F(AdminCallsTest, ListFiftyRoomsByDefault) {
  MakeRooms(60);
  EXPECT_EQ(List({}).rooms_size(), 50);
}

TEST_F(AdminCallsTest, ListRoomsOfOneKind) {
  MakeRooms(5, RoomKind::kDouble);
  MakeRooms(3, RoomKind::kLive);
  MakeRooms(5, RoomKind::kMulti);
  v1::ListRoomsRequest request;
  request.set_kind(v1::ROOM_KIND_LIVE);
  EXPECT_THAT(ListAll(request), ElementsAre("live0", "live1", "live2"));
  request.set_page_size(1);
  EXPECT_THAT(ListAll(request), ElementsAre("live0", "live1", "live2"));
}

TEST_F(AdminCallsTest, RemoveAPusher) {
  ASSERT_OK(CreateRoom(Create("r1", "u1")));
  ASSERT_OK(AddNow(rooms_, Add(Key("r1"), "u2")));
  const auto kicked = DeletePusher(Kick("r1", "u2"));
  ASSERT_OK(kicked);
  EXPECT_TRUE(kicked->was_pusher());
  EXPECT_FALSE(kicked->room_destroyed());
  EXPECT_FALSE(kicked->has_banned_until());
  EXPECT_THAT(UsersIn(Key("r1")), ElementsAre("u1"));
  EXPECT_ERROR(kPusherNotFound, DeletePusher(Kick("r1", "u2")));
  EXPECT_ERROR(kPusherNotFound, DeletePusher(Kick("r2", "u2"))) << "no such room";
}

TEST_F(AdminCallsTest, ReportIfARoomEndsWithAPusher) {
  ASSERT_OK(CreateRoom(Create("r1", "u1")));
  const auto kicked = DeletePusher(Kick("r1", "u1"));
  ASSERT_OK(kicked);
  EXPECT_TRUE(kicked->room_destroyed());
  EXPECT_THAT(ListAll({}), IsEmpty());
}

TEST_F(AdminCallsTest, BanAUser) {
  ASSERT_OK(CreateRoom(Create("r1", "u1")));
  const auto banned = DeletePusher(Ban("r1", "u2", 3600));
  ASSERT_OK(banned);
  EXPECT_FALSE(banned->was_pusher()) << "any user can be banned";
  const TimePoint until = kNoon + hours(1);
  EXPECT_EQ(banned->banned_until().seconds(), until.time_since_epoch().count() / 1000);
  EXPECT_ERROR(kNotAllowed, AddNow(rooms_, Add(Key("r1"), "u2")));
  clock_.Advance(hours(1));
  EXPECT_OK(AddNow(rooms_, Add(Key("r1"), "u2")));
}

TEST_F(AdminCallsTest, AcceptBansOfUpToAYear) {
  constexpr std::int64_t kDay = 24 * 3600;
  EXPECT_OK(DeletePusher(Ban("r1", "u1", 366 * kDay)));
  EXPECT_OK(DeletePusher(Ban("r1", "u1", 0, 1)));
  for (const auto& [seconds, nanos] :
       std::vector<std::pair<std::int64_t, std::int32_t>>{{0, 0},
                                                          {-1, 0},
                                                          {0, -1},
                                                          {1, -1},
                                                          {1, 1'000'000'000},
                                                          {366 * kDay, 1},
                                                          {366 * kDay + 1, 0},
                                                          {INT64_MAX, 0},
                                                          {INT64_MIN, 0}}) {
    EXPECT_THAT(Refusal(&AdminCalls::DeletePusher, Ban("r1", "u1", seconds, nanos)),
                HasSubstr("ban: "))
        << seconds << " s " << nanos << " ns";
  }
}

TEST_F(AdminCallsTest, EndARoom) {
  ASSERT_OK(CreateRoom(Create("r1", "u1")));
  v1::DestroyRoomRequest request;
  *request.mutable_room() = Ref("r1");
  v1::DestroyRoomResponse response;
  EXPECT_OK(calls_.DestroyRoom(request, response));
  EXPECT_THAT(ListAll({}), IsEmpty());
  EXPECT_ERROR(kRoomNotFound, calls_.DestroyRoom(request, response));
}

TEST_F(AdminCallsTest, EndTheLoginsOfAUser) {
  v1::EndLoginsRequest request;
  v1::EndLoginsResponse response;
  EXPECT_THAT(Refusal(&AdminCalls::EndLogins, request), HasSubstr("user_id: "));
  request.set_user_id("bob");
  EXPECT_OK(calls_.EndLogins(request, response));
  EXPECT_THAT(logged_out_, ElementsAre(UserId{"bob"}));
}

TEST_F(AdminCallsTest, ReturnServerInfo) {
  ASSERT_OK(CreateRoom(Create("r1", "u1")));
  ASSERT_OK(CreateRoom(Create("r2", "u2", RoomKind::kDouble)));
  v1::GetServerInfoResponse response;
  ASSERT_OK(calls_.GetServerInfo({}, response));
  EXPECT_EQ(response.version(), "1.2.3");
  EXPECT_EQ(response.started_at().seconds(), 1'700'000'000);
  EXPECT_EQ(response.epoch(), "00000000000000aa");
  EXPECT_EQ(response.cursor(), sqlite_.rooms().Newest()->Encode());
  ASSERT_EQ(response.rooms_size(), 4);
  EXPECT_EQ(response.rooms(0).kind(), v1::ROOM_KIND_DOUBLE);
  EXPECT_EQ(response.rooms(0).count(), 1u);
  EXPECT_EQ(response.rooms(2).count(), 0u);
  EXPECT_EQ(response.pushers(), 2u);
  EXPECT_EQ(response.watchers(), 7u);
}

TEST_F(AdminCallsTest, ReturnStoreErrors) {
  ASSERT_OK(CreateRoom(Create("r1", "u1")));
  store_.broken = true;
  EXPECT_ERROR(kStoreBroken, DeletePusher(Kick("r1", "u1")));
}

}  // namespace
}  // namespace rtcroom
