// Phones with the SDK of the IM service, which log in with the tickets that the room API gives out.
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/channel_phone.h"
#include "tests/support/eventually.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

using testing::IsEmpty;

Settings WithChannel() {
  return {{"channel.enabled", true},
          {"channel.hold", "5s"},
          {"im.sdk_app_id", 1400000001},
          {"im.secret_key", "a key of the test"},
          {"auth.trust_imuserid", true}};
}

class ChannelPhonesTest : public testing::Test {
 protected:
  /// Logged in.
  std::unique_ptr<ChannelPhone> PhoneOnline(const std::string& account) {
    ApiClient client = server_.Https();
    const ApiReply login = client.Call("multi_room", "get_im_login_info",
                                       {{"userIDPrefix", "pc"}, {"imuserid", account}});
    auto phone = std::make_unique<ChannelPhone>(
        [this] { return server_.Https(); },
        ChannelUser{.account = login.Text("userID"), .ticket = login.Text("userSig")});
    EXPECT_EQ(phone->LogIn(), 0);
    return phone;
  }

  ServerProcess server_{{.settings = WithChannel()}};
};

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

}  // namespace
}  // namespace rtcroom
