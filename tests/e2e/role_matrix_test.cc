// Every endpoint of rooms, for every role, in every mode (protocol C.2, C.3).
#include "tests/e2e/role_matrix.h"

#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/room_calls.h"
#include "tests/e2e/seen_state.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

using nlohmann::json;

constexpr const char* kRoom = "the_room";

std::string KindWord(std::string_view kind) { return std::string(kind.substr(0, kind.find('_'))); }

class RoleMatrix : public testing::TestWithParam<const char*> {
 protected:
  RoleMatrix() {
    for (const char* user : {"visitor", "member", "creator", "kicked"}) {
      users_.emplace(user, LoggedIn(server_, user, "double_room"));
    }
  }

  Gen2Client& As(const std::string& user) { return users_.at(user); }

  void Ban(std::string_view kind, const std::string& room = kRoom) {
    const FinishedCommand kicked = RunToEnd(
        {.program = ServerBinary(),
         .arguments = {"rooms", "kick", KindWord(kind), room, "kicked", "--ban", "1h", "--config",
                       server_.config_file().string(), "--target", server_.AddressOf("grpc")}});
    ASSERT_EQ(kicked.exit_code, 0) << kicked.err;
  }

  /// The state of the room before each cell: the creator and the member are in it.
  void MakeRoom(std::string_view kind) {
    for (const char* user : {"creator", "member"}) {
      ASSERT_EQ(As(user).CallOf(kind, "add_pusher", PusherBody(kRoom, user)).code(), kOk);
    }
  }
  void EndRoom(std::string_view kind) {
    for (const char* user : {"creator", "member", "visitor"}) {
      As(user).CallOf(kind, "destroy_room", MemberBody(kRoom, user));
    }
    const ApiReply gone = As("visitor").CallOf(kind, "get_pushers", RoomBody(kRoom));
    ASSERT_TRUE(IsReply(gone, sentences::kNoRoom));
  }

  ApiReply Ask(Role role, std::string_view kind, const MatrixRow& row) {
    const auto call = [&](const std::string& query, const std::string& user) {
      json body = MemberBody(kRoom, user);
      body.update(row.more);
      return client_.Call(kind, row.endpoint, body, query);
    };
    switch (role) {
      case Role::kVisitor:
        return call(As("visitor").Query(), "visitor");
      case Role::kMember:
        return call(As("member").Query(), "member");
      case Role::kCreator:
        return call(As("creator").Query(), "creator");
      case Role::kKicked:
        return call(As("kicked").Query(), "kicked");
      case Role::kGen1:
        return call("", "creator");
      case Role::kStranger:
        return call("userID=visitor", "visitor");
      case Role::kGuesser:
        return call("userID=member&token=" + As("creator").token(), "member");
      case Role::kBorrower:
        return call(As("member").Query(), "creator");
    }
    return {};
  }

  ServerProcess server_{{.settings = WithLogins({{"auth.mode", GetParam()},
                                                 {"auth.trust_userid", true},
                                                 {"live.bizid", "8888"},
                                                 {"live.push_key", "testpushkey0123456789"}})}};
  ApiClient client_ = server_.Https();
  std::map<std::string, Gen2Client> users_;
};

INSTANTIATE_TEST_SUITE_P(Modes, RoleMatrix, testing::Values("open", "mixed", "token"),
                         [](const auto& param_info) { return std::string(param_info.param); });

TEST_P(RoleMatrix, HoldsInEveryCell) {
  for (const std::string_view kind : kKinds) {
    Ban(kind);
    std::string seen;  // of the room that was left as it was; empty: there is none
    for (const MatrixRow& row : MatrixRows()) {
      if (row.live_only && kind != "live_room") continue;
      for (const Role role : kAllRoles) {
        if (seen.empty()) {
          ASSERT_NO_FATAL_FAILURE(MakeRoom(kind));
        }
        ExpectedReply expected = CellOf(row, role, GetParam());
        // Two members have taken all the seats.
        const bool joins = row.endpoint == "add_pusher" && expected.code == kOk;
        const bool is_new = role == Role::kVisitor || role == Role::kStranger;
        if (joins && is_new && kind == "double_room") expected = sentences::kRoomFull;
        const bool changes = expected.code == kOk;
        if (!changes && seen.empty()) seen = SeenState(As("visitor"), kRoom);
        if (changes && !seen.empty()) {
          ASSERT_EQ(SeenState(As("visitor"), kRoom), seen)
              << "by what was refused before " << kind << " " << row.endpoint << " by a " << role;
        }
        const ApiReply reply = Ask(role, kind, row);
        EXPECT_TRUE(IsReply(reply, expected, row.endpoint))
            << kind << " " << row.endpoint << " for a " << role << ", " << row.more;
        if (row.endpoint == "logout") {
          for (auto& [name, user] : users_) ASSERT_EQ(user.Login().code(), kOk) << name;
        }
        if (changes) {
          ASSERT_NO_FATAL_FAILURE(EndRoom(kind));
          seen.clear();
        }
      }
    }
    if (!seen.empty()) {
      ASSERT_EQ(SeenState(As("visitor"), kRoom), seen) << "by what was refused last";
    }
    ASSERT_NO_FATAL_FAILURE(EndRoom(kind));
  }
}

