// Long runs of random calls about messages on the store of one process, with repeated reopening and
// checking of its file: each call must match the model.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "storage/sqlite/sqlite_store.h"
#include "storage/sqlite/store_check.h"
#include "tests/fuzz/message_model.h"
#include "tests/support/cycles.h"
#include "tests/support/matchers.h"
#include "tests/support/messages.h"
#include "tests/support/recording_listener.h"
#include "tests/support/rooms.h"
#include "tests/support/temp_directory.h"

namespace rtcroom {
namespace {

class MessageFuzz : public testing::Test {
 protected:
  void SetUp() override { OpenSqlite(); }

  void OpenSqlite() {
    sqlite_.reset();
    const std::string path = (directory_.path() / "fuzz.db").string();
    auto opened = SqliteStore::Open({.path = path,
                                     .new_epoch = "00000000000000fe",
                                     .durability = Durability::kOff,
                                     .limits = kLimits,
                                     .readers = 1},
                                    listener_);
    ASSERT_OK(opened);
    sqlite_ = std::move(*opened);
    const auto report = CheckStore({.path = path});
    ASSERT_OK(report);
    ASSERT_TRUE(report->findings.empty()) << report->findings.kept().front().what;
  }

  void Run(std::uint32_t seed, int steps) {
    random_.seed(Seed(seed));
    for (int step = 0; step < steps && !HasFailure(); ++step) {
      SCOPED_TRACE(step);
      now_ += std::chrono::milliseconds(random_() % 100);
      Write();
      Read();
      if (step % 16 == 0) Trim();
      if (step % 256 == 0) OpenSqlite();
    }
  }

 private:
  static constexpr StoreLimits kLimits{.max_room_messages = 5};

  template <typename Outcome>
  static void Expect(const Outcome& expected, const Outcome& actual) {
    ASSERT_EQ(expected.ok(), actual.ok());
    if (!expected.ok()) {
      EXPECT_EQ(expected.error().code, actual.error().code);
    } else if constexpr (requires { *expected; }) {
      EXPECT_EQ(*expected, *actual);
    }
  }
  /// Calls the model and the store, and expects the same outcome.
  template <typename Call>
  void Both(Call call) {
    Expect(call(model_), call(sqlite_->messages()));
  }

  std::uint64_t Below(std::uint64_t end) { return random_() % end; }
  UserId AnyUser() { return {std::string(1, static_cast<char>('a' + Below(5)))}; }
  RoomKey AnyKey() { return MakeKey(RoomKind::kMulti, "r" + std::to_string(Below(3))); }
  /// One of the newest rooms, which may have ended, or one that does not exist.
  std::uint64_t AnyRoom() {
    return newest_room_ + 1 - Below(std::min<std::uint64_t>(newest_room_ + 2, 6));
  }
  std::uint64_t AnyPosition() { return Below(*model_.NewestMessage() + 3); }
  std::size_t AnyLimit() { return 1 + Below(12); }
  /// Mostly the present; now and then the clock was wrong.
  TimePoint AnyTime() {
    return Below(20) == 0 ? now_ - std::chrono::seconds(Below(20)) + std::chrono::seconds(10)
                          : now_;
  }

  void CreateRoom(const RoomKey& key) {
    newest_room_ = model_.CreateRoom(key.id);
    const auto created = Apply(*sqlite_, Creating(MakeRoom(key.kind, key.id.value)));
    ASSERT_OK(created);
    EXPECT_EQ(created->room.sequence, newest_room_);
  }
  void EndRoom(const RoomKey& key) {
    const auto ended = Apply(*sqlite_, Destroying(key, "creator", now_));
    Expect(model_.EndRoom(key.id, now_), ended ? Status() : Status(ended.error()));
    if (ended) EXPECT_TRUE(ended->closed);
  }

  void Write() {
    const RoomKey key = AnyKey();
    const UserId sender = AnyUser();
    MessageContent content = MakeMessage(sender.value, std::to_string(random_()), AnyTime());
    if (Below(10) == 0) content.client_random = 0;  // repeats another one, perhaps
    const RepeatsAfter repeats{.position = AnyPosition(), .sent_at = AnyTime()};
    switch (Below(10)) {
      case 0:
        CreateRoom(key);
        return;
      case 1:
        EndRoom(key);
        return;
      case 2: {
        const std::array received = {
            ReceivedMessages{.receiver = AnyUser(), .position = AnyPosition()},
            ReceivedMessages{.receiver = AnyUser(), .position = AnyPosition()}};
        Both([&](auto& messages) { return messages.SettleMessages(received); });
        return;
      }
      case 3:
      case 4:
      case 5: {
        const UserId receiver = AnyUser();
        Both([&](auto& messages) {
          return messages.AppendMessage({.receiver = receiver, .content = content}, repeats);
        });
        return;
      }
      default: {
        const std::uint64_t room = AnyRoom();
        Both([&](auto& messages) {
          return messages.AppendMessage({.room_number = room, .content = content}, repeats);
        });
        return;
      }
    }
  }

  void Read() {
    const std::size_t limit = AnyLimit();
    const UserId user = AnyUser();
    switch (Below(6)) {
      case 0: {
        const std::uint64_t position = AnyPosition();
        Both([&](auto& messages) { return messages.ReadMessages(position, limit); });
        Both([](auto& messages) { return messages.NewestMessage(); });
        return;
      }
      case 1: {
        const std::uint64_t room = AnyRoom();
        const std::uint64_t first = Below(20);
        Both([&](auto& messages) { return messages.ReadRoomMessages(room, first, limit); });
        Both([&](auto& messages) { return messages.NewestRoomMessage(room); });
        return;
      }
      case 2:
      case 3: {
        const UserId other = AnyUser();
        std::optional<std::uint64_t> before;
        if (Below(2) == 0) before = AnyPosition();
        Both([&](auto& messages) {
          return messages.ReadDirectMessages(user, other, before, limit);
        });
        return;
      }
      case 4: {
        const TimePoint since = now_ - std::chrono::milliseconds(Below(5000));
        Both([&](auto& messages) { return messages.ReadPendingMessages(user, since, limit); });
        return;
      }
      default:
        Both([&](auto& messages) { return messages.ReadConversations(user, limit); });
        return;
    }
  }

  void Trim() {
    const MessageRetention retention{
        .keep_since = now_ - std::chrono::milliseconds(Below(10'000)),
        .keep_ended_since = now_ - std::chrono::milliseconds(Below(2000)),
        .max_bytes = 1000 + Below(30'000),
        .most_per_call = 1 + Below(30),
    };
    Both([&](auto& messages) { return messages.TrimMessages(retention); });
  }

  std::mt19937_64 random_;
  TimePoint now_ = kNoon;
  std::uint64_t newest_room_ = 0;
  const TempDirectory directory_;
  RecordingListener listener_;
  std::unique_ptr<SqliteStore> sqlite_;
  MessageModel model_{kLimits.max_room_messages};
};

TEST_F(MessageFuzz, MatchesTheModel) { Run(1, 4000); }

}  // namespace
}  // namespace rtcroom
