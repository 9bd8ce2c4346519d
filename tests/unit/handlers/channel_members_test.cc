// Groups that only members of the room may be in: those who leave it are in them no more.
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/socket_client.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr int kNotMember = 10007;
constexpr int kEndedNotice = 5;

class GroupsOfMembers : public testing::Test {
 protected:
  using Client = ChannelFixture::Client;

  GroupsOfMembers() {
    server_.MakeRoom(RoomKind::kMulti, "room_1");
    Add("alice");
    Add("bob");
    server_.Follow();
    server_.clock.Advance(1min);  // not recent for those who join
    (void)server_.Join(bob_, "room_1");
  }

  void Add(const std::string& user) {
    (void)server_.store.rooms().Update(Adding(key_, user, 9, server_.clock.Now()));
  }
  void Remove(const std::string& user, LeaveReason reason = LeaveReason::kLeft) {
    (void)server_.store.rooms().Update(Deleting(key_, user, server_.clock.Now(), reason));
  }
  int CodeOf(const Client& client, const std::string& command, json body = json::object()) {
    body["GroupId"] = "room_1";
    return server_.Call(client, "group_open_http_svc/" + command, body).at("ErrorCode");
  }
  static json ReplyOf(const std::shared_ptr<RecordedReply>& poll) {
    return poll->reply() ? json::parse(poll->reply()->body) : json();
  }
  /// The type of the system notice that the poll was answered with.
  static json NoticeOf(const std::shared_ptr<RecordedReply>& poll) {
    const json reply = ReplyOf(poll);
    return reply.is_null() ? reply
                           : reply["EventArray"][0]["GroupTips"][0]["MsgBody"]["ReportType"];
  }
  /// The same server after a kill, or another one on its store.
  std::unique_ptr<ChannelFixture> Other(GroupAccess access = GroupAccess::kMembers) {
    auto other = std::make_unique<ChannelFixture>(ChannelOptions{.access = access}, "",
                                                  std::vector<std::string>{"*"}, server_.stored);
    other->clock.Advance(server_.clock.Now() - other->clock.Now());
    return other;
  }

  static json Room() { return {{"kind", "multi"}, {"roomID", "room_1"}}; }
  static json Said(const std::string& text) {
    json body = Room();
    body.update({{"type", "text"}, {"body", text}});
    return body;
  }

  ChannelFixture server_{{.access = GroupAccess::kMembers}};
  const RoomKey key_ = MakeKey(RoomKind::kMulti, "room_1");
  const Client alice_ = server_.LogIn("alice");
  const Client bob_ = server_.LogIn("bob");
};

TEST_F(GroupsOfMembers, RefuseAccountsThatAreNotInTheRoom) {
  server_.MakeRoom(RoomKind::kLive, "live_1", Dialect::kGen2);
  ASSERT_TRUE(server_.store.rooms().Update(Watching(MakeKey(RoomKind::kLive, "live_1"), "viewer")));
  const auto join = [this](const std::string& account) {
    return server_.Call(server_.LogIn(account), "group_open_http_svc/apply_join_group",
                        {{"GroupId", "live_1"}})["ErrorCode"];
  };
  EXPECT_EQ(join("creator"), 0);
  EXPECT_EQ(join("viewer"), 0);
  EXPECT_EQ(join("mallory"), kNotMember);
}

TEST_F(GroupsOfMembers, NothingReachesAMemberThatIsSaidAfterItHasLeft) {
  const std::string key = server_.Join(alice_, "room_1");
  const auto room = server_.PollRoom(alice_, key);
  const auto account = server_.PollAccount(alice_);
  Remove("alice");
  EXPECT_EQ(server_.SendText(bob_, "room_1", "without alice", 1)["ErrorCode"], 0);
  EXPECT_EQ(ReplyOf(room)["RspMsgList"], json::array());
  EXPECT_FALSE(account->reply()) << "it knows that it has left";
  EXPECT_FALSE(server_.PollRoom(alice_, key)->reply());

  Add("alice");
  const auto again = server_.PollRoom(alice_, server_.Join(alice_, "room_1"));
  EXPECT_EQ(server_.SendText(bob_, "room_1", "welcome", 2)["ErrorCode"], 0);
  EXPECT_THAT(ReplyOf(again)["RspMsgList"], SizeIs(1));
}

