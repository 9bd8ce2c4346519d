// Sessions in memory, checked on every request.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "daemon/base/address_shares.h"
#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"
#include "daemon/base/sip_hash.h"
#include "daemon/core/session_store.h"

namespace rtcroom {

struct SessionTableOptions {
  std::size_t max_sessions = 200'000;  ///< at least 1
  std::chrono::milliseconds ttl = std::chrono::days(7);
};

/// Result of checking a token.
enum class SessionUse : std::uint8_t { kOk, kOtherToken, kNoSession };

/// Changes that still have to be written to the store.
struct SessionBacklog {
  std::vector<Session> used{};
  std::vector<Session> evicted{};
};

/// One session per user, in memory. Above `max_sessions` the least recently used one is evicted: of
/// an address that has more than a hundredth of all sessions, first the new session's own address,
/// then the address with the most; otherwise of all. A session ends a `ttl` after its last use.
///
/// It writes nothing, but collects pending writes: a use, once the stored one is an hour old, and
/// evicted sessions.
/// @threads safe from any thread; the one lock is held for no longer than a look-up takes.
/// @source protocol C.5.
class SessionTable {
 public:
  explicit SessionTable(const SessionTableOptions& options);

  /// Replaces the user's session, unless the present one has the higher number. Where it is the
  /// same login, only a later use is taken, and the address, if it is known.
  /// @param address  of the login, as `AddressKey` makes it; empty: unknown.
  void Put(const Session& session, std::string_view address = {}) EXCLUDES(mutex_);

  /// Whether `token` is the user's; if so, renews the session. O(1), allocates at most once an
  /// hour.
  /// @param now   by which it may have ended.
  /// @param used  its next `last_use`.
  SessionUse Use(std::string_view user_id, const TokenDigest& token, TimePoint now, TimePoint used)
      EXCLUDES(mutex_);

  struct Found {
    SessionUse use = SessionUse::kNoSession;
    Session session{};  ///< only with kOk
  };
  /// It does what `Use` does without renewing the session.
  [[nodiscard]] Found Find(std::string_view user_id, const TokenDigest& token, TimePoint now) const
      EXCLUDES(mutex_);

  /// The user's session, whether it has ended or not.
  [[nodiscard]] std::optional<Session> FindOf(std::string_view user_id) const EXCLUDES(mutex_);

  /// Removes the user's session if it has that number.
  void Remove(std::string_view user_id, std::uint64_t number) EXCLUDES(mutex_);

  /// Removes at most `limit` expired sessions, the oldest first. @param now  of the `RemovalClock`.
  /// @return the number removed.
  std::size_t RemoveEnded(TimePoint now, std::size_t limit) EXCLUDES(mutex_);

  /// Takes at most `limit` entries of each kind.
  SessionBacklog TakeBacklog(std::size_t limit) EXCLUDES(mutex_);
  /// Returns entries that could not be written.
  void ReturnBacklog(const SessionBacklog& backlog) EXCLUDES(mutex_);

  [[nodiscard]] std::size_t size() const EXCLUDES(mutex_);

 private:
  struct Entry {
    Session session{};
    TimePoint stored_use{};  ///< as stored, or about to be
    AddressShares::Handle place{};
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
  void RecordUseLocked(Entry& entry) REQUIRES(mutex_);
  /// @param address  of the new session.
  void EvictOneLocked(std::string_view address) REQUIRES(mutex_);
  void EraseLocked(Entries::iterator place) REQUIRES(mutex_);

  const SessionTableOptions options_;
  mutable Mutex mutex_;
  Entries entries_ GUARDED_BY(mutex_);
  /// The keys are views of the entries' texts.
  std::unordered_map<std::string_view, Entries::iterator, NameHash> by_user_ GUARDED_BY(mutex_);
  AddressShares shares_ GUARDED_BY(mutex_);  ///< users are views of the entries' texts, too
  SessionBacklog backlog_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
