// Whole calls on the message channel, of two and of five clients, of old ones alone and with new
// ones, in each kind of room and in both dialects: the polls of the old ones and the sockets of the
// new ones bring each change of the members, each text and the end once and in order, also over
// restarts.
#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/call_room.h"
#include "tests/e2e/channel_page.h"
#include "tests/e2e/channel_server.h"
#include "tests/e2e/room_follower.h"
#include "tests/support/eventually.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using testing::Contains;
using testing::IsEmpty;
using testing::Not;

using Phones = std::map<std::string, std::unique_ptr<ChannelPhone>>;
using Followers = std::map<std::string, std::unique_ptr<RoomFollower>>;

class ChannelCalls : public testing::TestWithParam<CallForm> {
 protected:
  explicit ChannelCalls(Settings settings = {}) : server_("5s", std::move(settings)) {
    for (std::size_t i = 0; i < GetParam().phones; ++i) {
      const std::string name = NameOf(i);
      if (!GetParam().is_mixed || (i % 2 == 1) == GetParam().is_gen2) {
        phones_[name] = server_.Phone(name);
      } else {
        followers_[name] =
            std::make_unique<RoomFollower>(server_.process(), LoginOf(name),
                                           json{{"kind", GetParam().kind}, {"roomID", kCallRoom}});
      }
    }
  }

  json LoginOf(const std::string& name) {
    if (GetParam().is_gen2) return {{"userID", name}, {"token", room_.TokenOf(name)}};
    return TicketLogin(name);
  }

  [[nodiscard]] std::string creator() const { return NameOf(0); }
  /// The last one that sends a stream.
  [[nodiscard]] std::string guest() const { return NameOf(GetParam().pushers() - 1); }

  /// All in the room, with everything received.
  void Assemble() {
    ASSERT_EQ(room_.Create(creator()), kOk);
    for (const auto& [name, follower] : followers_) ASSERT_TRUE(follower->Resume()) << name;
    for (std::size_t i = 0; i < GetParam().phones; ++i) {
      const std::string name = NameOf(i);
      if (i > 0 && i < GetParam().pushers()) {
        Expect({"pusher_added " + name}, [&] { ASSERT_EQ(room_.Enter(name), kOk); });
      }
      const auto phone = phones_.find(name);
      if (phone == phones_.end()) continue;
      ASSERT_EQ(phone->second->Join(kCallRoom), 0);
      joined_.insert(name);
      PassFence();
      for (std::size_t pusher = 0; pusher <= i && pusher < GetParam().pushers(); ++pusher) {
        EXPECT_EQ(room_.Beat(NameOf(pusher)), kOk);
      }
    }
  }

  /// The events of an end with so many senders in the room.
  static std::vector<std::string> EndOf(std::size_t pushers, const std::string& reason) {
    std::vector<std::string> events;
    for (std::size_t i = 0; i < pushers; ++i) {
      events.push_back("pusher_deleted " + NameOf(i) + " room_destroyed");
    }
    events.push_back("room_destroyed " + reason);
    return events;
  }

  /// Waits until the phones have received what was waiting for their polls.
  void PassFence() {
    const std::string fence = fmt::format(R"({{"fence":{}}})", ++fences_);
    for (const std::string& name : joined_) ASSERT_EQ(courier_.SendDirect(name, fence), 0);
    for (const std::string& name : joined_) {
      EXPECT_TRUE(Eventually([&] {
        const std::vector<std::string> directs = phones_[name]->directs();
        return !directs.empty() && directs.back() == fence;
      })) << name;
    }
  }

  /// The change gives each new client these events, and each phone in the room one notice.
  /// @param notice  its type, but for the phone `removed`, for which the room ends.
  void Expect(const std::vector<std::string>& events, const std::function<void()>& change,
              int notice = kPushersChanged, const std::string& removed = {}) {
    std::map<std::string, std::vector<ReceivedNotice>> notices;
    for (const std::string& name : joined_) notices[name] = phones_[name]->notices();
    change();
    for (const std::string& name : joined_) {
      const int type = name == removed ? kGroupEnded : notice;
      notices[name].push_back(
          {.group = kCallRoom,
           .type = type,
           .data = type == kGroupEnded ? "" : R"({"cmd":"notifyPusherChange","data":""})"});
      EXPECT_TRUE(Eventually([&] {
        return phones_[name]->notices().size() >= notices[name].size();
      })) << name;
    }
    PassFence();
    for (const std::string& name : joined_) {
      EXPECT_EQ(phones_[name]->notices(), notices[name]) << name;
    }
    events_.insert(events_.end(), events.begin(), events.end());
    ExpectEvents();
  }
  /// Each new client has received all events so far, and nothing else.
  void ExpectEvents() {
    for (const auto& [name, follower] : followers_) {
      EXPECT_TRUE(follower->ReadUpTo(events_.size())) << name;
      EXPECT_EQ(follower->seen(), events_) << name;
    }
  }

