// Whole calls on the message channel, of two and of five phones, in each kind of room and in both
// dialects: every change of the members, every text and the end reach each phone, once and in
// order, also over restarts.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/call_room.h"
#include "tests/e2e/channel_server.h"
#include "tests/e2e/gen2_calls.h"
#include "tests/e2e/room_calls.h"
#include "tests/support/eventually.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using testing::Contains;
using testing::Not;

constexpr const char* kRoom = kCallRoom;
constexpr int kNoNotice = 0;

class ChannelCalls : public testing::TestWithParam<CallForm> {
 protected:
  explicit ChannelCalls(Settings settings = {}) : server_("5s", std::move(settings)) {
    for (std::size_t i = 0; i < GetParam().phones; ++i) {
      phones_.push_back(server_.Phone(NameOf(i)));
    }
  }

  /// All phones in the room, with its notices received.
  void Assemble() {
    ASSERT_EQ(room_.Create(NameOf(0)), kOk);
    Join(0);
    for (std::size_t i = 1; i < phones_.size(); ++i) {
      if (i < GetParam().pushers()) {
        std::vector<int> notices(phones_.size(), kNoNotice);
        std::fill_n(notices.begin(), i, kPushersChanged);
        ExpectNotices(notices, [&] { ASSERT_EQ(room_.Enter(NameOf(i)), kOk); });
      }
      Join(i);
    }
  }
  void Join(std::size_t phone) {
    ASSERT_EQ(phones_[phone]->Join(kRoom), 0);
    PassFence({phone});
    for (std::size_t i = 0; i <= phone && i < GetParam().pushers(); ++i) {
      EXPECT_EQ(room_.Beat(NameOf(i)), kOk);
    }
  }

  /// The same for each phone.
  [[nodiscard]] std::vector<int> Each(int notice) const {
    return std::vector<int>(phones_.size(), notice);
  }
  [[nodiscard]] std::vector<std::size_t> AllPhones() const {
    std::vector<std::size_t> phones(phones_.size());
    std::ranges::generate(phones, [next = std::size_t{0}]() mutable { return next++; });
    return phones;
  }

  /// Waits until the phones have received what was waiting for their polls.
  void PassFence(const std::vector<std::size_t>& phones) {
    const std::string fence = fmt::format(R"({{"fence":{}}})", ++fences_);
    for (const std::size_t phone : phones) {
      ASSERT_EQ(courier_.SendDirect(NameOf(phone), fence), 0);
    }
    for (const std::size_t phone : phones) {
      EXPECT_TRUE(Eventually([&] {
        const std::vector<std::string> directs = phones_[phone]->directs();
        return !directs.empty() && directs.back() == fence;
      })) << NameOf(phone);
    }
  }

  /// The change gives each phone one notice of its type, or none.
  void ExpectNotices(const std::vector<int>& types, const std::function<void()>& change) {
    std::vector<std::size_t> before;
    for (const auto& phone : phones_) before.push_back(phone->notices().size());
    change();
    for (std::size_t phone = 0; phone < phones_.size(); ++phone) {
      EXPECT_TRUE(Eventually([&] {
        return types[phone] == kNoNotice || phones_[phone]->notices().size() > before[phone];
      })) << NameOf(phone);
    }
    PassFence(AllPhones());
    for (std::size_t phone = 0; phone < phones_.size(); ++phone) {
      const std::vector<ReceivedNotice> notices = phones_[phone]->notices();
      const int type = types[phone];
      ASSERT_EQ(notices.size(), before[phone] + (type == kNoNotice ? 0 : 1)) << NameOf(phone);
      if (type == kNoNotice) continue;
      const char* const data =
          type == kPushersChanged ? R"({"cmd":"notifyPusherChange","data":""})" : "";
      EXPECT_EQ(notices.back(), (ReceivedNotice{kRoom, type, data}));
    }
  }

