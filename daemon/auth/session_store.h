// Where sessions are kept, so that a restart logs nobody out.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "daemon/auth/session_crypto.h"
#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/core/ids.h"

namespace rtcroom {

/// One user's login.
struct Session {
  UserId user_id{};
  TokenDigest token{};  ///< never the token itself
  /// Counts the logins of all users, so that of two at a time everybody keeps the same one.
  std::uint64_t number = 0;
  TimePoint last_use{};

  bool operator==(const Session&) const = default;
};

/// What a start reads.
struct StoredSessions {
  std::vector<Session> sessions{};
  std::uint64_t last_number = 0;  ///< highest of all that are stored, read here or not; 0: none
};

/// Survives what the store of rooms survives. Holds at most one session for each user.
///
/// @threads every method is safe from any thread.
/// @source protocol C.5.
class SessionStore {
 public:
  virtual ~SessionStore() = default;

  /// At most `limit` sessions last used after `unused_until`, the latest first.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Result<StoredSessions> LoadSessions(TimePoint unused_until, std::size_t limit) = 0;

  /// Replaces the user's session, unless that one has the higher number: then it stays.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Status PutSession(const Session& session) = 0;

  /// Removes those that the store has with the same user and number: one that was replaced
  /// meanwhile takes no other with it. All or none.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Status RemoveSessions(std::span<const Session> sessions) = 0;

  /// Writes the `last_use` of those that the store has with the same user and number, except
  /// where it has a later one. All or none.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Status NoteSessionUses(std::span<const Session> sessions) = 0;

  /// Adds `by` to every `last_use`; none is later than `latest` then. All or none. It takes a time
  /// that grows with the sessions, about a second for 200,000: for a wall clock that was set.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Status MoveSessionUses(std::chrono::milliseconds by, TimePoint latest) = 0;

  /// Removes at most `limit` of those last used at `unused_until` or before.
  /// @return how many.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Result<std::size_t> RemoveUnusedSessions(TimePoint unused_until, std::size_t limit) = 0;
};

}  // namespace rtcroom
