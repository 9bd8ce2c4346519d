// Persistent sessions, so that users stay logged in over a restart.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/core/ids.h"

namespace rtcroom {

/// A SHA-256: the only stored form of a token.
using TokenDigest = std::array<std::byte, 32>;

/// One user's login.
struct Session {
  UserId user_id{};
  TokenDigest token{};  ///< never the token itself
  /// Ascends with the logins of all users: of two concurrent logins, memory and store keep the same
  /// one.
  std::uint64_t number = 0;
  TimePoint last_use{};

  bool operator==(const Session&) const = default;
};

/// A login, or a logout.
struct SessionChange {
  Session session{};
  bool has_ended = false;  ///< logged out; only user and number are set

  bool operator==(const SessionChange&) const = default;
};

/// Hears of the logins and logouts at all programs that share a store.
class SessionListener {
 public:
  virtual ~SessionListener() = default;
  /// The changes come in the order of commits, perhaps more than once, and also those of the
  /// program itself. It must be quick, must not call the store, and cannot fail.
  virtual void OnSessions(std::span<const SessionChange> changes) noexcept = 0;
};

/// Sessions are stored as durably as rooms. A user has at most one.
///
/// @threads every method is safe from any thread.
/// @source protocol C.5.
class SessionStore {
 public:
  virtual ~SessionStore() = default;

  /// The sessions, at most `limit`, last used after `unused_until`, the latest first.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Result<std::vector<Session>> LoadSessions(TimePoint unused_until, std::size_t limit) = 0;

  /// The user's session. Asked only where other programs use the store: else all that is in use is
  /// in memory.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Result<std::optional<Session>> FindSession(const UserId& /*user_id*/) {
    return std::optional<Session>();
  }

  /// Replaces the user's session.
  /// @param session  gets another number.
  /// @return its number, which is higher than all that were given before.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Result<std::uint64_t> PutSession(const Session& session) = 0;

  /// Registers the listener to logins and logouts at other programs, in place of an earlier one;
  /// null removes it. A store of one program has nothing to report.
  virtual void HearSessions(SessionListener* /*listener*/) {}

  /// Removes the sessions that are stored with the same user and number: a session that has been
  /// replaced meanwhile is not removed. All or none.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Status RemoveSessions(std::span<const Session> sessions) = 0;

  /// Updates the `last_use` of sessions stored with the same user and number, except where the
  /// stored one is later. All or none.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Status RecordSessionUses(std::span<const Session> sessions) = 0;

  /// Removes at most `limit` of those last used at `unused_until` or before.
  /// @param as_of  of the `RemovalClock`: the mark that goes with a removal.
  /// @return the number removed.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Result<std::size_t> RemoveUnusedSessions(TimePoint as_of, TimePoint unused_until,
                                                   std::size_t limit) = 0;
};

}  // namespace rtcroom
