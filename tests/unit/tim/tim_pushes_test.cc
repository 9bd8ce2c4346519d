// What is pushed to a login of today's IM SDKs, without its connection.
#include "handlers/tim/tim_pushes.h"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/forwarded_messages.h"
#include "tests/support/matchers.h"
#include "tests/support/tim_world.h"

namespace rtcroom::tim {
namespace {

using testing::IsEmpty;

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

TEST(LoginPushes, LeaveAStoredGroupWhoseBanComesWhileTheyEnterIt) {
  TimWorld world;
  ChannelFixture& server = world.server;
  server.MakeRoom(kMeeting.kind, kMeeting.id.value);
  world.Join(kMeeting, "alice");
  WatchedMessages messages(server.store.messages(), [&] {
    (void)server.bans.Put(
        {.room = kMeeting, .user_id = {"alice"}, .until = kNoon + std::chrono::hours(1)});
  });
  const SocketDeps deps{.socket = server.socket_deps(),
                        .commands = {.channel = server.channel,
                                     .receivers = server.receivers,
                                     .history = messages,
                                     .accounts = server.store.accounts(),
                                     .places = server.places,
                                     .created = server.created,
                                     .clock = server.clock},
                        .verifier = *server.verifier};
  const auto pushes =
      std::make_shared<LoginPushes>(deps, std::weak_ptr<TimSocket>(), world.CallerOf("alice"));
  ASSERT_OK(pushes->Begin(/*is_resumed=*/false));
  EXPECT_THAT(pushes->Groups(), IsEmpty());
  EXPECT_EQ(server.receivers.CountIn(world.NumberOf(kMeeting)), 0U);
  pushes->End();
  server.Settle();
}

}  // namespace
}  // namespace rtcroom::tim
