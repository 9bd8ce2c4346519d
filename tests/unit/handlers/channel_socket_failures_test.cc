// The connection of a new client when memory, workers or the store run short.
#include <atomic>
#include <chrono>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/socket_client.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::SizeIs;

/// A store whose reads of pending messages fail.
class FailingPending : public MemoryStore {
 public:
  using MemoryStore::MemoryStore;
  Result<std::vector<StoredMessage>> ReadPendingMessages(const UserId& receiver, TimePoint since,
                                                         std::size_t limit) override {
    if (throws) throw std::bad_alloc();
    if (fails) return Error{Errc::kStoreBusy, "a test"};
    return MemoryStore::ReadPendingMessages(receiver, since, limit);
  }

  std::atomic<bool> fails{false};
  std::atomic<bool> throws{false};
};

TEST(FailingDirects, AreReadAgainLater) {
  RecordingListener listener;
  const auto store = std::make_shared<FailingPending>(StoreLimits(), "00000000000000aa", listener);
  ChannelFixture server({}, {}, {"*"}, store);
  const auto alice = SocketClient::LoggedIn(server, "alice");
  alice->Ask("send", {{"to", "bob"}, {"type", "text"}, {"body", "hello"}});
  store->fails = true;
  const auto bob = SocketClient::LoggedIn(server, "bob");
  EXPECT_THAT(bob->Pushes(), IsEmpty());
  store->fails = false;
  server.Tick(1s);
  server.Settle();
  EXPECT_THAT(bob->Pushes(), SizeIs(1));
}

TEST(FailingDirects, EndTheConnectionWhenMemoryIsShort) {
  RecordingListener listener;
  const auto store = std::make_shared<FailingPending>(StoreLimits(), "00000000000000aa", listener);
  ChannelFixture server({}, {}, {"*"}, store);
  store->fails = true;
  const auto bob = SocketClient::LoggedIn(server, "bob");
  store->throws = true;
  server.Tick(1s);
  server.Settle();
  EXPECT_TRUE(bob->is_released());
  EXPECT_EQ(bob->close_code(), 0);
}

TEST(FailingSocket, DoesNotAffectTheLoginThatReplacesIt) {
  ChannelFixture server;
  const auto first = SocketClient::LoggedIn(server, "alice");
  first->bytes().Fail();
  const auto second = SocketClient::LoggedIn(server, "alice");
  EXPECT_TRUE(first->is_released());
  EXPECT_EQ(second->Ask("ping"), json::object());
}

}  // namespace
}  // namespace rtcroom
