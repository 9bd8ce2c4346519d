// New clients of the message channel that do things at once: logins of one account, subscriptions
// that cross with changes and with the end of their room, repeated messages; and bans.
#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/channel_page.h"
#include "tests/e2e/channel_server.h"
#include "tests/e2e/room_calls.h"
#include "tests/e2e/room_follower.h"
#include "tests/e2e/web_socket_client.h"
#include "tests/support/eventually.h"
#include "tests/support/in_parallel.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

class ChannelSocketRaces : public testing::Test {
 protected:
  [[nodiscard]] ApiReply Call(const char* endpoint, const json& body) {
    return server_.process().Https().Call("multi_room", endpoint, body);
  }
  int CreateRoom(const std::string& room) {
    return Call("create_room", CreateBody("host", room)).code();
  }
  int End(const std::string& room) { return Call("destroy_room", MemberBody(room, "host")).code(); }
  [[nodiscard]] std::unique_ptr<WebSocketClient> Connected(const std::string& user) const {
    auto client = std::make_unique<WebSocketClient>(server_.process());
    EXPECT_EQ(client->Ask("connect", TicketLogin(user))["userID"], user);
    return client;
  }
  /// One poll of that room.
  json PollOf(const std::string& user, const std::string& room, const std::string& cursor = {},
              const json& requests = json::array()) {
    ApiClient api = server_.process().Https();
    return PollChannel(api, {{"connect", TicketLogin(user)},
                             {"wait", 5},
                             {"requests", requests},
                             {"cursors", json::array({PolledRoomOf(RoomOf(room), cursor)})}});
  }

  ChannelServer server_{"25s"};
};

TEST_F(ChannelSocketRaces, OfManyLoginsOnSocketsAndPollsOneSurvives) {
  constexpr int kCallers = 24;
  std::vector<std::unique_ptr<WebSocketClient>> sockets(kCallers);
  std::vector<std::unique_ptr<ChannelCaller>> callers(kCallers);
  std::vector<std::unique_ptr<HeldPoll>> polls(kCallers);
  std::array<std::atomic<int>, kCallers> codes{};
  InParallel(kCallers, [&](int i) {
    const auto at = static_cast<std::size_t>(i);
    if (i % 2 == 0) {
      sockets[at] = std::make_unique<WebSocketClient>(server_.process());
      const json reply = sockets[at]->Ask("connect", TicketLogin("alice"));
      EXPECT_FALSE(reply.contains("error")) << reply;
      EXPECT_EQ(reply.value("closed", 4001), 4001);
    } else {
      callers[at] = std::make_unique<ChannelCaller>(server_.connect(), "alice");
      EXPECT_EQ(ErrorCodeOf(callers[at]->LogIn().json), 0);
      polls[at] = callers[at]->PollAccount();
    }
  });
  std::vector<std::jthread> readers;
  for (std::size_t i = 0; i < sockets.size(); ++i) {
    if (sockets[i]) {
      readers.emplace_back([&, i] { codes.at(i) = sockets[i]->ReceiveClose(); });
    }
  }
  const auto ended = [&] {
    return std::ranges::count_if(codes, [](const auto& code) { return code != 0; }) +
           std::ranges::count_if(polls,
                                 [](const auto& poll) { return poll && poll->is_answered(); });
  };
  EXPECT_TRUE(Eventually([&] { return ended() >= kCallers - 1; })) << ended();
  EXPECT_TRUE(
      Eventually([&] { return MetricOf(server_.process(), "rtcroomd_channel_sockets") <= 1; }));
  EXPECT_EQ(ended(), kCallers - 1);
  ChannelCaller last = server_.Caller("alice");
  ASSERT_TRUE(Eventually([&] { return ended() == kCallers; })) << ended();
  readers.clear();
  for (std::size_t i = 0; i < sockets.size(); ++i) {
    if (!sockets[i]) {
      EXPECT_EQ(ErrorCodeOf(polls[i]->Json()), kOtherLogin);
      EXPECT_EQ(callers[i]->CodeOf("v4/openim/authkey"), kOtherLogin);
      continue;
    }
    EXPECT_EQ(codes.at(i), 4001);
    EXPECT_EQ(sockets[i]->NextPush()["kicked"]["reason"], "other_login");
  }
  EXPECT_EQ(last.CodeOf("v4/openim/authkey"), 0);
}

