// A store whose writes fail on request of a test.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "daemon/core/store.h"

namespace rtcroom {

/// Wraps a real store. While `broken`, every write returns `failure` after its edit has run, like a
/// disk that fails at the commit. While `busy`, rooms are neither read nor written.
class FailingStore : public Store {
 public:
  explicit FailingStore(Store& store) : store_(store) {}

  std::atomic<bool> broken{false};
  std::atomic<bool> busy{false};
  Errc failure = Errc::kStoreBroken;

  Result<Room> Load(const RoomKey& key) override {
    if (busy) return Busy();
    return store_.Load(key);
  }
  std::vector<Result<RoomChange>> UpdateAll(std::span<const RoomUpdate> updates) override {
    if (busy) return std::vector<Result<RoomChange>>(updates.size(), Busy());
    if (!broken) return store_.UpdateAll(updates);
    std::vector<Result<RoomChange>> outcomes;
    for (const RoomUpdate& update : updates) {
      const Result<Room> stored = store_.Load(update.key);
      const Result<RoomChange> change = update.edit(stored ? &*stored : nullptr);
      outcomes.emplace_back(change ? Error{failure, "disk full"} : change.error());
    }
    return outcomes;
  }
  Result<std::vector<Room>> List(const RoomListQuery& query) override {
    if (busy) return Busy();
    return store_.List(query);
  }
  Result<AudiencePage> LoadAudiences(const RoomKey& key) override {
    return store_.LoadAudiences(key);
  }
  Result<std::vector<Audience>> FindAudiences(const RoomKey& key,
                                              std::span<const UserId> users) override {
    return store_.FindAudiences(key, users);
  }
  Result<RoomPage> Scan(std::uint64_t after, std::size_t limit) override {
    return store_.Scan(after, limit);
  }
  Result<RoomPage> ScanMembers(std::uint64_t after, std::size_t limit) override {
    return store_.ScanMembers(after, limit);
  }
  Result<std::vector<StoredViewer>> ScanViewers(std::uint64_t room_number, const UserId& user_id,
                                                std::size_t limit) override {
    return store_.ScanViewers(room_number, user_id, limit);
  }
  Result<EventPage> ReadEvents(const Cursor& cursor, std::size_t limit) override {
    return store_.ReadEvents(cursor, limit);
  }
  Result<std::vector<StoredEvent>> ReadRoomEvents(const RoomKey& key,
                                                  std::optional<std::uint64_t> before,
                                                  std::size_t limit) override {
    return store_.ReadRoomEvents(key, before, limit);
  }
  Result<std::vector<StoredEvent>> ReadSeatLosses(const RoomKey& key, const UserId& user) override {
    return store_.ReadSeatLosses(key, user);
  }
  Result<Cursor> Newest() override { return store_.Newest(); }
  Result<std::size_t> TrimEvents(const EventRetention& retention) override {
    return store_.TrimEvents(retention);
  }
  [[nodiscard]] std::uint64_t CountRooms(RoomKind kind) const override {
    return store_.CountRooms(kind);
  }

 private:
  static Error Busy() { return {Errc::kStoreBusy, "no connection"}; }

  Store& store_;
};

}  // namespace rtcroom
