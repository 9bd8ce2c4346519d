// Clients of the message channel over a restart of the server, of which they know nothing.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/channel_fixture.h"
#include "tests/support/forwarded_messages.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;

constexpr int kChanged = 255;
constexpr int kEnded = 5;

json ReplyOf(const std::shared_ptr<RecordedReply>& poll) {
  return poll->reply() ? json::parse(poll->reply()->body) : json();
}

/// The types of the system notices that a poll of the account has received.
std::vector<int> NoticesOf(const std::shared_ptr<RecordedReply>& poll) {
  std::vector<int> types;
  const json reply = ReplyOf(poll);
  if (!reply.contains("EventArray")) return types;
  for (const json& tip : reply["EventArray"][0]["GroupTips"]) {
    types.push_back(tip["MsgBody"]["ReportType"]);
  }
  return types;
}

class ChannelRestart : public testing::Test {
 protected:
  ChannelRestart() {
    before_.MakeRoom(RoomKind::kMulti, "room_1");
    alice_ = before_.LogIn("alice");
    key_ = before_.Join(alice_, "room_1");
  }
  /// As after a kill: what is in memory is lost.
  void Restart() { Restart(before_.clock.Now()); }
  /// @param removal  time of the removal clock.
  void Restart(TimePoint removal) {
    after_ = std::make_unique<ChannelFixture>(ChannelOptions(), "", std::vector<std::string>{"*"},
                                              before_.stored);
    after_->clock.Advance(before_.clock.Now() - after_->clock.Now());
    ASSERT_TRUE(after_->clients.Restore(removal));
  }

  ChannelFixture before_;
  std::unique_ptr<ChannelFixture> after_;
  ChannelFixture::Client alice_;
  std::string key_;
};

TEST_F(ChannelRestart, MembersAreNotifiedThoughTheyPollOnlyTheirAccount) {
  before_.Tick(milliseconds(100));
  Restart();
  EXPECT_THAT(NoticesOf(after_->PollAccount(alice_)), testing::ElementsAre(kChanged));
  const auto next = after_->PollAccount(alice_, std::uint64_t{1} << 53);
  EXPECT_FALSE(next->reply());
  after_->EndRoom(RoomKind::kMulti, "room_1");
  EXPECT_THAT(NoticesOf(next), testing::ElementsAre(kEnded));
}

TEST_F(ChannelRestart, MembersKeepTheirKeyAndGetTheMessagesSince) {
  before_.Tick(milliseconds(100));
  before_.SendText(alice_, "room_1", "one", 1);
  Restart();
  const auto poll = after_->PollRoom(alice_, key_, 1);
  EXPECT_EQ(ReplyOf(poll)["RspMsgList"].size(), 1U);
  EXPECT_EQ(ReplyOf(poll)["Key"], key_);
}

TEST_F(ChannelRestart, MembersOfARoomThatHasEndedAreNotified) {
  before_.Tick(milliseconds(100));
  before_.EndRoom(RoomKind::kMulti, "room_1");
  Restart();
  EXPECT_THAT(NoticesOf(after_->PollAccount(alice_)), testing::ElementsAre(kEnded));
}

TEST_F(ChannelRestart, ThoseWhoHaveQuitAreNotMembersAgain) {
  before_.Tick(milliseconds(100));
  before_.Call(alice_, "group_open_http_svc/quit_group", {{"GroupId", "room_1"}});
  before_.Tick(milliseconds(100));
  Restart();
  EXPECT_EQ(after_->sizes().groups, 0U);
  EXPECT_FALSE(after_->PollAccount(alice_)->reply());
}

TEST_F(ChannelRestart, TheNewerOfTwoLoginsStays) {
  before_.Tick(milliseconds(100));
  before_.clock.Advance(std::chrono::seconds(1));
  const ChannelFixture::Client newer = before_.LogIn("alice");
  before_.Join(newer, "room_1");
  before_.Tick(milliseconds(100));
  Restart();
  EXPECT_EQ(ReplyOf(after_->PollAccount(alice_))["ErrorCode"], 91101);
  EXPECT_THAT(NoticesOf(after_->PollAccount(newer)), testing::ElementsAre(kChanged));
}

TEST_F(ChannelRestart, LoginsThatHaveExpiredAreForgotten) {
  before_.Tick(milliseconds(100));
  before_.clock.Advance(std::chrono::hours(25));
  Restart();
  EXPECT_EQ(after_->sizes().instances, 0U);
  EXPECT_TRUE(before_.store.accounts().LoadGroupJoins()->empty());
}