TEST_F(ChannelSocketRaces, SubscriptionsThatComeAndGoMissAndRepeatNothing) {
  constexpr int kReaders = 4;
  constexpr int kWriters = 2;
  constexpr int kRounds = 25;
  ASSERT_EQ(CreateRoom("r1"), kOk);
  std::vector<std::unique_ptr<RoomFollower>> readers;
  for (int i = 0; i < kReaders; ++i) {
    readers.push_back(std::make_unique<RoomFollower>(
        server_.process(), TicketLogin(fmt::format("reader{}", i)), RoomOf("r1")));
    ASSERT_TRUE(readers.back()->Resume());
  }
  std::atomic<bool> is_over = false;
  std::vector<std::string> changes;
  std::atomic<std::size_t> sent = 0;
  {
    std::vector<std::jthread> writers;
    for (int i = 0; i < kWriters; ++i) {
      writers.emplace_back([&, name = fmt::format("writer{}", i)] {
        ChannelCaller writer = server_.Caller(name);
        ASSERT_NE(writer.Join("r1"), "");
        for (int text = 0; !is_over; ++text) {
          ASSERT_EQ(writer.SendText("r1", fmt::format("{} {}", name, text)), 0);
          ++sent;
        }
      });
    }
    writers.emplace_back([&] {
      while (!is_over) {
        ASSERT_EQ(Call("add_pusher", PusherBody("r1", "guest")).code(), kOk);
        ASSERT_EQ(Call("delete_pusher", MemberBody("r1", "guest")).code(), kOk);
        changes.insert(changes.end(), {"pusher_added guest", "pusher_deleted guest left"});
      }
    });
    InParallel(kReaders, [&](int i) {
      RoomFollower& reader = *readers[static_cast<std::size_t>(i)];
      for (int round = 0; round < kRounds && !HasFailure(); ++round) {
        EXPECT_TRUE(reader.ReadUpTo(reader.seen().size() + 1 + static_cast<std::size_t>(i)));
        reader.Unsubscribe();
        // A room that changes too fast is refused for now; too many requests end the connection.
        EXPECT_TRUE(reader.Subscribe() || reader.Resume());
      }
    });
    is_over = true;
  }
  const json newest = PollOf("asking", "r1")["rooms"][0];
  for (const auto& reader : readers) {
    while (json(reader->cursor()) != newest["cursor"] &&
           reader->ReadUpTo(reader->seen().size() + 1)) {
    }
    EXPECT_EQ(ChangesIn(reader->seen()), changes);
    const std::vector<std::string> messages = MessagesIn(reader->seen());
    EXPECT_THAT(messages, SizeIs(sent.load()));
    EXPECT_EQ(messages, MessagesIn(readers.front()->seen()));
    for (std::size_t i = 0; i < messages.size(); ++i) {
      EXPECT_THAT(messages[i], testing::StartsWith(fmt::format("message {} ", i + 1)));
    }
  }
}

TEST_F(ChannelSocketRaces, ASubscriptionToAnEndingRoomIsRefusedOrSaysSo) {
  constexpr int kSockets = 6;
  constexpr int kPollers = 2;
  constexpr int kRounds = 20;
  std::vector<std::unique_ptr<WebSocketClient>> sockets;
  for (int i = 0; i < kSockets; ++i) sockets.push_back(Connected(fmt::format("u{}", i)));
  for (int round = 0; round < kRounds; ++round) {
    const std::string room = fmt::format("ending{}", round);
    ASSERT_EQ(CreateRoom(room), kOk);
    InParallel(kSockets + kPollers + 1, [&](int i) {
      if (i == kSockets + kPollers) {
        EXPECT_EQ(End(room), kOk);
      } else if (i >= kSockets) {
        std::string cursor;
        EXPECT_TRUE(Eventually([&] {
          const json polled = PollOf(fmt::format("poller{}", i), room, cursor)["rooms"][0];
          cursor = polled.value("cursor", "");
          for (const json& event : polled.value("events", json::array())) {
            if (event.contains("room_destroyed")) return true;
          }
          return RefusalOf(polled) == kNoSuchGroup;
        })) << room;
      } else {
        WebSocketClient& socket = *sockets[static_cast<std::size_t>(i)];
        const json reply = socket.Ask("subscribe", RoomOf(room));
        if (reply.contains("error")) {
          EXPECT_EQ(RefusalOf(reply), kNoSuchGroup) << reply;
          return;
        }
        json event;
        while (!event.contains("room_destroyed")) {
          event = socket.NextPush()["event"];
          ASSERT_EQ(event["roomID"], room) << event;
        }
      }
    });
  }
  for (const auto& socket : sockets) {
    EXPECT_EQ(RefusalOf(socket->Ask("subscribe", RoomOf("ending0"))), kNoSuchGroup);
    EXPECT_EQ(RefusalOf(socket->Ask("members", RoomOf("ending0"))), kNoSuchGroup);
    EXPECT_FALSE(socket->has_push());
  }
}

