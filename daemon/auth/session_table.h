// Who is logged in, at hand for every request.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "daemon/auth/session_crypto.h"
#include "daemon/auth/session_store.h"
#include "daemon/base/address_shares.h"
#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"
#include "daemon/base/sip_hash.h"

namespace rtcroom {

struct SessionTableOptions {
  std::size_t max_sessions = 200'000;  ///< at least 1
  std::chrono::milliseconds ttl = std::chrono::days(7);
};

/// What a token is worth.
enum class SessionUse : std::uint8_t { kOk, kOtherToken, kNoSession };

/// What the store is still to be told.
struct SessionBacklog {
  std::vector<Session> used{};
  std::vector<Session> evicted{};
};

/// One session for each user, in memory. Past `max_sessions` the one that was used longest ago
/// makes room: of an address that has more than a hundredth of them all, the newcomer's own before
/// the one that has the most; otherwise of all. A session ends a `ttl` after its last use.
///
/// It writes nothing, but remembers what is to be written: a use, once the one that the store
/// knows is an hour old, and whom it evicted.
///
/// @threads safe from any thread; the one lock is held for no longer than a look-up takes.
/// @source protocol C.5.
class SessionTable {
 public:
  SessionTable(const SessionTableOptions& options, const SessionCrypto& crypto);

  /// Replaces the user's session, unless that one has the higher number.
  /// @param address  where it was begun, as `AddressKey` makes it; empty: nobody knows.
  void Put(const Session& session, std::string_view address = {}) EXCLUDES(mutex_);

  /// Whether `token` is the user's; then its life begins anew. O(1), allocates nothing but once
  /// an hour.
  SessionUse Use(std::string_view user_id, const TokenDigest& token, TimePoint now)
      EXCLUDES(mutex_);

  struct Found {
    SessionUse use = SessionUse::kNoSession;
    Session session{};  ///< only with kOk
  };
  /// The same, but leaves the session as it is.
  [[nodiscard]] Found Find(std::string_view user_id, const TokenDigest& token, TimePoint now) const
      EXCLUDES(mutex_);

  /// Removes the user's session if it has that number.
  void Remove(std::string_view user_id, std::uint64_t number) EXCLUDES(mutex_);

  /// Forgets at most `limit` of those whose life is over, the oldest first.
  /// @return how many.
  std::size_t RemoveEnded(TimePoint now, std::size_t limit) EXCLUDES(mutex_);

  /// Hands out at most `limit` of each kind.
  SessionBacklog TakeBacklog(std::size_t limit) EXCLUDES(mutex_);
  /// Takes back what could not be written.
  void ReturnBacklog(const SessionBacklog& backlog) EXCLUDES(mutex_);

  [[nodiscard]] std::size_t size() const EXCLUDES(mutex_);

 private:
  struct Entry {
    Session session{};
    TimePoint stored_use{};  ///< as the store knows it, or soon will
    AddressShares::Place place{};
  };
  using Entries = std::list<Entry>;  ///< latest use first

  [[nodiscard]] bool HasEnded(const Entry& entry, TimePoint now) const {
    return entry.session.last_use + options_.ttl <= now;
  }
  struct Judged {
    SessionUse use = SessionUse::kNoSession;
    Entries::iterator place{};  ///< only with kOk
  };
  [[nodiscard]] Judged JudgeLocked(std::string_view user_id, const TokenDigest& token,
                                   TimePoint now) const REQUIRES(mutex_);
  void NoteUseLocked(Entry& entry) REQUIRES(mutex_);
  /// @param address  the newcomer's.
  void EvictOneLocked(std::string_view address) REQUIRES(mutex_);
  void EraseLocked(Entries::iterator place) REQUIRES(mutex_);

  const SessionTableOptions options_;
  const SessionCrypto& crypto_;
  mutable Mutex mutex_;
  Entries entries_ GUARDED_BY(mutex_);
  /// The keys are texts of the entries.
  std::unordered_map<std::string_view, Entries::iterator, NameHash> by_user_ GUARDED_BY(mutex_);
  AddressShares shares_ GUARDED_BY(mutex_);  ///< users are texts of the entries, too
  SessionBacklog backlog_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