  /// @return the ErrorCode.
  int SendText(const std::string& from, const std::string& text) {
    const auto phone = phones_.find(from);
    if (phone != phones_.end()) return phone->second->SendText(kCallRoom, text);
    RoomFollower& follower = *followers_.at(from);
    return follower.SendText(text, "key of " + text);
  }
  /// All clients have received so many texts, the same ones with the numbers from 1 on, and the new
  /// ones these changes beside them.
  std::vector<ReceivedText> TextsOfAll(std::size_t count, const std::vector<std::string>& changes) {
    for (const auto& [name, phone] : phones_) {
      EXPECT_TRUE(Eventually([&] { return phone->texts().size() >= count; })) << name;
    }
    std::vector<ReceivedText> texts = phones_.begin()->second->texts();
    EXPECT_EQ(texts.size(), count);
    for (const auto& [name, phone] : phones_) EXPECT_EQ(phone->texts(), texts) << name;
    std::vector<std::string> messages;
    for (const ReceivedText& text : texts) {
      EXPECT_EQ(text.group, kCallRoom);
      EXPECT_EQ(text.seq, messages.size() + 1) << "without gaps, each once";
      messages.push_back(fmt::format("message {} {} text {}", text.seq, text.from, text.text));
    }
    for (const auto& [name, follower] : followers_) {
      EXPECT_TRUE(follower->ReadUpTo(changes.size() + count)) << name;
      EXPECT_EQ(ChangesIn(follower->seen()), changes) << name;
      EXPECT_EQ(MessagesIn(follower->seen()), messages) << name;
    }
    return texts;
  }

  int Operate(const char* command, const std::string& user = {}) {
    std::vector<std::string> arguments = {command, GetParam().kind, kCallRoom};
    if (!user.empty()) arguments.push_back(user);
    return server_.Operate(std::move(arguments));
  }

  /// Nothing came beside what was expected, and nothing that a phone takes for the end of its
  /// login.
  void ExpectNothingMore() {
    for (const auto& [name, follower] : followers_) follower->ReadWaiting();
    ExpectEvents();
    for (const auto& [name, phone] : phones_) EXPECT_EQ(phone->room_failures(), 0) << name;
  }

  ChannelServer server_;
  CallRoom room_{server_.process(), GetParam()};
  ChannelCaller courier_ = server_.Caller("courier");
  int fences_ = 0;
  Phones phones_;
  std::set<std::string> joined_;  ///< phones in the group
  Followers followers_;
  std::vector<std::string> events_;  ///< of the room, since the new clients follow it
};

TEST_P(ChannelCalls, BringEachChangeOnce) {
  Assemble();
  Expect({"pusher_deleted " + guest() + " left"}, [&] { ASSERT_EQ(room_.Leave(guest()), kOk); });
  EXPECT_THAT(room_.PushersFor(creator()), Not(Contains(guest())));
  Expect({"pusher_added " + guest()}, [&] { ASSERT_EQ(room_.Enter(guest()), kOk); });
  EXPECT_THAT(room_.PushersFor(creator()), Contains(guest()));
  Expect(
      EndOf(GetParam().pushers(), "destroyed"), [&] { ASSERT_EQ(room_.End(creator()), kOk); },
      kGroupEnded);
  ChannelPhone& phone = *phones_.begin()->second;
  EXPECT_EQ(phone.SendText(kCallRoom, "too late"), kNotInGroup);
  EXPECT_EQ(phone.Join(kCallRoom), kNoSuchGroup);
  for (const auto& [name, follower] : followers_) {
    EXPECT_NE(SendText(name, "too late"), 0) << name;
    EXPECT_TRUE(follower->has_ended()) << name;
  }
  ExpectNothingMore();
}

TEST_P(ChannelCalls, BringWhatAnOperatorDoes) {
  Assemble();
  Expect(
      {"pusher_deleted " + guest() + " kicked"}, [&] { ASSERT_EQ(Operate("kick", guest()), 0); },
      kPushersChanged, guest());
  if (joined_.contains(guest())) {
    EXPECT_EQ(SendText(guest(), "kicked"), kNotInGroup);
    ASSERT_EQ(phones_[guest()]->Join(kCallRoom), 0) << "without a ban it may come back";
    PassFence();
  }
  Expect(
      EndOf(GetParam().pushers() - 1, "dismissed"), [&] { ASSERT_EQ(Operate("dismiss"), 0); },
      kGroupEnded);
  for (const auto& [name, follower] : followers_) {
    EXPECT_THAT(follower->others(), IsEmpty()) << name;
  }
}

TEST_P(ChannelCalls, BringEachTextOnceInOneOrder) {
  constexpr std::size_t kTextsOfEach = 10;
  Assemble();
  {
    std::vector<std::jthread> senders;
    for (std::size_t member = 0; member < GetParam().phones; ++member) {
      senders.emplace_back([this, name = NameOf(member)] {
        for (std::size_t i = 0; i < kTextsOfEach; ++i) {
          EXPECT_EQ(SendText(name, fmt::format("{} {}", name, i)), 0);
        }
      });
    }
  }
  std::map<std::string, std::size_t> next;
  for (const auto& text : TextsOfAll(kTextsOfEach * GetParam().phones, events_)) {
    EXPECT_EQ(text.text, fmt::format("{} {}", text.from, next[text.from]++));
  }
}

