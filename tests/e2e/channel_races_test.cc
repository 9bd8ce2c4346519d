// Concurrent callers of the message channel, and banned ones.
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/channel_server.h"
#include "tests/e2e/room_calls.h"
#include "tests/support/eventually.h"
#include "tests/support/in_parallel.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

constexpr const char* kSecretText = "for members only";

class ChannelRaces : public testing::Test {
 protected:
  /// @param hold  long enough that no test waits for its end, unless it needs it.
  explicit ChannelRaces(const char* hold = "25s") : server_(hold) {}

  int CreateRoom(const std::string& room) {
    return server_.process()
        .Https()
        .Call("multi_room", "create_room", CreateBody("host", room))
        .code();
  }
  int End(const std::string& room) {
    return server_.process()
        .Https()
        .Call("multi_room", "destroy_room", MemberBody(room, "host"))
        .code();
  }
  /// Who is in the group, as one of them is told.
  static std::vector<std::string> MembersFor(ChannelCaller& member, const std::string& group) {
    const json reply = member.Call(InGroups("get_group_member_info"), {{"GroupId", group}}).json;
    std::vector<std::string> members;
    for (const json& entry : reply.value("MemberList", json::array())) {
      members.push_back(entry.at("Member_Account"));
    }
    return members;
  }
  /// Polls a room from the join on until this text comes.
  /// @return the numbers of the messages up to it.
  static std::vector<std::uint64_t> ReadUpTo(const std::string& text, const ChannelCaller& member,
                                             const std::string& key) {
    std::vector<std::uint64_t> seqs;
    std::uint64_t next = 0;
    EXPECT_TRUE(Eventually([&] {
      const json reply = member.PollRoom(key, next)->Json();
      EXPECT_EQ(ErrorCodeOf(reply), 0) << reply;
      next = reply.value("NextSeq", next);
      bool is_there = false;
      for (const json& entry : reply.value("RspMsgList", json::array())) {
        if (entry.at("Event") != 3) continue;
        seqs.push_back(entry.at("MsgSeq"));
        is_there = is_there || TextIn(entry) == text;
      }
      return is_there;
    })) << text;
    return seqs;
  }
  static std::string InGroups(const char* command) { return std::string(kGroups) + command; }

  ChannelServer server_;
};

TEST_F(ChannelRaces, OfManyLoginsOfOneAccountOneSurvives) {
  constexpr int kCallers = 24;
  std::vector<std::unique_ptr<ChannelCaller>> callers(kCallers);
  std::vector<std::unique_ptr<HeldPoll>> polls(kCallers);
  InParallel(kCallers, [&](int i) {
    const auto at = static_cast<std::size_t>(i);
    callers[at] = std::make_unique<ChannelCaller>(server_.connect(), "alice");
    EXPECT_EQ(ErrorCodeOf(callers[at]->LogIn().json), 0);
    polls[at] = callers[at]->PollAccount();
  });
  const auto answered = [&] {
    return std::ranges::count_if(polls, [](const auto& poll) { return poll->is_answered(); });
  };
  ASSERT_TRUE(Eventually([&] { return answered() == kCallers - 1; })) << answered();
  ChannelCaller* survivor = nullptr;
  for (std::size_t i = 0; i < callers.size(); ++i) {
    const int code = callers[i]->CodeOf("v4/openim/authkey");
    if (!polls[i]->is_answered()) {
      EXPECT_EQ(code, 0);
      survivor = callers[i].get();
      continue;
    }
    EXPECT_EQ(ErrorCodeOf(polls[i]->Json()), kOtherLogin);
    EXPECT_EQ(code, kOtherLogin);
  }
  ASSERT_NE(survivor, nullptr);
  ASSERT_EQ(survivor->SendDirect("alice", R"({"to":"me"})"), 0);
  ASSERT_TRUE(Eventually([&] { return answered() == kCallers; }));
}

TEST_F(ChannelRaces, AJoinAndAQuitOfTheRoomBeforeEndInTheNewRoom) {
  constexpr int kRounds = 20;
  ASSERT_EQ(CreateRoom("r0"), kOk);
  ASSERT_EQ(CreateRoom("r1"), kOk);
  ChannelCaller phone = server_.Caller("alice");
  ChannelCaller beside(server_.connect(), "alice", phone.proof());
  ASSERT_NE(phone.Join("r0"), "");
  for (int round = 0; round < kRounds; ++round) {
    const std::string from = fmt::format("r{}", round % 2);
    const std::string to = fmt::format("r{}", (round + 1) % 2);
    std::string key;
    InParallel(2, [&](int which) {
      if (which == 0) {
        EXPECT_EQ(beside.Quit(from), 0);
      } else {
        key = phone.Join(to);
      }
    });
    ASSERT_NE(key, "");
    const std::string text = fmt::format("round {}", round);
    ASSERT_EQ(phone.SendText(to, text), 0) << text;
    EXPECT_THAT(ReadUpTo(text, phone, key), SizeIs(1));
    EXPECT_THAT(MembersFor(phone, to), ElementsAre("alice"));
  }
}

