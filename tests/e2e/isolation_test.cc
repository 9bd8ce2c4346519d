// The reply for a hidden room equals, byte for byte, the reply for an absent one (protocol C.3).
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/expected_reply.h"
#include "tests/e2e/gen2_calls.h"
#include "tests/e2e/role_matrix.h"
#include "tests/e2e/seen_state.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// Of equal length, so that only the replies can differ.
constexpr const char* kHidden = "hidden";
constexpr const char* kAbsent = "absent";

class Isolation : public testing::TestWithParam<std::string_view> {
 protected:
  /// The two replies to `row` for the hidden room and the absent one.
  void ExpectTheSame(const std::string& query, const MatrixRow& row, const std::string& user) {
    if (row.live_only && GetParam() != "live_room") return;
    const auto ask = [&](const char* room) {
      json body = MemberBody(room, user);
      body.update(row.more);
      return client_.Call(GetParam(), row.endpoint, body, query);
    };
    // An ID in use has to be reported to a creator, and a caller's name is in its own reply.
    if (row.endpoint == "create_room" || row.endpoint == "get_push_url") return;
    if (row.endpoint == "add_pusher" && !query.empty()) return;
    const ApiReply absent = ask(kAbsent);
    const ApiReply hidden = ask(kHidden);
    EXPECT_EQ(hidden.text, absent.text) << row.endpoint << " by " << user;
    EXPECT_EQ(hidden.status, absent.status);
    auto headers = hidden.headers;
    headers["date"] = absent.headers.contains("date") ? absent.headers.at("date") : "";
    auto other_headers = absent.headers;
    other_headers["date"] = headers["date"];
    EXPECT_EQ(headers, other_headers) << row.endpoint;
  }

  ServerProcess server_{{.settings = WithLogins()}};
  ApiClient client_ = server_.Https();
  Gen2Client owner_ = LoggedIn(server_, "owner", "multi_room");
  Gen2Client other_ = LoggedIn(server_, "other", "multi_room");
};

INSTANTIATE_TEST_SUITE_P(Kinds, Isolation, testing::ValuesIn(kKinds),
                         [](const auto& param_info) { return std::string(param_info.param); });

TEST_P(Isolation, HidesGen2RoomsFromGen1) {
  ASSERT_EQ(owner_.CallOf(GetParam(), "add_pusher", PusherBody(kHidden, "owner")).code(), kOk);
  const std::string before = SeenState(other_, kHidden);
  for (const MatrixRow& row : MatrixRows()) {
    for (const char* user : {"owner", "other"}) ExpectTheSame("", row, user);
  }
  EXPECT_THAT(RoomIds(client_, GetParam()), IsEmpty());
  EXPECT_EQ(SeenState(other_, kHidden), before);
  EXPECT_TRUE(IsReply(client_.Call(GetParam(), "create_room", CreateBody("owner", kHidden)),
                      sentences::kGen1RoomExists));
}

TEST_P(Isolation, HidesGen1RoomsFromGen2) {
  ASSERT_EQ(client_.Call(GetParam(), "create_room", CreateBody("owner", kHidden)).code(), kOk);
  for (const MatrixRow& row : MatrixRows()) {
    if (row.endpoint == "logout") continue;
    ExpectTheSame(owner_.Query(), row, "owner");
    ExpectTheSame(other_.Query(), row, "other");
  }
  EXPECT_THAT(RoomIds(owner_, GetParam()), IsEmpty());
  EXPECT_THAT(PushersOf(client_, GetParam(), kHidden), ElementsAre("owner"));
  for (const char* endpoint : {"create_room", "add_pusher"}) {
    json body = PusherBody(kHidden, "owner");
    body["roomInfo"] = "i";
    const ApiReply taken = owner_.CallOf(GetParam(), endpoint, body);
    EXPECT_TRUE(IsReply(taken, sentences::kRoomTakenGen2)) << endpoint;
    EXPECT_EQ(taken.Text("roomID"), kHidden);
  }
}

TEST_P(Isolation, HidesPreparedRooms) {
  ASSERT_EQ(owner_
                .CallOf(GetParam(), "create_room",
                        {{"userID", "owner"}, {"roomID", kHidden}, {"roomInfo", "a secret plan"}})
                .code(),
            kOk);
  for (const MatrixRow& row : MatrixRows()) {
    if (row.endpoint == "logout") continue;
    ExpectTheSame(other_.Query(), row, "other");
    ExpectTheSame("", row, "other");
    if (row.endpoint != "destroy_room") ExpectTheSame(owner_.Query(), row, "owner");
  }
  EXPECT_THAT(SeenState(other_, kHidden), Not(HasSubstr("a secret plan")));
  EXPECT_TRUE(IsReply(owner_.CallOf(GetParam(), "destroy_room", MemberBody(kHidden, "owner")),
                      sentences::kSuccess));
}

TEST_P(Isolation, HidesRoomsOfAnotherKind) {
  const std::string_view other_kind = GetParam() == "live_room" ? "multi_room" : "live_room";
  ASSERT_EQ(owner_.CallOf(other_kind, "add_pusher", PusherBody(kHidden, "owner")).code(), kOk);
  for (const MatrixRow& row : MatrixRows()) {
    if (row.endpoint == "logout") continue;
    ExpectTheSame(owner_.Query(), row, "owner");
    ExpectTheSame("", row, "owner");
  }
  EXPECT_THAT(PusherIds(owner_.CallOf(other_kind, "get_pushers", RoomBody(kHidden))),
              ElementsAre("owner"));
}

TEST_P(Isolation, HidesWebrtcRooms) {
  const std::string room =
      client_.Call("webrtc_room", "create_room", {{"userID", "user_1"}, {"roomInfo", "i"}})
          .Text("roomID");
  EXPECT_THAT(RoomIds(client_, GetParam()), IsEmpty());
  EXPECT_THAT(RoomIds(owner_, GetParam()), IsEmpty());
  EXPECT_TRUE(
      IsReply(client_.Call(GetParam(), "get_pushers", RoomBody(room)), sentences::kGen1NoRoom));
  EXPECT_TRUE(
      IsReply(owner_.CallOf(GetParam(), "get_pushers", RoomBody(room)), sentences::kNoRoom));
  EXPECT_TRUE(IsReply(client_.Call(GetParam(), "create_room", CreateBody("owner", room)),
                      sentences::kGen1RoomExists));
  EXPECT_TRUE(IsReply(owner_.CallOf(GetParam(), "add_pusher", PusherBody(room, "owner")),
                      sentences::kRoomTakenGen2));
  ASSERT_EQ(owner_.CallOf(GetParam(), "add_pusher", PusherBody("77", "owner")).code(), kOk);
  EXPECT_TRUE(IsReply(client_.Call("webrtc_room", "get_room_members", RoomBody("77")),
                      sentences::kWebrtcNoRoom));
  EXPECT_TRUE(IsReply(client_.Call("webrtc_room", "enter_room", MemberBody("77", "user_1")),
                      sentences::kWebrtcNoRoom));
}

}  // namespace
}  // namespace rtcroom