TEST_F(ChannelSocketRaces, AKeyThatIsSentAtOnceOnManyConnectionsIsOneMessage) {
  constexpr int kCallers = 8;
  constexpr int kRounds = 15;
  ASSERT_EQ(CreateRoom("r1"), kOk);
  for (int round = 0; round < kRounds; ++round) {
    json send = RoomOf("r1");
    send.update({{"type", "text"}, {"body", "hello"}, {"key", fmt::format("key {}", round)}});
    const json requests = json::array({{{"id", 1}, {"send", send}}});
    std::vector<json> replies(kCallers);
    InParallel(kCallers, [&](int i) {
      replies[static_cast<std::size_t>(i)] = PollOf("alice", "r1", {}, requests)["replies"][0];
    });
    for (const json& reply : replies) EXPECT_EQ(reply["send"]["seq"], round + 1) << reply;
  }
}

/// A room with a viewer that is banned from it.
class ChannelSocketBans : public ChannelSocketRaces {
 protected:
  ChannelSocketBans() {
    EXPECT_EQ(CreateRoom("r1"), kOk);
    EXPECT_NE(speaker_.Join("r1"), "");
  }
  int Ban() { return server_.Operate({"kick", "multi", "r1", "mallory", "--ban", "1h"}); }
  int Speak(const std::string& text) { return speaker_.SendText("r1", text); }

  ChannelCaller speaker_ = server_.Caller("speaker");
};

TEST_F(ChannelSocketBans, RefuseAllThatReadsTheRoom) {
  ASSERT_EQ(Speak("for members"), 0);
  const std::string cursor = PollOf("mallory", "r1")["rooms"][0]["cursor"];
  const auto mallory = Connected("mallory");
  ASSERT_EQ(RefusalOf(mallory->Ask("subscribe", RoomOf("r1"))), 0);
  ASSERT_EQ(Ban(), 0);
  ASSERT_EQ(mallory->NextPush()["kicked"]["reason"], "banned");
  json send = RoomOf("r1");
  send.update({{"type", "text"}, {"body", "hello"}});
  const std::pair<const char*, json> requests[] = {
      {"subscribe", RoomOf("r1")}, {"subscribe", PolledRoomOf(RoomOf("r1"), cursor)},
      {"history", RoomOf("r1")},   {"members", RoomOf("r1")},
      {"presence", RoomOf("r1")},  {"send", send}};
  json polled = json::array();
  for (const auto& [verb, body] : requests) {
    const json reply = mallory->Ask(verb, body);
    EXPECT_EQ(RefusalOf(reply), kNotInGroup) << verb << ": " << reply;
    if (std::string(verb) != "subscribe") polled.push_back({{"id", polled.size()}, {verb, body}});
  }
  EXPECT_THAT(mallory->Ask("conversations")["conversations"], IsEmpty());
  const json reply = PollOf("mallory", "r1", cursor, polled);
  EXPECT_EQ(RefusalOf(reply["rooms"][0]), kNotInGroup) << reply;
  EXPECT_THAT(reply["replies"], SizeIs(polled.size()));
  for (const json& answer : reply["replies"]) EXPECT_EQ(RefusalOf(answer), kNotInGroup) << answer;
  EXPECT_THAT(reply.dump(), Not(HasSubstr("for members")));
}

}  // namespace
}  // namespace rtcroom
