// Interruptions of new clients: cut connections, kills and hand-overs. With its cursor each gets
// exactly what it has missed, on a socket as by polls.
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <filesystem>
#include <iterator>
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
#include "tests/support/eventually.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using testing::ElementsAre;

class ChannelResumes : public testing::Test {
 protected:
  ChannelResumes() {
    EXPECT_EQ(api_.Call("multi_room", "create_room", CreateBody("host", "r1")).code(), kOk);
    EXPECT_NE(speaker_.Join("r1"), "");
  }

  std::unique_ptr<RoomFollower> Follower(const std::string& user) {
    return std::make_unique<RoomFollower>(server_.process(), TicketLogin(user), RoomOf("r1"));
  }
  void Enter(const std::string& user) {
    ASSERT_EQ(api_.Call("multi_room", "add_pusher", PusherBody("r1", user)).code(), kOk);
  }
  void Leave(const std::string& user) {
    ASSERT_EQ(api_.Call("multi_room", "delete_pusher", MemberBody("r1", user)).code(), kOk);
  }
  void Speak(const std::string& text) { ASSERT_EQ(speaker_.SendText("r1", text), 0) << text; }
  json PollOf(const std::string& user, const std::string& cursor) {
    return PollChannel(
        api_, {{"connect", TicketLogin(user)},
               {"cursors", json::array({PolledRoomOf(RoomOf("r1"), cursor)})}})["rooms"][0];
  }

  ChannelServer server_{"5s"};
  ApiClient api_ = server_.process().Https();
  ChannelCaller speaker_ = server_.Caller("speaker");
};

TEST_F(ChannelResumes, ACutSocketGetsExactlyWhatItMissed) {
  constexpr int kCuts = 5;
  const auto alice = Follower("alice");
  const auto present = Follower("bob");
  ASSERT_TRUE(alice->Resume());
  ASSERT_TRUE(present->Resume());
  for (int cut = 0; cut < kCuts; ++cut) {
    SCOPED_TRACE(cut);
    const std::size_t seen = alice->seen().size();
    const std::string cursor = alice->cursor();
    alice->Cut();
    Enter("guest");
    Speak("missed");
    Leave("guest");
    Speak("missed, too");
    // A poll with the same cursor is no login, and takes nothing away from the socket.
    const json polled = PollOf("alice", cursor);
    EXPECT_EQ(polled["recovered"], true) << polled;
    ASSERT_TRUE(alice->Resume());
    EXPECT_EQ(alice->reply()["events"], polled["events"]);
    EXPECT_EQ(json(alice->cursor()), polled["cursor"]);
    const std::vector<std::string> missed(alice->seen().begin() + static_cast<std::ptrdiff_t>(seen),
                                          alice->seen().end());
    EXPECT_THAT(ChangesIn(missed), ElementsAre("pusher_added guest", "pusher_deleted guest left"));
    EXPECT_THAT(MessagesIn(missed),
                ElementsAre(fmt::format("message {} speaker text missed", 3 * cut + 1),
                            fmt::format("message {} speaker text missed, too", 3 * cut + 2)));
    Speak("not missed");
    EXPECT_TRUE(alice->ReadUpTo(seen + 5));
  }
  EXPECT_TRUE(present->ReadUpTo(alice->seen().size()));
  EXPECT_EQ(ChangesIn(alice->seen()), ChangesIn(present->seen()));
  EXPECT_EQ(MessagesIn(alice->seen()), MessagesIn(present->seen()));
}

/// A new client that polls.
class Poller {
 public:
  Poller(ApiClient api, const std::string& user)
      : api_(std::move(api)), login_(TicketLogin(user)) {}

  /// Polls once, and records what comes. A reply that is lost is asked for again.
  void Poll() {
    const json reply =
        PollChannel(api_, {{"connect", login_},
                           {"wait", 1},
                           {"cursors", json::array({PolledRoomOf(RoomOf("r1"), cursor_)})}});
    if (!reply.is_object() || !reply.contains("rooms")) return;  // the server restarts
    const json& room = reply["rooms"][0];
    if (!room.contains("cursor")) return;  // busy
    EXPECT_EQ(room["recovered"], !cursor_.empty()) << room;
    for (const json& event : room.value("events", json::array())) seen_.push_back(SummaryOf(event));
    cursor_ = room["cursor"];
  }
  [[nodiscard]] const std::string& cursor() const { return cursor_; }
  [[nodiscard]] const std::vector<std::string>& seen() const { return seen_; }

 private:
  ApiClient api_;
  const json login_;
  std::string cursor_;
  std::vector<std::string> seen_;
};

/// The bodies of messages.
std::vector<std::string> BodiesOf(const std::vector<std::string>& messages) {
  std::vector<std::string> bodies;
  for (const std::string& message : messages) {
    bodies.push_back(message.substr(message.find(" text ") + 6));
  }
  return bodies;
}

/// Old and new clients write while the server is killed and replaced; sockets and polls read.
class ChannelResumesOverRestarts : public ChannelResumes {
 protected:
  /// The acknowledged texts and changes of one writer, in order.
  struct Written {
    std::vector<std::string> texts{};
    std::vector<std::string> changes{};
  };

  [[nodiscard]] ApiClient NewApi() const { return {port_, certificate_}; }
  static bool IsDone(int code, bool is_repeated) {
    return code == kOk || (is_repeated && code == kNoSuchMember);
  }
  /// Repeats the call until it is answered.
  void Call(const char* endpoint, const json& body) {
    bool is_repeated = false;
    EXPECT_TRUE(Eventually([&] {
      const int code = NewApi().Call("multi_room", endpoint, body).code();
      const bool is_done = IsDone(code, is_repeated);
      is_repeated = true;
      return is_done;
    })) << endpoint
        << " " << body;
  }

