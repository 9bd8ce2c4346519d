// Calls without an IM service: phones with its SDK notice each other and talk through the server.
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/channel_phone.h"
#include "tests/e2e/room_calls.h"
#include "tests/support/eventually.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Settings WithChannel() {
  return {{"channel.enabled", true},     {"channel.hold", "5s"},
          {"im.sdk_app_id", 1400000001}, {"im.secret_key", "a key of the test"},
          {"auth.trust_imuserid", true}, {"room.max_pushers_multi", 8}};
}

std::vector<std::string> TextsOf(const ChannelPhone& phone) {
  std::vector<std::string> texts;
  for (const ReceivedText& received : phone.texts()) texts.push_back(received.text);
  return texts;
}

class ChannelPhonesTest : public testing::Test {
 protected:
  std::unique_ptr<ChannelPhone> Phone(const std::string& account) {
    ApiClient client = server_.Https();
    const ApiReply login = client.Call("multi_room", "get_im_login_info",
                                       {{"userIDPrefix", "pc"}, {"imuserid", account}});
    return std::make_unique<ChannelPhone>([this] { return server_.Https(); }, login.Text("userID"),
                                          login.Text("userSig"));
  }
  /// Logged in.
  std::unique_ptr<ChannelPhone> PhoneOnline(const std::string& account) {
    auto phone = Phone(account);
    EXPECT_EQ(phone->LogIn(), 0);
    return phone;
  }
  int Call(const char* endpoint, const nlohmann::json& body) {
    return api_.Call("multi_room", endpoint, body).code();
  }
  void CreateRoom(const std::string& room) {
    ASSERT_EQ(Call("create_room", CreateBody("host", room.c_str())), 0);
  }

  ServerProcess server_{{.settings = WithChannel()}};
  ApiClient api_ = server_.Https();
};

TEST_F(ChannelPhonesTest, NotifiesMembersOfPushersAndTheRoomEnd) {
  CreateRoom("r1");
  const auto host = PhoneOnline("host");
  ASSERT_EQ(host->Join("r1"), 0);
  const std::size_t before = host->notices().size();
  ASSERT_EQ(Call("add_pusher", PusherBody("r1", "guest")), 0);
  ASSERT_TRUE(Eventually([&] { return host->notices().size() > before; }));
  EXPECT_EQ(host->notices().back(),
            (ReceivedNotice{"r1", kPushersChanged, R"({"cmd":"notifyPusherChange","data":""})"}));
  ASSERT_EQ(Call("destroy_room", MemberBody("r1", "host")), 0);
  EXPECT_TRUE(Eventually([&] { return host->notices().back().type == kGroupEnded; }));
  EXPECT_EQ(host->room_failures(), 0);
}

TEST_F(ChannelPhonesTest, DeliversTextsToEachMemberOnceAndInOrder) {
  CreateRoom("r1");
  const auto one = PhoneOnline("one");
  const auto other = PhoneOnline("other");
  ASSERT_EQ(one->Join("r1"), 0);
  ASSERT_EQ(other->Join("r1"), 0);
  std::vector<std::string> sent;
  for (int i = 0; i < 30; ++i) {
    sent.push_back("text " + std::to_string(i));
    ASSERT_EQ((i % 2 == 0 ? one : other)->SendText("r1", sent.back()), 0);
  }
  ASSERT_TRUE(Eventually([&] { return one->texts().size() >= 30 && other->texts().size() >= 30; }));
  EXPECT_EQ(TextsOf(*one), sent);
  EXPECT_EQ(TextsOf(*other), sent);
  EXPECT_EQ(one->texts().back().seq, 30U);
}

TEST_F(ChannelPhonesTest, DeliversDirectMessagesToPresentAndReturningAccounts) {
  const auto one = PhoneOnline("one");
  {
    const auto other = PhoneOnline("other");
    ASSERT_EQ(one->SendDirect("other", R"({"n":1})"), 0);
    ASSERT_TRUE(Eventually([&] { return !other->directs().empty(); }));
    ASSERT_EQ(other->LogOut(), 0);
  }
  ASSERT_EQ(one->SendDirect("other", R"({"n":2})"), 0);
  const auto returned = PhoneOnline("other");
  ASSERT_TRUE(Eventually([&] { return !returned->directs().empty(); }));
  EXPECT_EQ(returned->directs().back(), R"({"n":2})");
  EXPECT_THAT(one->directs(), IsEmpty());
}

TEST_F(ChannelPhonesTest, KicksTheOlderLoginOfAnAccount) {
  const auto first = PhoneOnline("one");
  const auto second = PhoneOnline("one");
  EXPECT_TRUE(Eventually([&] { return first->is_kicked(); }));
  EXPECT_FALSE(second->is_kicked());
}

TEST_F(ChannelPhonesTest, RefusesGroupsWithoutARoomAndTextsFromOutside) {
  CreateRoom("r1");
  const auto phone = PhoneOnline("one");
  EXPECT_EQ(phone->Join("absent"), kNoSuchGroup);
  EXPECT_EQ(phone->SendText("r1", "from outside"), kNotInGroup);
}

TEST_F(ChannelPhonesTest, KeepsAcknowledgedTextsOverAKill) {
  CreateRoom("r1");
  const auto one = PhoneOnline("one");
  const auto other = PhoneOnline("other");
  ASSERT_EQ(one->Join("r1"), 0);
  ASSERT_EQ(other->Join("r1"), 0);
  ASSERT_EQ(one->SendText("r1", "before"), 0);
  ASSERT_TRUE(Eventually([&] { return other->texts().size() == 1; }));
  ASSERT_EQ(one->SendText("r1", "at the kill"), 0);
  server_.Kill9();
  server_.Start();
  ASSERT_TRUE(Eventually([&] { return one->SendText("r1", "after") == 0; }));
  ASSERT_TRUE(Eventually([&] { return TextsOf(*other).back() == "after"; }));
  std::vector<std::uint64_t> seqs;
  for (const ReceivedText& received : other->texts()) {
    if (seqs.empty() || received.seq > seqs.back()) seqs.push_back(received.seq);
  }
  EXPECT_THAT(seqs, ElementsAre(1, 2, 3));
}

TEST_F(ChannelPhonesTest, AnswersPollsBeforeAPlannedRestart) {
  CreateRoom("r1");
  const auto one = PhoneOnline("one");
  ASSERT_EQ(one->Join("r1"), 0);
  server_.HandOver();
  ASSERT_TRUE(Eventually([&] { return one->SendText("r1", "after") == 0; }));
  ASSERT_TRUE(Eventually([&] { return !one->texts().empty(); }));
  EXPECT_EQ(one->room_failures(), 0);
}

}  // namespace
}  // namespace rtcroom