  /// @return once all phones have received `count` texts in all: the texts of the first one.
  std::vector<ReceivedText> TextsOfAll(std::size_t count) {
    for (const auto& phone : phones_) {
      EXPECT_TRUE(Eventually([&] { return phone->texts().size() >= count; })) << phone->account();
    }
    const std::vector<ReceivedText> texts = phones_.front()->texts();
    for (const auto& phone : phones_) EXPECT_EQ(phone->texts(), texts) << phone->account();
    return texts;
  }

  int Operate(const char* command, const std::string& user = {}) {
    std::vector<std::string> arguments = {command, GetParam().kind, kRoom};
    if (!user.empty()) arguments.push_back(user);
    return server_.Operate(std::move(arguments));
  }

  ChannelServer server_;
  CallRoom room_{server_.process(), GetParam()};
  ChannelCaller courier_ = server_.Caller("courier");
  int fences_ = 0;
  std::vector<std::unique_ptr<ChannelPhone>> phones_;
};

TEST_P(ChannelCalls, NotifyEachPhoneOfEachChangeOnce) {
  Assemble();
  const std::size_t last = GetParam().pushers() - 1;
  const std::string guest = NameOf(last);
  ExpectNotices(Each(kPushersChanged), [&] { ASSERT_EQ(room_.Leave(guest), kOk); });
  EXPECT_THAT(room_.PushersFor(NameOf(0)), Not(Contains(guest)));
  ExpectNotices(Each(kPushersChanged), [&] { ASSERT_EQ(room_.Enter(guest), kOk); });
  EXPECT_THAT(room_.PushersFor(NameOf(0)), Contains(guest));
  ExpectNotices(Each(kGroupEnded), [&] { ASSERT_EQ(room_.End(NameOf(0)), kOk); });
  EXPECT_EQ(phones_[0]->SendText(kRoom, "too late"), kNotInGroup);
  EXPECT_EQ(phones_[0]->Join(kRoom), kNoSuchGroup);
  for (const auto& phone : phones_) EXPECT_EQ(phone->room_failures(), 0) << phone->account();
}

TEST_P(ChannelCalls, NotifyEachPhoneOfWhatAnOperatorDoes) {
  Assemble();
  const std::size_t last = GetParam().pushers() - 1;
  std::vector<int> notices = Each(kPushersChanged);
  notices[last] = kGroupEnded;  // for this one
  ExpectNotices(notices, [&] { ASSERT_EQ(Operate("kick", NameOf(last)), 0); });
  EXPECT_EQ(phones_[last]->SendText(kRoom, "kicked"), kNotInGroup);
  ASSERT_EQ(phones_[last]->Join(kRoom), 0) << "without a ban it may come back";
  PassFence({last});
  ExpectNotices(Each(kGroupEnded), [&] { ASSERT_EQ(Operate("dismiss"), 0); });
}

TEST_P(ChannelCalls, GiveEachPhoneEachTextOnceInOneOrder) {
  constexpr std::size_t kTextsOfEach = 10;
  Assemble();
  {
    std::vector<std::jthread> senders;
    for (const auto& phone : phones_) {
      senders.emplace_back([&phone] {
        for (std::size_t i = 0; i < kTextsOfEach; ++i) {
          EXPECT_EQ(phone->SendText(kRoom, fmt::format("{} {}", phone->account(), i)), 0);
        }
      });
    }
  }
  const std::vector<ReceivedText> texts = TextsOfAll(kTextsOfEach * phones_.size());
  ASSERT_EQ(texts.size(), kTextsOfEach * phones_.size());
  std::map<std::string, std::size_t> next;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const std::string& from = texts[i].from;
    EXPECT_EQ(texts[i], (ReceivedText{kRoom, from, i + 1, fmt::format("{} {}", from, next[from])}));
    ++next[from];
  }
}