TEST_F(ChannelRaces, MembersThatComeAndGoMissNothingWhileTheyAreThere) {
  constexpr int kMembers = 8;
  constexpr int kRounds = 15;
  ASSERT_EQ(CreateRoom("r1"), kOk);
  const auto listener = server_.Phone("listener");
  ASSERT_EQ(listener->Join("r1"), 0);
  std::atomic<std::size_t> sent = 0;
  InParallel(kMembers, [&](int i) {
    ChannelCaller member = server_.Caller(fmt::format("m{}", i));
    for (int round = 0; round < kRounds; ++round) {
      const std::string key = member.Join("r1");
      const std::string text = fmt::format("m{} {}", i, round);
      ASSERT_EQ(member.SendText("r1", text), 0);
      ++sent;
      const std::vector<std::uint64_t> seqs = ReadUpTo(text, member, key);
      for (std::size_t at = 1; at < seqs.size(); ++at) EXPECT_EQ(seqs[at], seqs[0] + at);
      ASSERT_EQ(member.Quit("r1"), 0);
    }
  });
  ASSERT_TRUE(Eventually([&] { return listener->texts().size() >= sent; }));
  std::uint64_t seq = 0;
  for (const ReceivedText& text : listener->texts()) EXPECT_EQ(text.seq, ++seq);
  ChannelCaller asking = server_.Caller("asking");
  ASSERT_NE(asking.Join("r1"), "");
  EXPECT_THAT(MembersFor(asking, "r1"), testing::UnorderedElementsAre("listener", "asking"));
}

TEST_F(ChannelRaces, AJoinOfAnEndingRoomIsRefusedOrToldOfTheEnd) {
  constexpr int kCallers = 6;
  constexpr int kRounds = 25;
  std::vector<std::unique_ptr<ChannelPhone>> phones;
  for (int i = 0; i < kCallers; ++i) phones.push_back(server_.Phone(fmt::format("u{}", i)));
  for (int round = 0; round < kRounds; ++round) {
    const std::string room = fmt::format("ending{}", round);
    ASSERT_EQ(CreateRoom(room), kOk);
    std::vector<int> codes(kCallers);
    InParallel(kCallers + 1, [&](int i) {
      if (i == kCallers) {
        EXPECT_EQ(End(room), kOk);
      } else {
        const auto at = static_cast<std::size_t>(i);
        // Without a poll of the room: the phone would have one for each round.
        codes[at] = phones[at]->caller().CodeOf(fmt::format("{}apply_join_group", kGroups),
                                                {{"GroupId", room}});
      }
    });
    for (std::size_t i = 0; i < phones.size(); ++i) {
      if (codes[i] == kNoSuchGroup) continue;
      ASSERT_EQ(codes[i], 0);
      EXPECT_TRUE(Eventually([&] {
        return std::ranges::count(phones[i]->notices(), ReceivedNotice{room, kGroupEnded, ""}) > 0;
      })) << room
          << " " << phones[i]->account();
      EXPECT_EQ(phones[i]->SendText(room, "x"), kNotInGroup);
    }
  }
}

/// A room with a text, and a stranger that must not read it.
class ChannelRights : public ChannelRaces {
 protected:
  ChannelRights() : ChannelRaces("5s") {
    EXPECT_EQ(CreateRoom("r1"), kOk);
    key_ = member_.Join("r1");
    stranger_ = std::make_unique<ChannelCaller>(server_.Caller("mallory"));
  }
  /// Sends the text, while that poll waits or before it begins.
  void Speak() { ASSERT_EQ(member_.SendText("r1", kSecretText), 0); }
  void ExpectMemberToRead() {
    // A notice may come first: the account does not poll.
    EXPECT_TRUE(Eventually([&] {
      return member_.PollRoom(key_)->Reply().text.find(kSecretText) != std::string::npos;
    }));
  }
  static void ExpectNothing(HeldPoll& poll) {
    EXPECT_EQ(ErrorCodeOf(poll.Json()), 0) << poll.Reply();
    EXPECT_THAT(poll.Reply().text, Not(HasSubstr(kSecretText)));
  }
  /// No command shows the caller anything of the group.
  void ExpectNoAccess(ChannelCaller& caller) {
    for (const char* command : {"group_msg_get", "get_group_member_info"}) {
      const ApiReply reply = caller.Call(InGroups(command), {{"GroupId", "r1"}});
      EXPECT_EQ(ErrorCodeOf(reply.json), kNotInGroup) << command;
    }
    EXPECT_EQ(caller.SendText("r1", "from outside"), kNotInGroup);
    for (const char* command :
         {"v4/openim/getmsg", "v4/recentcontact/get", "v4/openim/getroammsg"}) {
      const ApiReply reply = caller.Call(command, {{"Peer_Account", "r1"}});
      EXPECT_THAT(reply.text, Not(HasSubstr(kSecretText))) << command;
    }
  }
  int Ban(const char* user) {
    return server_.Operate({"kick", "multi", "r1", user, "--ban", "1h"});
  }

  ChannelCaller member_ = server_.Caller("alice");
  std::string key_;
  std::unique_ptr<ChannelCaller> stranger_;
};

TEST_F(ChannelRights, OfABannedViewerEndAtOnce) {
  const std::string key = stranger_->Join("r1");
  const auto before = stranger_->PollRoom(key);
  ASSERT_EQ(Ban("mallory"), 0);
  ASSERT_TRUE(Eventually([&] { return MembersFor(member_, "r1").size() == 1; }));
  Speak();
  ExpectNothing(*before);
  ExpectNothing(*stranger_->PollRoom(key));
  EXPECT_EQ(stranger_->CodeOf(InGroups("apply_join_group"), {{"GroupId", "r1"}}), kNotInGroup);
  ExpectNoAccess(*stranger_);
  ExpectMemberToRead();
}

TEST_F(ChannelRights, OfABannedMemberDoNotReturnWithARestart) {
  const std::string key = stranger_->Join("r1");
  ASSERT_EQ(Ban("mallory"), 0);
  server_.KillAndStart();
  const auto poll = stranger_->PollRoom(key);
  ASSERT_NE(member_.Join("r1"), "");
  Speak();
  ExpectNothing(*poll);
  ExpectNoAccess(*stranger_);
}

}  // namespace
}  // namespace rtcroom
