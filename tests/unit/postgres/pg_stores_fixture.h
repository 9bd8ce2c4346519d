// Stores on the shared server, several on one schema, and checks of what they have written.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "daemon/base/system_random.h"
#include "storage/postgres/pg_store.h"
#include "tests/support/postgres_stores.h"
#include "tests/support/recording_listener.h"
#include "tests/support/rooms.h"
#include "tests/unit/postgres/postgres_fixture.h"

namespace rtcroom {

/// `url` with further settings of its sessions, each as "-cname=value".
inline Secret WithSettings(const Secret& url, std::string_view settings) {
  std::string escaped;
  for (const char c : settings) {
    escaped += c == '=' ? "%3D" : c == ' ' ? "%20" : std::string(1, c);
  }
  const std::string& text = url.Reveal();
  const std::string_view before = text.find("?options=") == std::string::npos ? "?options=" : "%20";
  return Secret(fmt::format("{}{}{}", text, before, escaped));
}

class PgStoreTest : public PostgresTest {
 protected:
  PgStoreTest() : PostgresTest(UrlOfEmptiedStore()) {}

  /// Waits that no test reaches.
  [[nodiscard]] PgOptions Patient(const Secret& url) {
    return {
        .url = WithSettings(url, "-clock_timeout=60s -cidle_in_transaction_session_timeout=60s"),
        .new_epoch = "00c0ffee00c0ffee",
        .node = ++nodes_,
        .patience = std::chrono::minutes(1),
        .random = &random_,
        .reconnect_pause = std::chrono::milliseconds(10),
        .give_up = std::chrono::minutes(1)};
  }

  /// It has not begun. Of an impatient store several attempts may fail.
  std::unique_ptr<PgStore> OpenOnly(const PgOptions& options, CommitListener& listener) {
    const MonotonicTime deadline = Soon();
    while (true) {
      auto store = PgStore::Open(options, listener, clock_);
      if (store) return *std::move(store);
      const bool is_busy = store.error().code == Errc::kStoreBusy;
      if (!is_busy || clock_.Monotonic() > deadline) throw std::runtime_error(store.error().detail);
    }
  }
  std::unique_ptr<PgStore> Open(const PgOptions& options, CommitListener& listener) {
    auto store = OpenOnly(options, listener);
    store->Begin();
    return store;
  }
  std::unique_ptr<PgStore> Open(const PgOptions& options) { return Open(options, deaf_); }
  std::unique_ptr<PgStore> OpenPatient() { return Open(Patient(url_)); }

  DeafListener deaf_;
  SystemRandom random_;

 private:
  std::uint64_t nodes_ = 0;
};

inline constexpr PgStatement kHoldTurn{.sql = "SELECT 1 FROM turn FOR UPDATE"};

inline const RoomKey kR1{.kind = RoomKind::kMulti, .id = {"r1"}};

inline Room MultiRoom(const std::string& id, const std::string& creator = "creator") {
  return MakeRoom(RoomKind::kMulti, id, creator);
}

/// `update` that calls `before` with the number of the run, from 1, whenever its edit runs.
inline RoomUpdate Interrupted(RoomUpdate update, std::function<void(int)> before) {
  update.edit = [edit = std::move(update.edit), before = std::move(before),
                 runs = std::make_shared<std::atomic<int>>(0)](const Room* stored) {
    before(++*runs);
    return edit(stored);
  };
  return update;
}

/// All events, of which none was removed. Checks their positions and their numbers in their rooms.
/// @param others  number of other records between them.
inline std::vector<StoredEvent> CheckedEvents(PgStore& store, std::size_t others = 0) {
  constexpr std::size_t kPage = 1000;
  std::vector<StoredEvent> events;
  Cursor cursor = Cursor::Start();
  for (;;) {
    const Result<EventPage> page = store.rooms().ReadEvents(cursor, kPage);
    EXPECT_OK(page);
    if (!page || page->events.empty()) break;
    events.insert(events.end(), page->events.begin(), page->events.end());
    cursor = page->next;
  }
  std::uint64_t position = 0;
  std::map<std::uint64_t, std::uint64_t> last_of_room;
  for (const StoredEvent& event : events) {
    EXPECT_GT(event.position, std::exchange(position, event.position));
    EXPECT_EQ(event.event.room_sequence, ++last_of_room[event.room_number]) << event.position;
  }
  EXPECT_LE(position, events.size() + others);
  return events;
}

/// Ids of the stored rooms that are of `candidates`.
inline std::vector<std::string> StoredOf(PgStore& store,
                                         const std::vector<std::string>& candidates) {
  std::vector<std::string> stored;
  for (const std::string& id : candidates) {
    const Result<Room> room = store.rooms().Load({.kind = RoomKind::kMulti, .id = {id}});
    if (room) {
      stored.push_back(id);
    } else {
      EXPECT_ERROR(kRoomNotFound, room);
    }
  }
  return stored;
}

}  // namespace rtcroom