TEST_F(GroupsOfMembers, EndForAMemberThatIsEvicted) {
  const auto room = server_.PollRoom(alice_, server_.Join(alice_, "room_1"));
  const auto account = server_.PollAccount(alice_);
  Remove("alice", LeaveReason::kHeartbeatTimeout);
  EXPECT_EQ(server_.SendText(bob_, "room_1", "without alice", 1)["ErrorCode"], 0);
  EXPECT_EQ(NoticeOf(account), kEndedNotice);
  EXPECT_FALSE(room->reply());
}

TEST_F(GroupsOfMembers, EndForThoseWhoLeftUnseen) {
  (void)server_.Join(alice_, "room_1");
  const auto account = server_.PollAccount(alice_);
  Remove("alice");
  ASSERT_TRUE(server_.former.OnEventsLost());
  EXPECT_EQ(NoticeOf(account), kEndedNotice);
  EXPECT_EQ(server_.SendText(bob_, "room_1", "still here", 1)["ErrorCode"], 0);
}

TEST_F(GroupsOfMembers, RefuseWhoHasLeftBeforeTheServerIsTold) {
  (void)server_.Join(alice_, "room_1");
  const auto socket = SocketClient::LoggedIn(server_, "carol");
  Add("carol");
  ASSERT_EQ(server_.SendText(bob_, "room_1", "for members", 1)["ErrorCode"], 0);
  ASSERT_FALSE(socket->Ask("subscribe", Room()).contains("error"));
  Remove("alice");
  Remove("carol");
  EXPECT_EQ(CodeOf(alice_, "group_msg_get", {{"ReqMsgNumber", 20}}), kNotMember);
  EXPECT_EQ(socket->Ask("send", Said("from outside"))["error"]["code"], kNotMember);
  EXPECT_EQ(socket->Ask("history", Room())["error"]["code"], kNotMember);
  EXPECT_THAT(socket->Ask("conversations")["conversations"], IsEmpty());
  EXPECT_EQ(server_.SendText(alice_, "room_1", "from outside", 1)["ErrorCode"], kNotMember);
}

TEST_F(GroupsOfMembers, AnAccountStaysWhileItHasARole) {
  server_.MakeRoom(RoomKind::kLive, "live_1", Dialect::kGen2);
  const RoomKey live = MakeKey(RoomKind::kLive, "live_1");
  (void)server_.store.rooms().Update(Watching(live, "alice"));
  (void)server_.store.rooms().Update(Adding(live, "alice"));
  (void)server_.Join(alice_, "live_1");
  (void)server_.store.rooms().Update(Deleting(live, "alice"));
  server_.Follow();
  EXPECT_EQ(server_.SendText(alice_, "live_1", "off the stage", 1)["ErrorCode"], 0);
  (void)server_.store.rooms().Update(LeavingAudience(live, "alice"));
  server_.Follow();
  EXPECT_EQ(server_.receivers.CountIn(server_.store.rooms().Load(live)->sequence), 0U);
}

TEST_F(GroupsOfMembers, AMemberThatIsBackBeforeTheServerIsToldStays) {
  (void)server_.Join(alice_, "room_1");
  Remove("alice");
  Add("alice");
  server_.Follow();
  Remove("bob");
  server_.Follow();
  EXPECT_EQ(server_.SendText(alice_, "room_1", "back", 1)["ErrorCode"], 0);
  EXPECT_EQ(server_.receivers.CountIn(server_.store.rooms().Load(key_)->sequence), 1U)
      << "bob is not";
}

TEST_F(GroupsOfMembers, TheCreatorOfAnEmptyRoomLosesItToTheFirstWhoEnters) {
  (void)server_.store.rooms().Update(Preparing(MakeWaitingRoom(RoomKind::kMulti, "room_2")));
  const RoomKey key = MakeKey(RoomKind::kMulti, "room_2");
  (void)server_.Join(server_.LogIn("creator"), "room_2");
  (void)server_.store.rooms().Update(Adding(key, "alice"));
  server_.Follow();
  EXPECT_EQ(server_.receivers.CountIn(server_.store.rooms().Load(key)->sequence), 0U);
}