TEST_P(ChannelCalls, LoseNothingOverKillsAndRestarts) {
  constexpr int kRestarts = 3;
  Assemble();
  const std::string guest = NameOf(GetParam().pushers() - 1);
  std::vector<std::string> acknowledged;
  const auto send = [&](const std::string& text) {
    ChannelPhone& phone = *phones_[acknowledged.size() % phones_.size()];
    ASSERT_TRUE(Eventually([&] { return phone.SendText(kRoom, text) == 0; }));
    acknowledged.push_back(text);
  };
  for (int restart = 0; restart < kRestarts; ++restart) {
    for (const bool is_kill : {true, false}) {
      const std::string name = fmt::format("{} {}", is_kill ? "kill" : "hand-over", restart);
      SCOPED_TRACE(name);
      send("before " + name);
      std::vector<std::size_t> before;
      for (const auto& phone : phones_) before.push_back(phone->notices().size());
      ASSERT_EQ(is_kill ? room_.Leave(guest) : room_.Enter(guest), kOk);
      is_kill ? server_.KillAndStart() : server_.process().HandOver();
      for (std::size_t phone = 0; phone < phones_.size(); ++phone) {
        EXPECT_TRUE(Eventually([&] { return phones_[phone]->notices().size() > before[phone]; }))
            << NameOf(phone);
      }
      send("after " + name);
    }
  }
  // A text whose acknowledgement was lost may be there twice, with two numbers.
  std::vector<std::string> texts;
  json newest;
  ASSERT_TRUE(Eventually([&] {
    newest = phones_[0]
                 ->caller()
                 .Call(fmt::format("{}group_msg_get", kGroups),
                       {{"GroupId", kRoom}, {"ReqMsgNumber", 1}})
                 .json;
    // The members' view follows the store.
    return ErrorCodeOf(newest) == 0 && TextIn(newest.at("RspMsgList").at(0)) == acknowledged.back();
  }));
  for (const ReceivedText& text : TextsOfAll(newest.at("RspMsgList").at(0).at("MsgSeq"))) {
    EXPECT_EQ(text.seq, texts.size() + 1) << "without gaps, each once";
    texts.push_back(text.text);
  }
  texts.erase(std::ranges::unique(texts).begin(), texts.end());
  EXPECT_EQ(texts, acknowledged);
}

TEST_P(ChannelCalls, EndForEachPhoneAlsoIfTheServerIsKilledThen) {
  Assemble();
  ASSERT_EQ(room_.End(NameOf(0)), kOk);
  server_.KillAndStart();
  for (const auto& phone : phones_) {
    EXPECT_TRUE(Eventually([&] {
      const std::vector<ReceivedNotice> notices = phone->notices();
      return !notices.empty() && notices.back() == ReceivedNotice{kRoom, kGroupEnded, ""};
    })) << phone->account();
  }
}

INSTANTIATE_TEST_SUITE_P(Forms, ChannelCalls, testing::ValuesIn(AllCallForms()),
                         testing::PrintToStringParamName());

/// Phones that fall silent are evicted. The times are long enough for a busy machine: a server that
/// believes to have stalled gives everybody time again.
class ChannelEvictions : public ChannelCalls {
 protected:
  ChannelEvictions()
      : ChannelCalls({{"room.heartbeat_timeout", "10s"}, {"room.sweep_period", "1s"}}) {}
};

TEST_P(ChannelEvictions, NotifyEachPhoneOnce) {
  Assemble();
  const std::size_t silent = GetParam().pushers() - 1;
  const auto is_evicted = [&] {
    for (std::size_t i = 0; i < silent; ++i) EXPECT_EQ(room_.Beat(NameOf(i)), kOk);
    return room_.PushersFor(NameOf(0)).size() == silent;
  };
  ExpectNotices(Each(kPushersChanged),
                [&] { EXPECT_TRUE(Eventually(is_evicted, 3 * kWaitTimeout)); });
  EXPECT_EQ(phones_[silent]->SendText(kRoom, "may come back"), 0);
}

INSTANTIATE_TEST_SUITE_P(Forms, ChannelEvictions, testing::ValuesIn(kEvictionForms),
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace rtcroom
