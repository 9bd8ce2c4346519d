// Long runs of random calls about messages on both stores side by side, with repeated reopening and
// checking of the SQLite file.
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
#include "tests/support/cycles.h"
#include "tests/support/matchers.h"
#include "tests/support/messages.h"
#include "tests/support/recording_listener.h"
#include "tests/support/rooms.h"
#include "tests/support/temp_directory.h"
#include "tests/support/temp_store.h"

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

  /// Calls both stores and expects the same outcome.
  template <typename Call>
  void Both(Call call) {
    const auto in_memory = call(static_cast<Storage&>(memory_));
    const auto on_disk = call(static_cast<Storage&>(*sqlite_));
    ASSERT_EQ(in_memory.ok(), on_disk.ok());
    if (!in_memory.ok()) {
      EXPECT_EQ(in_memory.error().code, on_disk.error().code);
    } else if constexpr (requires { *in_memory; }) {
      EXPECT_EQ(*in_memory, *on_disk);
    }
  }

  std::uint64_t Below(std::uint64_t end) { return random_() % end; }
  UserId AnyUser() { return {std::string(1, static_cast<char>('a' + Below(5)))}; }
  RoomKey AnyKey() { return MakeKey(RoomKind::kMulti, "r" + std::to_string(Below(3))); }
  /// One of the newest rooms, which may have ended, or one that does not exist.
  std::uint64_t AnyRoom() {
    return newest_room_ + 1 - Below(std::min<std::uint64_t>(newest_room_ + 2, 6));
  }
  std::uint64_t AnyPosition() { return Below(*memory_.messages().NewestMessage() + 3); }
  std::size_t AnyLimit() { return 1 + Below(12); }
  /// Mostly the present; now and then the clock was wrong.
  TimePoint AnyTime() {
    return Below(20) == 0 ? now_ - std::chrono::seconds(Below(20)) + std::chrono::seconds(10)
                          : now_;
  }

  void Write() {
    const RoomKey key = AnyKey();
    const UserId sender = AnyUser();
    MessageContent content = MakeMessage(sender.value, std::to_string(random_()), AnyTime());
    if (Below(10) == 0) content.client_random = 0;  // repeats another one, perhaps
    const RepeatsAfter repeats{.position = AnyPosition(), .sent_at = AnyTime()};
    switch (Below(10)) {
      case 0:
        Both([&](Storage& store) -> Result<std::uint64_t> {
          const auto created = Apply(store, Creating(MakeRoom(key.kind, key.id.value)));
          if (!created) return created.error();
          newest_room_ = created->room.sequence;
          return newest_room_;
        });
        return;
      case 1:
        Both([&](Storage& store) -> Result<bool> {
          const auto ended = Apply(store, Destroying(key, "creator", now_));
          if (!ended) return ended.error();
          return ended->closed;
        });
        return;
      case 2: {
        const std::array received = {
            ReceivedMessages{.receiver = AnyUser(), .position = AnyPosition()},
            ReceivedMessages{.receiver = AnyUser(), .position = AnyPosition()}};
        Both([&](Storage& store) { return store.messages().SettleMessages(received); });
        return;
      }
      case 3:
      case 4:
      case 5: {
        const UserId receiver = AnyUser();
        Both([&](Storage& store) {
          return store.messages().AppendMessage({.receiver = receiver, .content = content},
                                                repeats);
        });
        return;
      }
      default: {
        const std::uint64_t room = AnyRoom();
        Both([&](Storage& store) {
          return store.messages().AppendMessage({.room_number = room, .content = content}, repeats);
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
        Both([&](Storage& store) { return store.messages().ReadMessages(position, limit); });
        Both([](Storage& store) { return store.messages().NewestMessage(); });
        return;
      }
      case 1: {
        const std::uint64_t room = AnyRoom();
        const std::uint64_t first = Below(20);
        Both([&](Storage& store) { return store.messages().ReadRoomMessages(room, first, limit); });
        Both([&](Storage& store) { return store.messages().NewestRoomMessage(room); });
        return;
      }
      case 2:
      case 3: {
        const UserId other = AnyUser();
        std::optional<std::uint64_t> before;
        if (Below(2) == 0) before = AnyPosition();
        Both([&](Storage& store) {
          return store.messages().ReadDirectMessages(user, other, before, limit);
        });
        return;
      }
      case 4: {
        const TimePoint since = now_ - std::chrono::milliseconds(Below(5000));
        Both([&](Storage& store) {
          return store.messages().ReadPendingMessages(user, since, limit);
        });
        return;
      }
      default:
        Both([&](Storage& store) { return store.messages().ReadConversations(user, limit); });
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
    Both([&](Storage& store) { return store.messages().TrimMessages(retention); });
  }

  std::mt19937_64 random_;
  TimePoint now_ = kNoon;
  std::uint64_t newest_room_ = 0;
  const TempDirectory directory_;
  RecordingListener listener_;
  TempStore memory_{kLimits, "00000000000000ff", listener_};
  std::unique_ptr<SqliteStore> sqlite_;
};

TEST_F(MessageFuzz, StoresGiveTheSameOutcomes) { Run(1, 4000); }

}  // namespace
}  // namespace rtcroom
