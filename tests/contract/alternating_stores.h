// Two stores in PostgreSQL on one schema that are called in turn, as one store.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/base/clock.h"
#include "storage/postgres/pg_store.h"
#include "tests/support/eventually.h"
#include "tests/support/forwarded_messages.h"
#include "tests/support/matchers.h"

namespace rtcroom {

/// What is written through one is read through the other. The lists and counts of a store may be
/// behind, and so may be its listener, until it has caught up.
///
/// @threads safe from any thread.
class AlternatingStores : public Storage {
 public:
  /// @param told  the one whose listener is observed.
  AlternatingStores(std::unique_ptr<PgStore> told, std::unique_ptr<PgStore> other,
                    const Clock& clock)
      : told_(std::move(told)), other_(std::move(other)), clock_(clock) {}

  Result<StoredRemovalTime> LoadRemovalTime() override { return Next().LoadRemovalTime(); }
  Status BeginRemovals(TimePoint time) override { return Next().BeginRemovals(time); }
  Status Ping() override { return Next().Ping(); }
  Store& rooms() override { return rooms_; }
  BanStore& bans() override { return Next().bans(); }
  SessionStore& sessions() override { return Next().sessions(); }
  RecordingStore& recordings() override { return Next().recordings(); }
  DeliveryStore& deliveries() override { return Next().deliveries(); }
  MessageStore& messages() override { return messages_; }
  AccountStore& accounts() override { return Next().accounts(); }
  EndedLoginStore& ended_logins() override { return Next().ended_logins(); }

 private:
  class Rooms : public Store {
   public:
    explicit Rooms(AlternatingStores& stores) : stores_(stores) {}
    Result<Room> Load(const RoomKey& key) override { return stores_.Next().rooms().Load(key); }
    std::vector<Result<RoomChange>> UpdateAll(std::span<const RoomUpdate> updates) override {
      return stores_.Told(stores_.CaughtUp().rooms().UpdateAll(updates));
    }
    Result<std::vector<Room>> List(const RoomListQuery& query) override {
      return stores_.CaughtUp().rooms().List(query);
    }
    Result<AudiencePage> LoadAudiences(const RoomKey& key) override {
      return stores_.Next().rooms().LoadAudiences(key);
    }
    Result<std::vector<Audience>> FindAudiences(const RoomKey& key,
                                                std::span<const UserId> users) override {
      return stores_.Next().rooms().FindAudiences(key, users);
    }
    Result<RoomPage> Scan(std::uint64_t after, std::size_t limit) override {
      return stores_.Next().rooms().Scan(after, limit);
    }
    Result<RoomPage> ScanMembers(std::uint64_t after, std::size_t limit) override {
      return stores_.Next().rooms().ScanMembers(after, limit);
    }
    Result<std::vector<StoredViewer>> ScanViewers(std::uint64_t room_number, const UserId& user_id,
                                                  std::size_t limit) override {
      return stores_.Next().rooms().ScanViewers(room_number, user_id, limit);
    }
    Result<EventPage> ReadEvents(const Cursor& cursor, std::size_t limit) override {
      return stores_.Next().rooms().ReadEvents(cursor, limit);
    }
    Result<std::vector<StoredEvent>> ReadRoomEvents(const RoomKey& key,
                                                    std::optional<std::uint64_t> before,
                                                    std::size_t limit) override {
      return stores_.Next().rooms().ReadRoomEvents(key, before, limit);
    }
    Result<std::vector<StoredEvent>> ReadSeatLosses(const RoomKey& key,
                                                    const UserId& user) override {
      return stores_.Next().rooms().ReadSeatLosses(key, user);
    }
    Result<Cursor> Newest() override { return stores_.Next().rooms().Newest(); }
    Result<std::size_t> TrimEvents(const EventRetention& retention) override {
      return stores_.Next().rooms().TrimEvents(retention);
    }
    std::uint64_t CountRooms(RoomKind kind) const override {
      return stores_.CaughtUp().rooms().CountRooms(kind);
    }

   private:
    AlternatingStores& stores_;
  };

  /// What is appended, the observed listener knows at once.
  class Messages : public ForwardedMessages {
   public:
    explicit Messages(AlternatingStores& stores) : stores_(stores) {}
    Result<AppendedMessage> AppendMessage(StoredMessage message,
                                          const RepeatsAfter& repeats) override {
      return stores_.Told(ForwardedMessages::AppendMessage(std::move(message), repeats));
    }

   private:
    MessageStore& target() override { return stores_.Next().messages(); }

    AlternatingStores& stores_;
  };

  PgStore& Next() const { return calls_++ % 2 == 0 ? *told_ : *other_; }

  PgStore& CaughtUp() const {
    PgStore& next = Next();
    LetCatchUp(next);
    return next;
  }

  template <typename Outcome>
  Outcome Told(Outcome outcome) const {
    LetCatchUp(*told_);
    return outcome;
  }

  void LetCatchUp(PgStore& store) const {
    EXPECT_OK(store.follower()->CatchUp(clock_.Monotonic() + kWaitTimeout));
  }

  const std::unique_ptr<PgStore> told_;
  const std::unique_ptr<PgStore> other_;
  const Clock& clock_;
  mutable std::atomic<std::size_t> calls_ = 0;
  Rooms rooms_{*this};
  Messages messages_{*this};
};

}  // namespace rtcroom