TEST_F(ChannelRestart, LoginsThatHaveExpiredByAWrongClockStayStored) {
  before_.Tick(milliseconds(100));
  const TimePoint removal = before_.clock.Now();
  before_.clock.Advance(std::chrono::hours(25));
  Restart(removal);
  EXPECT_EQ(after_->sizes().instances, 0U);
  EXPECT_EQ(before_.store.accounts().LoadGroupJoins()->size(), 1U);
}

TEST_F(ChannelRestart, LoginsThatBeganWhileTheClockWasSetBackStayMembers) {
  before_.Tick(milliseconds(100));
  Restart(before_.clock.Now() + std::chrono::days(40));
  EXPECT_EQ(after_->sizes().instances, 1U);
  EXPECT_EQ(before_.store.accounts().LoadGroupJoins()->size(), 1U);
}

TEST_F(ChannelRestart, AMessageThatIsRepeatedAfterItIsNotStoredAgain) {
  before_.Tick(milliseconds(100));
  EXPECT_EQ(before_.SendText(alice_, "room_1", "one", 41)["MsgSeq"], 1);
  EXPECT_EQ(before_.SendText(alice_, "room_1", "two", 42)["MsgSeq"], 2);
  (void)before_.SendDirect(alice_, "bob", "to bob", 42);
  Restart();
  EXPECT_EQ(after_->SendText(alice_, "room_1", "one", 41)["MsgSeq"], 1);
  EXPECT_EQ(after_->SendText(alice_, "room_1", "three", 43)["MsgSeq"], 3);
  EXPECT_EQ(after_->SendDirect(alice_, "bob", "to bob", 42)["ErrorCode"], 0);
  EXPECT_EQ(after_->SendDirect(alice_, "bob", "again", 44)["ErrorCode"], 0);
  const auto direct =
      after_->store.messages().ReadDirectMessages({"alice"}, {"bob"}, std::nullopt, 10);
  EXPECT_EQ(direct->size(), 2U);
}

// Both servers run.
TEST_F(ChannelRestart, AMessageThatIsRepeatedElsewhereIsNotStoredAgainWhateverTheClocksSay) {
  before_.Tick(milliseconds(100));
  Restart();
  ChannelFixture& other = *after_;
  const auto send = [&](ChannelFixture& to) {
    return to.SendText(alice_, "room_1", "one", 41)["MsgSeq"].get<int>();
  };
  const auto pass = [&](std::chrono::minutes time) {
    other.Follow();
    before_.clock.Advance(time);
    other.clock.Advance(time);
  };
  other.clock.JumpWallClock(std::chrono::hours(1));
  EXPECT_EQ(send(before_), 1);
  EXPECT_EQ(send(other), 1);
  pass(std::chrono::minutes(6));
  EXPECT_EQ(send(other), 2) << "it is a new one by the time that has passed";
  EXPECT_EQ(send(before_), 2);
  pass(std::chrono::minutes(6));
  EXPECT_EQ(send(before_), 3) << "whose date is earlier";
}

TEST_F(ChannelRestart, AMessageOfTheSameNumberAfterFiveMinutesIsANewOne) {
  before_.Tick(milliseconds(100));
  EXPECT_EQ(before_.SendText(alice_, "room_1", "one", 41)["MsgSeq"], 1);
  before_.clock.Advance(std::chrono::minutes(15));  // ten of which may be the clock's
  Restart();
  EXPECT_EQ(after_->SendText(alice_, "room_1", "one", 41)["MsgSeq"], 2);
}

/// A store that fails for a while.
class PassingFailure : public ChangedStore {
 public:
  using ChangedStore::ChangedStore;
  Result<Room> Load(const RoomKey& key) override {
    if (reads-- <= 0) return Error{Errc::kStoreBusy, "a test"};
    return ChangedStore::Load(key);
  }
  Result<std::uint64_t> NewestRoomMessage(std::uint64_t room_number) override {
    if (reads-- <= 0) return Error{Errc::kStoreBusy, "a test"};
    return ChangedStore::NewestRoomMessage(room_number);
  }
  Result<std::vector<StoredMessage>> ReadPendingMessages(const UserId& receiver, TimePoint since,
                                                         std::size_t limit) override {
    if (reads <= 0) return Error{Errc::kStoreBusy, "a test"};
    return ChangedStore::ReadPendingMessages(receiver, since, limit);
  }

