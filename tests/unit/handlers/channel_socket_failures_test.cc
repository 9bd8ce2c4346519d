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

#include "tests/support/forwarded_messages.h"
#include "tests/support/socket_client.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::SizeIs;

/// A store whose reads of pending messages fail.
class FailingPending : public ChangedStore {
 public:
  using ChangedStore::ChangedStore;
  Result<std::vector<StoredMessage>> ReadPendingMessages(const UserId& receiver, TimePoint since,
                                                         std::size_t limit) override {
    if (throws) throw std::bad_alloc();
    if (fails) return Error{Errc::kStoreBusy, "a test"};
    return ChangedStore::ReadPendingMessages(receiver, since, limit);
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

/// A store whose reads of rooms fail.
class FailingRooms : public ChangedStore {
 public:
  using ChangedStore::ChangedStore;
  Result<Room> Load(const RoomKey& key) override {
    if (fails) return Error{Errc::kStoreBusy, "a test"};
    return ChangedStore::Load(key);
  }

  std::atomic<bool> fails{false};
};

class FailedSubscribe : public testing::Test {
 protected:
  FailedSubscribe() {
    server_.MakeRoom(RoomKind::kMulti, "room_1");
    (void)server_.sessions.LoginTrusted({"alice"});
    store_->fails = true;
  }
  static json Room(const json& more = json::object()) {
    json room = {{"kind", "multi"}, {"roomID", "room_1"}};
    room.update(more);
    return room;
  }
  static json Alice() { return {{"userID", "alice"}, {"token", "token-of-alice"}}; }
  static json Said() { return Room({{"type", "text"}, {"body", "hello"}}); }
  /// 0: it succeeds.
  int CodeOf(const std::string& verb, const json& body = json::object()) {
    const json reply = client_.Ask(verb, body);
    return reply.contains("error") ? reply["error"]["code"].get<int>() : 0;
  }

  RecordingListener listener_;
  const std::shared_ptr<FailingRooms> store_ =
      std::make_shared<FailingRooms>(StoreLimits(), "00000000000000aa", listener_);
  ChannelFixture server_{{}, {}, {"*"}, store_};
  SocketClient client_{server_};
};

TEST_F(FailedSubscribe, LetsMessagesFailLikewiseUntilItSucceeds) {
  json connect = Alice();
  connect["cursors"] = json::array({Room()});
  ASSERT_EQ(CodeOf("connect", connect), 0);
  store_->fails = false;
  EXPECT_EQ(CodeOf("send", Said()), 10002);
  EXPECT_EQ(CodeOf("conversations"), 10002);
  EXPECT_EQ(CodeOf("send", Room({{"roomID", "other"}, {"type", "text"}, {"body", "x"}})), 10007);
  EXPECT_EQ(CodeOf("subscribe", Room()), 0);
  EXPECT_EQ(CodeOf("send", Said()), 0);
  EXPECT_EQ(CodeOf("conversations"), 0);
}

TEST_F(FailedSubscribe, IsForgottenAfterAnUnsubscribeARefusalOrManyOthers) {
  ASSERT_EQ(CodeOf("connect", Alice()), 0);
  EXPECT_EQ(CodeOf("subscribe", Room()), 10002);
  EXPECT_EQ(CodeOf("send", Said()), 10002);
  EXPECT_EQ(CodeOf("unsubscribe", Room()), 0);
  EXPECT_EQ(CodeOf("send", Said()), 10007);
  EXPECT_EQ(CodeOf("subscribe", Room()), 10002);
  for (int i = 0; i < 16; ++i) {
    EXPECT_EQ(CodeOf("subscribe", Room({{"roomID", std::to_string(i)}})), 10002);
  }
  EXPECT_EQ(CodeOf("send", Said()), 10007);
  EXPECT_EQ(CodeOf("subscribe", Room()), 10002);
  store_->fails = false;
  server_.EndRoom(RoomKind::kMulti, "room_1");
  EXPECT_EQ(CodeOf("subscribe", Room()), 10010);
  EXPECT_EQ(CodeOf("send", Said()), 10007);
}

TEST_F(FailedSubscribe, LeavesAnEarlierSubscription) {
  store_->fails = false;
  ASSERT_EQ(CodeOf("connect", Alice()), 0);
  ASSERT_EQ(CodeOf("subscribe", Room()), 0);
  store_->fails = true;
  EXPECT_EQ(CodeOf("subscribe", Room()), 10002);
  store_->fails = false;
  EXPECT_EQ(CodeOf("send", Said()), 0);
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
  EXPECT_THAT(*server_.channel.history().PendingMessages({"alice"}), SizeIs(1));
}

}  // namespace
}  // namespace rtcroom