TEST_P(RoleMatrix, ServesTheSeparateServicesByMode) {
  const bool served = GetParam() != std::string("token");
  const std::string room =
      client_.Call("webrtc_room", "create_room", {{"userID", "host"}, {"roomInfo", "i"}})
          .Text("roomID");
  for (const char* user : {"user_1", "user_2"}) {
    for (const char* endpoint : {"get_login_info", "create_room", "enter_room", "heartbeat",
                                 "get_room_members", "get_room_list", "quit_room"}) {
      json body = {
          {"userID", user}, {"roomID", room}, {"roomInfo", "i"}, {"index", 0}, {"count", 20}};
      // This service ignores tokens.
      for (const std::string& query : {std::string(), As("member").Query(), std::string("token")}) {
        EXPECT_TRUE(IsReply(client_.Call("webrtc_room", endpoint, body, query),
                            served ? sentences::kSuccess : sentences::kNotAuthorised))
            << endpoint << " " << user << " ?" << query;
      }
    }
  }
  EXPECT_TRUE(
      IsReply(client_.Get("/weapp/utils/get_login_info?userID=visitor"), sentences::kSuccess));
}

TEST_P(RoleMatrix, RefusesBannedUsersInWebrtcRooms) {
  if (GetParam() == std::string("token")) return;  // no caller is served there
  const auto call = [this](const char* endpoint, const json& body) {
    return client_.Call("webrtc_room", endpoint, body);
  };
  const std::string room =
      call("create_room", {{"userID", "host"}, {"roomInfo", "i"}}).Text("roomID");
  ASSERT_TRUE(IsReply(call("enter_room", MemberBody(room, "kicked")), sentences::kSuccess));
  ASSERT_NO_FATAL_FAILURE(Ban("webrtc_room", room));
  EXPECT_TRUE(IsReply(call("enter_room", MemberBody(room, "kicked")), sentences::kBanned));
  for (const char* endpoint : {"heartbeat", "quit_room"}) {
    EXPECT_TRUE(IsReply(call(endpoint, MemberBody(room, "kicked")), sentences::kSuccess));
  }
  const ApiReply members = call("get_room_members", RoomBody(room));
  ASSERT_EQ(members.json["members"].size(), 1U) << members;
  EXPECT_EQ(members.json["members"][0]["userID"], "host");
}

TEST_P(RoleMatrix, SignsLoginInfoOnlyForTheUserOfTheToken) {
  const auto ask = [this](const std::string& query, const std::string& user) {
    return client_.Call("utils", "get_login_info", {{"time", 60}, {"userID", user}}, query);
  };
  const bool asks_for_tokens = GetParam() != std::string("open");
  EXPECT_TRUE(IsReply(ask("", "member"), sentences::kNotAuthorised));
  EXPECT_TRUE(IsReply(ask("userID=member", "member"), sentences::kNotAuthorised));
  EXPECT_TRUE(IsReply(ask("userID=member&token=" + As("creator").token(), "member"),
                      sentences::kNotAuthorised));
  if (!asks_for_tokens) return;
  EXPECT_TRUE(IsReply(ask(As("member").Query(), "creator"), sentences::kNotAuthorised));
  // There is no signing key here.
  const ApiReply proven = ask(As("member").Query(), "member");
  EXPECT_NE(proven.Text("message"), sentences::kNotAuthorised.message) << proven;
}

TEST_P(RoleMatrix, ServesGen1LoginsOnlyIfEnabled) {
  EXPECT_TRUE(IsReply(client_.Call("double_room", "login", json::object(), "userID=member"),
                      sentences::kNotAuthorised));
  const ApiReply info =
      client_.Call("double_room", "get_im_login_info", {{"userIDPrefix", "weixin"}});
  const bool served = GetParam() != std::string("token");
  EXPECT_TRUE(IsReply(info, served ? sentences::kSuccess : sentences::kNotAuthorised));
}

}  // namespace
}  // namespace rtcroom
