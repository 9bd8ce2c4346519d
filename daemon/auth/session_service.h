// Login with a UserSig, and the tokens of gen-2 requests.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/auth/login_verifier.h"
#include "daemon/auth/session_crypto.h"
#include "daemon/auth/session_store.h"
#include "daemon/auth/session_table.h"
#include "daemon/auth/sessions.h"
#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"
#include "daemon/base/result.h"
#include "daemon/base/secret.h"
#include "daemon/base/steady_wall_clock.h"
#include "daemon/core/ids.h"

namespace rtcroom {

struct SessionOptions {
  std::uint32_t sdk_app_id = 0;
  std::string account_type = "0";  ///< digits
  /// Other programs use the store: what is forgotten here may be in use there, and the stored times
  /// follow no clock of one of them.
  bool store_is_shared = false;
  SessionTableOptions table{};
};

struct SessionServiceDeps {
  const LoginVerifier& verifier;
  SessionStore& store;
  SessionCrypto& crypto;
  const Clock& clock;
};

/// Result of one call of `Upkeep`.
struct SessionUpkeep {
  std::size_t uses_written = 0;
  std::size_t removed = 0;  ///< from the store: ended or evicted
  bool left_some = false;   ///< more work is due at once
};

/// Tokens for users, one per user, valid for all kinds of rooms. A login is stored before the
/// response; uses are written later, in batches.
///
/// While the process runs, sessions age by the monotonic clock, whatever happens to the wall clock.
/// The store holds wall-clock times, which follow the wall clock when it is set, so that the next
/// process computes the same ages. A wall clock that is set while no process runs cannot be
/// distinguished from a long stop: set forward, it ages the sessions; a last use in the future
/// counts as one at the start.
///
/// @threads safe from any thread.
/// @source protocol B.1, B.2, C.5.
class SessionService : public Sessions, public SessionListener {
 public:
  SessionService(const SessionServiceDeps& deps, SessionOptions options);

  /// Loads the sessions of an earlier run. Call it once, before anything else.
  /// @errors kStoreBusy; kStoreBroken.
  Status Restore();
  /// Unregisters from the store. Call it before the store closes.
  void Stop() { store_.HearSessions(nullptr); }

  Result<SessionLogin> Login(const SessionLoginCommand& command) override;
  Result<Secret> LoginTrusted(const UserId& user_id, std::string_view address) override;
  Result<TokenOutcome> Logout(std::string_view user_id, std::string_view token) override;
  TokenOutcome Check(std::string_view user_id, std::string_view token) override;
  Result<TokenOutcome> CheckStored(std::string_view user_id, std::string_view token) override;

  void OnSessions(std::span<const SessionChange> changes) noexcept override
      EXCLUDES(restoring_mutex_);

  /// By how much the wall clock was set since the last call, if by more than a minute, else 0;
  /// negative: back. The next `Upkeep` adds that to the stored times. Call it before each `Upkeep`,
  /// on the same thread.
  std::chrono::milliseconds DetectWallClockJump();

  /// Writes uses to the store, and removes expired sessions from the store and from memory: a
  /// bounded number of each. Call it every few seconds, by one thread at a time.
  ///
  /// @errors kStoreBusy, kStoreBroken: a later call tries again.
  Result<SessionUpkeep> Upkeep();

  /// Number of sessions, including those that have expired but are not removed yet.
  [[nodiscard]] std::size_t size() const { return table_.size(); }

  /// How many calls of `Login` had that outcome; not counted for kOk.
  [[nodiscard]] std::uint64_t refused_logins(LoginOutcome outcome) const {
    return refused_logins_.at(static_cast<std::size_t>(outcome));
  }

 private:
  SessionLogin Refuse(LoginOutcome outcome);
  Result<Secret> Begin(const UserId& user_id, std::string_view address);
  /// @return kOk when it is a token of our application.
  [[nodiscard]] TokenOutcome Screen(std::string_view user_id, std::string_view token) const;
  [[nodiscard]] bool IsOurApp(const SessionLoginCommand& command) const;
  void Apply(const SessionChange& change);
  /// Converts the last use of a stored session to a time of `steady_clock_`.
  [[nodiscard]] Session FromStore(Session session) const;
  Status WriteBacklog(SessionUpkeep& done);
  /// Shifts the stored times by the wall-clock jump.
  Status MoveStoredUses();
  /// Converts a time of `steady_clock_` to the store's time.
  [[nodiscard]] TimePoint ForStore(TimePoint time) const { return time + stored_ahead_.load(); }

  const LoginVerifier& verifier_;
  SessionStore& store_;
  SessionCrypto& crypto_;
  const Clock& clock_;
  const SteadyWallClock steady_clock_;  ///< of all times in memory
  const SessionOptions options_;
  const std::string application_;  ///< as tokens name it
  SessionTable table_;
  Mutex restoring_mutex_;
  bool is_restored_ GUARDED_BY(restoring_mutex_) = false;
  /// Changes that were reported before the stored sessions were read.
  std::vector<SessionChange> heard_ GUARDED_BY(restoring_mutex_);
  /// How far the wall clock is ahead of `steady_clock_`, as last noticed ...
  std::chrono::milliseconds detected_ahead_{0};
  /// ... and the part of it that the stored times include.
  std::atomic<std::chrono::milliseconds> stored_ahead_{std::chrono::milliseconds(0)};
  bool stored_future_ = false;  ///< the store has uses that are later than the start
  std::array<std::atomic<std::uint64_t>, static_cast<std::size_t>(LoginOutcome::kOk) + 1>
      refused_logins_{};
};

}  // namespace rtcroom