  void WriteChanges(Written& written) {
    for (int i = 0; !is_over_; ++i) {
      const std::string guest = fmt::format("guest{}", i);
      Call("add_pusher", PusherBody("r1", guest));
      written.changes.push_back("pusher_added " + guest);
      Call("delete_pusher", MemberBody("r1", guest));
      written.changes.push_back(fmt::format("pusher_deleted {} left", guest));
      ++progress_;
    }
  }
  /// As an old client.
  void WriteOldTexts(Written& written) {
    for (int i = 0; !is_over_; ++i) {
      const std::string text = fmt::format("old {}", i);
      EXPECT_TRUE(Eventually([&] { return speaker_.SendText("r1", text) == 0 || Rejoins(); }));
      written.texts.push_back(text);
      ++progress_;
    }
  }
  /// After a restart the membership of an old client may have to be renewed. Never true.
  bool Rejoins() {
    (void)speaker_.Join("r1");
    return false;
  }
  /// As a new client, on a socket.
  void WriteNewTexts(RoomFollower& writer, Written& written) {
    for (int i = 0; !is_over_; ++i) {
      const std::string text = fmt::format("new {}", i);
      EXPECT_TRUE(Eventually([&] {
        const int code = writer.SendText(text, text);
        if (code == -1) (void)writer.Resume();
        return code == 0;
      })) << text;
      written.texts.push_back(text);
      // At most 20 requests a second; its own texts come back as events.
      EXPECT_TRUE(writer.ReadUpTo(writer.seen().size() + 1));
      ++progress_;
    }
  }

  const int port_ = server_.process().PortOf("https");
  const std::filesystem::path certificate_ = server_.process().certificate();
  std::atomic<bool> is_over_{false};
  std::atomic<int> progress_{0};
};

TEST_F(ChannelResumesOverRestarts, NothingIsLostOrRepeated) {
  constexpr int kReaders = 3;
  std::vector<std::unique_ptr<RoomFollower>> readers;
  for (int i = 0; i <= kReaders; ++i) {
    readers.push_back(Follower(fmt::format("reader{}", i)));
    ASSERT_TRUE(readers.back()->Resume());
  }
  RoomFollower& writer = *readers.back();
  Poller poller(NewApi(), "poller");
  poller.Poll();
  ASSERT_EQ(poller.cursor(), readers.front()->cursor());
  std::vector<Written> written(3);
  {
    std::vector<std::jthread> reading;
    for (int i = 0; i < kReaders; ++i) {
      reading.emplace_back([&, &reader = *readers[static_cast<std::size_t>(i)]] {
        while (!is_over_) EXPECT_TRUE(reader.ReadUpTo(reader.seen().size() + 1));
      });
    }
    reading.emplace_back([&] {
      while (!is_over_) poller.Poll();
    });
    std::vector<std::jthread> writing;
    writing.emplace_back([&] { WriteChanges(written[0]); });
    writing.emplace_back([&] { WriteOldTexts(written[1]); });
    writing.emplace_back([&] { WriteNewTexts(writer, written[2]); });
    for (const bool is_kill : {true, false, true, false}) {
      const int before = progress_;
      EXPECT_TRUE(Eventually([&] { return progress_ > before + 10; }));
      is_kill ? server_.KillAndStart() : server_.process().HandOver();
    }
    const int before = progress_;
    EXPECT_TRUE(Eventually([&] { return progress_ > before + 10; }));
    is_over_ = true;
    writing.clear();
    Call("add_pusher", PusherBody("r1", "last"));  // wakes those that still read
  }
  written[0].changes.emplace_back("pusher_added last");

  // Up to the end of what is stored.
  api_ = NewApi();
  const std::string newest = PollOf("asking", {})["cursor"];
  ASSERT_NE(newest, "");
  for (const auto& reader : readers) {
    EXPECT_TRUE(reader->Resume());
    EXPECT_EQ(reader->cursor(), newest) << reader->user();
  }
  EXPECT_TRUE(Eventually([&] {
    poller.Poll();
    return poller.cursor() == newest;
  }));

  const std::vector<std::string> changes = ChangesIn(poller.seen());
  const std::vector<std::string> messages = MessagesIn(poller.seen());
  for (const auto& reader : readers) {
    EXPECT_EQ(ChangesIn(reader->seen()), changes) << reader->user();
    EXPECT_EQ(MessagesIn(reader->seen()), messages) << reader->user();
  }
  for (std::size_t i = 0; i < messages.size(); ++i) {
    EXPECT_THAT(messages[i], testing::StartsWith(fmt::format("message {} ", i + 1)));
  }
  // A change that was made and not answered is not made again.
  EXPECT_THAT(changes, testing::IsSupersetOf(written[0].changes));
  const std::vector<std::string> bodies = BodiesOf(messages);
  for (const Written& by_one : {written[1], written[2]}) {
    std::vector<std::string> of_one;
    const std::string prefix = by_one.texts.front().substr(0, 3);
    std::ranges::copy_if(bodies, std::back_inserter(of_one),
                         [&](const std::string& body) { return body.starts_with(prefix); });
    // The old client gives a repetition a number of its own, so that a text whose acknowledgement
    // was lost may be there twice. The new one repeats its key.
    if (prefix == "old") of_one.erase(std::ranges::unique(of_one).begin(), of_one.end());
    EXPECT_EQ(of_one, by_one.texts);
  }
}

}  // namespace
}  // namespace rtcroom
