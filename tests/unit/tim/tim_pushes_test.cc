// What is pushed to a login of today's IM SDKs, without its connection.
#include "handlers/tim/tim_pushes.h"

#include <chrono>
#include <functional>
#include <memory>
#include <utility>
#include <variant>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/forwarded_messages.h"
#include "tests/support/matchers.h"
#include "tests/support/recording_groups.h"
#include "tests/support/tim_world.h"

namespace rtcroom::tim {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

/// Calls a function whenever the newest message of a room is asked for.
class WatchedMessages : public ForwardedMessages {
 public:
  WatchedMessages(MessageStore& messages, std::function<void()> on_read)
      : messages_(messages), on_read_(std::move(on_read)) {}

  Result<std::uint64_t> NewestRoomMessage(std::uint64_t room_number) override {
    on_read_();
    return ForwardedMessages::NewestRoomMessage(room_number);
  }

 private:
  MessageStore& target() override { return messages_; }

  MessageStore& messages_;
  const std::function<void()> on_read_;
};

/// Alice is in a group by what is stored.
class LoginPushesTest : public testing::Test {
 protected:
  LoginPushesTest() {
    server_.MakeRoom(kMeeting.kind, kMeeting.id.value);
    world_.Join(kMeeting, "alice");
  }
  Context ContextWith(MessageStore& history, AccountGroupSaver& places) {
    return {.socket = server_.socket_deps(),
            .channel = server_.channel,
            .history = history,
            .accounts = server_.store.accounts(),
            .places = places,
            .created = server_.created,
            .verifier = *server_.verifier};
  }
  std::shared_ptr<LoginPushes> PushesWith(const Context& context) {
    auto pushes = std::make_shared<LoginPushes>(context, std::weak_ptr<TimSocket>(),
                                                world_.CallerOf("alice"));
    EXPECT_OK(pushes->Begin(/*is_resumed=*/false));
    return pushes;
  }
  std::size_t CountInGroup() { return server_.receivers.CountIn(world_.NumberOf(kMeeting)); }

  TimWorld world_;
  ChannelFixture& server_ = world_.server;
};

TEST_F(LoginPushesTest, LeaveAStoredGroupWhoseBanComesWhileTheyEnterIt) {
  WatchedMessages messages(server_.store.messages(), [this] {
    (void)server_.bans.Put(
        {.room = kMeeting, .user_id = {"alice"}, .until = kNoon + std::chrono::hours(1)});
  });
  const Context context = ContextWith(messages, server_.channel.places());
  const auto pushes = PushesWith(context);
  EXPECT_THAT(pushes->Groups(), IsEmpty());
  EXPECT_EQ(CountInGroup(), 0U);
  pushes->End();
  server_.Settle();
}

TEST_F(LoginPushesTest, GoOnInAGroupWhoseQuitIsNotStored) {
  RecordingGroups accounts;
  accounts.is_busy = true;
  AccountGroupSaver places(accounts);
  const Context context = ContextWith(server_.store.messages(), places);
  const auto pushes = PushesWith(context);
  const nlohmann::ordered_json body = {{"GroupId", kMeeting.id.value}};
  ChannelFields fields(body);
  const Reply reply = QuitGroup({.caller = world_.CallerOf("alice"),
                                 .fields = fields,
                                 .address = world_.address,
                                 .pushes = pushes.get()},
                                context);
  EXPECT_EQ(std::get<Failure>(reply).code, 10002);
  EXPECT_THAT(pushes->Groups(), SizeIs(1));
  EXPECT_EQ(CountInGroup(), 1U);
  pushes->End();
}

}  // namespace
}  // namespace rtcroom::tim