TEST_P(ChannelCalls, LoseNothingOverKillsAndHandOvers) {
  constexpr int kRestarts = 3;
  Assemble();
  std::vector<std::string> changes = events_;
  std::vector<std::string> acknowledged;
  const auto send = [&](const std::string& text) {
    const std::string from = NameOf(acknowledged.size() % GetParam().phones);
    ASSERT_TRUE(Eventually([&] {
      const int code = SendText(from, text);
      if (code == -1 && followers_.contains(from)) (void)followers_[from]->Resume();
      return code == 0;
    }));
    acknowledged.push_back(text);
  };
  for (int restart = 0; restart < kRestarts; ++restart) {
    for (const bool is_kill : {true, false}) {
      const std::string name = fmt::format("{} {}", is_kill ? "kill" : "hand-over", restart);
      SCOPED_TRACE(name);
      send("before " + name);
      std::map<std::string, std::size_t> notices;
      for (const auto& [who, phone] : phones_) notices[who] = phone->notices().size();
      ASSERT_EQ(is_kill ? room_.Leave(guest()) : room_.Enter(guest()), kOk);
      changes.push_back(is_kill ? fmt::format("pusher_deleted {} left", guest())
                                : "pusher_added " + guest());
      is_kill ? server_.KillAndStart() : server_.process().HandOver();
      for (const auto& [who, phone] : phones_) {
        EXPECT_TRUE(Eventually([&] { return phone->notices().size() > notices[who]; })) << who;
      }
      send("after " + name);
    }
  }
  // A text whose acknowledgement was lost may be there twice, with two numbers.
  json newest;
  ASSERT_TRUE(Eventually([&] {
    newest = phones_.begin()
                 ->second->caller()
                 .Call(fmt::format("{}group_msg_get", kGroups),
                       {{"GroupId", kCallRoom}, {"ReqMsgNumber", 1}})
                 .json;
    // The members' view follows the store.
    return ErrorCodeOf(newest) == 0 && TextIn(newest.at("RspMsgList").at(0)) == acknowledged.back();
  }));
  const std::size_t count = newest.at("RspMsgList").at(0).at("MsgSeq");
  ApiClient api = server_.process().Https();
  const std::string cursor = PollChannel(
      api, {{"connect", TicketLogin("courier")},
            {"cursors", json::array({RoomOf(kCallRoom, GetParam().kind)})}})["rooms"][0]["cursor"];
  EXPECT_EQ(std::stoull(cursor.substr(cursor.rfind('-') + 1)), count);
  std::vector<std::string> texts;
  for (const ReceivedText& text : TextsOfAll(count, changes)) texts.push_back(text.text);
  texts.erase(std::ranges::unique(texts).begin(), texts.end());
  EXPECT_EQ(texts, acknowledged);
}

TEST_P(ChannelCalls, EndForEachPhoneAlsoIfTheServerIsKilledThen) {
  Assemble();
  ASSERT_EQ(room_.End(creator()), kOk);
  server_.KillAndStart();
  for (const auto& [name, phone] : phones_) {
    EXPECT_TRUE(Eventually([&] {
      const std::vector<ReceivedNotice> notices = phone->notices();
      return !notices.empty() && notices.back() == ReceivedNotice{kCallRoom, kGroupEnded, ""};
    })) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Forms, ChannelCalls, testing::ValuesIn(AllCallForms()),
                         testing::PrintToStringParamName());

/// Members that fall silent are evicted. The times are long enough for a busy machine: a server
/// that believes to have stalled gives all of them time again.
class ChannelEvictions : public ChannelCalls {
 protected:
  ChannelEvictions()
      : ChannelCalls({{"room.heartbeat_timeout", "10s"}, {"room.sweep_period", "1s"}}) {}
};

TEST_P(ChannelEvictions, AreBroughtOnce) {
  Assemble();
  const std::size_t silent = GetParam().pushers() - 1;
  const auto is_evicted = [&] {
    for (std::size_t i = 0; i < silent; ++i) EXPECT_EQ(room_.Beat(NameOf(i)), kOk);
    return room_.PushersFor(creator()).size() == silent;
  };
  Expect({"pusher_deleted " + guest() + " heartbeat_timeout"},
         [&] { EXPECT_TRUE(Eventually(is_evicted, 3 * kWaitTimeout, kSeldom)); });
  ExpectNothingMore();
  EXPECT_EQ(SendText(guest(), "may come back"), 0);
}

INSTANTIATE_TEST_SUITE_P(Forms, ChannelEvictions, testing::ValuesIn(EvictionCallForms()),
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace rtcroom