TEST_F(GroupsOfMembers, AnOldKeyLeadsNobodyBackWhoHasLeft) {
  const std::string key = server_.Join(alice_, "room_1");
  const std::string bobs = server_.Join(bob_, "room_1");
  server_.Tick(100ms);
  Remove("alice", LeaveReason::kKicked);
  const auto restarted = Other();
  ASSERT_TRUE(restarted->clients.Restore(server_.clock.Now()));
  EXPECT_EQ(NoticeOf(restarted->PollAccount(alice_)), kEndedNotice);
  const auto elsewhere = Other();
  EXPECT_FALSE(elsewhere->PollRoom(alice_, key)->reply());
  EXPECT_EQ(NoticeOf(elsewhere->PollAccount(alice_)), kEndedNotice);
  const std::uint64_t number = server_.store.rooms().Load(key_)->sequence;
  EXPECT_EQ(restarted->receivers.CountIn(number), 1U) << "bob";
  EXPECT_EQ(elsewhere->receivers.CountIn(number), 0U);
  EXPECT_FALSE(elsewhere->PollRoom(bob_, bobs)->reply());
  EXPECT_EQ(elsewhere->receivers.CountIn(number), 1U);
}

TEST_F(GroupsOfMembers, AKeyIsGoodForItsStay) {
  const std::string key = server_.Join(alice_, "room_1");
  const std::uint64_t number = server_.store.rooms().Load(key_)->sequence;
  Add("alice");
  const auto rejoined = Other();
  EXPECT_FALSE(rejoined->PollRoom(alice_, key)->reply());
  EXPECT_EQ(rejoined->receivers.CountIn(number), 1U) << "it has kept its seat";

  Remove("alice", LeaveReason::kKicked);
  Add("alice");
  const auto other = Other();
  EXPECT_FALSE(other->PollRoom(alice_, key)->reply());
  EXPECT_EQ(other->receivers.CountIn(number), 0U);
  EXPECT_EQ(other->SendText(alice_, "room_1", "x", 1)["ErrorCode"], kNotMember);
  EXPECT_FALSE(other->PollAccount(alice_)->reply()) << "an end would be that of its new stay";
  const std::string next = rejoined->Join(alice_, "room_1");
  EXPECT_FALSE(other->PollRoom(alice_, next)->reply());
  EXPECT_EQ(other->receivers.CountIn(number), 1U) << "the key of the new stay, after the old one";
}

TEST_F(GroupsOfMembers, AKeyOfBeforeGroupsWereForMembersGivesNothing) {
  const std::string key = Other(GroupAccess::kAny)->Join(alice_, "room_1");
  const auto other = Other();
  EXPECT_FALSE(other->PollRoom(alice_, key)->reply());
  EXPECT_EQ(other->receivers.CountIn(server_.store.rooms().Load(key_)->sequence), 0U);
}

TEST_F(GroupsOfMembers, ASocketIsToldHowItsUserHasLeft) {
  const auto alice = SocketClient::LoggedIn(server_, "alice");
  const auto bob = SocketClient::LoggedIn(server_, "bob");
  for (SocketClient* const client : {alice.get(), bob.get()}) {
    ASSERT_FALSE(client->Ask("subscribe", Room()).contains("error"));
  }
  Remove("alice", LeaveReason::kHeartbeatTimeout);
  ASSERT_FALSE(bob->Ask("send", Said("without alice")).contains("error"));
  server_.Follow();
  const json kicked = {
      {"kicked", {{"reason", "heartbeat_timeout"}, {"kind", "multi"}, {"roomID", "room_1"}}}};
  EXPECT_THAT(alice->Pushes(), ElementsAre(kicked));
  EXPECT_THAT(bob->Pushes(), SizeIs(2));
  EXPECT_EQ(alice->Ask("subscribe", Room())["error"]["code"], kNotMember);
  EXPECT_EQ(server_.receivers.CountIn(server_.store.rooms().Load(key_)->sequence), 1U);
}

TEST_F(GroupsOfMembers, APollThatWaitsIsRefusedAtOnce) {
  (void)server_.sessions.LoginTrusted({"alice"});
  const auto poll = [this](const json& room) {
    const json connect = {{"userID", "alice"}, {"token", "token-of-alice"}};
    const json body = {{"connect", connect}, {"wait", 45}, {"cursors", {room}}};
    auto sink = std::make_shared<RecordedReply>();  // shared with the router
    Handle(server_.router, ChannelFixture::RequestOf("/channel/poll", "", body.dump()), sink);
    return sink;
  };
  json room = Room();
  room["cursor"] = ReplyOf(poll(room))["rooms"][0]["cursor"];
  const auto waiting = poll(room);
  ASSERT_FALSE(waiting->reply());
  Remove("alice");
  EXPECT_EQ(server_.SendText(bob_, "room_1", "without alice", 1)["ErrorCode"], 0);
  json entry = ReplyOf(waiting)["rooms"][0];
  EXPECT_EQ(entry["error"]["code"], kNotMember);
  EXPECT_FALSE(entry.contains("events"));
}

}  // namespace
}  // namespace rtcroom
