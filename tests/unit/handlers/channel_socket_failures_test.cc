// The connection of a new client when memory, workers or the store run short.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <future>
#include <memory>
#include <new>
#include <string>
#include <utility>
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

/// A server whose workers wait until the test frees them.
class BusySocket : public testing::Test {
 protected:
  BusySocket() { (void)server_.sessions.LoginTrusted({"alice"}); }
  ~BusySocket() override { Free(); }

  bool Occupy() {
    return server_.workers.TrySubmit(ThreadPool::Urgency::kNormal, [this] { freed_.wait(); });
  }
  /// And waits until all requests are answered.
  void Free() {
    if (std::exchange(is_free_, true)) return;
    free_.set_value();
    if (!is_full_) server_.Settle();
  }
  void Fill() {
    is_full_ = true;
    while (Occupy()) {
    }
  }
  static std::string Connect(std::uint64_t direct = 0) {
    return json({{"id", 1},
                 {"connect",
                  {{"userID", "alice"}, {"token", "token-of-alice"}, {"direct", direct}}}})
        .dump();
  }

  std::promise<void> free_;
  const std::shared_future<void> freed_ = free_.get_future().share();
  bool is_free_ = false;
  bool is_full_ = false;
  ChannelFixture server_;
};

TEST_F(BusySocket, IsNotClosedWhileItsConnectWaits) {
  SocketClient client(server_);
  ASSERT_TRUE(Occupy());
  client.BeginText(Connect());
  server_.Tick(11s);
  EXPECT_EQ(client.close_code(), 0);
  Free();
  EXPECT_THAT(client.Pushes(), SizeIs(1));
  server_.Tick(1s);
  EXPECT_EQ(client.close_code(), 0);
}

TEST_F(BusySocket, IsClosedWhenNoWorkerIsFreeForItsConnect) {
  SocketClient client(server_);
  Fill();
  client.BeginText(Connect());
  const auto replies = client.Pushes();
  ASSERT_THAT(replies, SizeIs(1));
  EXPECT_EQ(replies[0]["error"]["code"], 10002);
  EXPECT_EQ(client.close_code(), 1013);
  EXPECT_TRUE(client.is_released());
}

TEST_F(BusySocket, CountsTheRequestsThatWaitUntilTheyAreAnswered) {
  const auto client = SocketClient::LoggedIn(server_, "alice");
  ASSERT_TRUE(Occupy());
  const std::string text =
      json({{"id", 1}, {"members", {{"kind", std::string(10'000, 'x')}}}}).dump();
  client->BeginBytes(ClientText(text) + ClientText(text));
  EXPECT_GE(client->held(), 2 * text.size());
  Free();
  EXPECT_THAT(client->Pushes(), SizeIs(2));
  EXPECT_EQ(client->held(), 0U);
}

TEST_F(BusySocket, DoesNotLogInOnceItHasEnded) {
  const auto bob = SocketClient::LoggedIn(server_, "bob");
  bob->Ask("send", {{"to", "alice"}, {"type", "text"}, {"body", "hello"}});
  const auto current = SocketClient::LoggedIn(server_, "alice");
  SocketClient cut(server_);
  SocketClient drained(server_);
  ASSERT_TRUE(Occupy());
  cut.BeginText(Connect(1));
  drained.BeginText(Connect(1));
  cut.Cut();
  drained.Drain();
  Free();
  EXPECT_EQ(current->Ask("ping"), json::object());
  EXPECT_EQ(current->close_code(), 0);
  server_.Tick(100ms);  // which settles
  EXPECT_THAT(*server_.channel.PendingMessages({"alice"}), SizeIs(1));
}

}  // namespace
}  // namespace rtcroom