  static constexpr int kUnlimited = 1'000'000;
  int reads = kUnlimited;  ///< that succeed
};

/// Clients that move to another server, which knows their logins and not their groups.
class MovedClients : public testing::TestWithParam<GroupAccess> {
 protected:
  using Client = ChannelFixture::Client;

  MovedClients() {
    before_.MakeRoom(RoomKind::kMulti, "room_1");
    creator_ = before_.LogIn("creator");
    key_ = before_.Join(creator_, "room_1");
    after_.clock.Advance(before_.clock.Now() - after_.clock.Now());
  }
  int CodeOf(const Client& client, const std::string& command) {
    return after_.Call(client, "group_open_http_svc/" + command,
                       {{"GroupId", "room_1"}})["ErrorCode"];
  }

  RecordingListener listener_;
  const std::shared_ptr<PassingFailure> store_ =
      std::make_shared<PassingFailure>(StoreLimits(), "00000000000000aa", listener_);
  const ChannelOptions options_{.access = GetParam()};
  ChannelFixture before_{options_, "", {"*"}, store_};
  ChannelFixture after_{options_, "", {"*"}, store_};
  Client creator_;
  std::string key_;
};

TEST_P(MovedClients, AreAskedToTryAgainWhileTheStoreFailsAndThenGetTheMessages) {
  std::vector<int> succeeding = {0, 1};
  if (GetParam() == GroupAccess::kMembers)
    succeeding.push_back(3);  // not the last look at the room
  for (const int reads : succeeding) {
    store_->reads = reads;
    const auto poll = after_.PollRoom(creator_, key_, 1);
    store_->reads = PassingFailure::kUnlimited;
    EXPECT_EQ(after_.SendText(creator_, "room_1", "x", 1)["ErrorCode"], 10002) << reads;
    EXPECT_EQ(CodeOf(creator_, "group_msg_get"), 10002);
    EXPECT_FALSE(poll->reply());
    after_.Tick(WaitingPolls::kPause);
    EXPECT_EQ(ReplyOf(poll)["RspMsgList"], json::array());
    EXPECT_EQ(ReplyOf(poll)["Key"], key_);
  }
  const auto next = after_.PollRoom(creator_, key_, 1);
  EXPECT_EQ(after_.SendText(creator_, "room_1", "x", 1)["ErrorCode"], 0);
  EXPECT_EQ(ReplyOf(next)["RspMsgList"].size(), 1U);
}

TEST_P(MovedClients, GetTheDirectMessagesThatWaitASecondAfterAFailure) {
  ASSERT_EQ(before_.SendDirect(before_.LogIn("bob"), "creator", "hello", 1)["ErrorCode"], 0);
  store_->reads = 0;
  const auto poll = after_.PollAccount(creator_);
  store_->reads = PassingFailure::kUnlimited;
  EXPECT_FALSE(poll->reply());
  after_.Tick(WaitingPolls::kPause);
  EXPECT_EQ(ReplyOf(poll)["ErrorCode"], 60008);
  EXPECT_EQ(ReplyOf(after_.PollAccount(creator_))["EventArray"].size(), 1U);
}

TEST_P(MovedClients, MayBeInAGroupUntilTheyPollJoinOrQuit) {
  EXPECT_EQ(CodeOf(creator_, "get_group_member_info"), 10002);
  store_->reads = 0;
  EXPECT_EQ(CodeOf(creator_, "get_group_member_info"), 10002);
  store_->reads = PassingFailure::kUnlimited;
  EXPECT_EQ(CodeOf(creator_, "quit_group"), 0);
  EXPECT_EQ(CodeOf(creator_, "get_group_member_info"), 10007);
}

TEST_P(MovedClients, AreRefusedAtOnceWhereTheyMayNotBe) {
  ASSERT_TRUE(after_.bans.Put({.room = MakeKey(RoomKind::kMulti, "room_1"),
                               .user_id = {"creator"},
                               .until = after_.clock.Now() + std::chrono::hours(1)}));
  EXPECT_EQ(CodeOf(creator_, "group_msg_get"), 10007);
}

INSTANTIATE_TEST_SUITE_P(OfAnyGroup, MovedClients,
                         testing::Values(GroupAccess::kAny, GroupAccess::kMembers),
                         [](const auto& param_info) {
                           return param_info.param == GroupAccess::kAny ? "Any" : "Members";
                         });

}  // namespace
}  // namespace rtcroom
