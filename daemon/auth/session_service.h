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
#include "daemon/auth/session_table.h"
#include "daemon/auth/sessions.h"
#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"
#include "daemon/base/result.h"
#include "daemon/base/secret.h"
#include "daemon/base/steady_wall_clock.h"
#include "daemon/core/ids.h"
#include "daemon/core/session_store.h"

namespace rtcroom {

struct SessionOptions {
  std::uint32_t sdk_app_id = 0;
  std::string account_type = "0";  ///< digits
  /// Other programs use the store: what is forgotten here may be in use there.
  bool store_is_shared = false;
  SessionTableOptions table{};
};

struct SessionServiceDeps {
  const LoginVerifier& verifier;
  SessionStore& store;
  SessionCrypto& crypto;
  const Clock& clock;
  const Clock& dates;  ///< a `DatingClock`
};

/// Result of one call of `Upkeep`.
struct SessionUpkeep {
  std::size_t uses_written = 0;
  std::size_t removed = 0;  ///< from the store: evicted
  bool left_some = false;   ///< more work is due at once
};

/// Tokens for users, one per user, valid for all kinds of rooms. A login is stored before the
/// response; uses are written later, in batches.
///
/// A session ends by the earlier of the wall clock and one that goes on with the process: no jump
/// of the wall clock ends it while the process runs. It is removed by the `RemovalClock`, so one
/// that had ended by a wrong clock is there again when the clock is right.
///
/// @threads safe from any thread.
/// @source protocol B.1, B.2, C.5.
class SessionService : public Sessions, public SessionListener {
 public:
  SessionService(const SessionServiceDeps& deps, SessionOptions options);

  /// Loads the sessions of an earlier run. Call it once, before anything else.
  /// @param now  of the `RemovalClock`.
  /// @errors kStoreBusy; kStoreBroken.
  Status Restore(TimePoint now);
  /// Unregisters from the store. Call it before the store closes.
  void Stop() { store_.HearSessions(nullptr); }

  Result<SessionLogin> Login(const SessionLoginCommand& command) override;
  Result<Secret> LoginTrusted(const UserId& user_id, std::string_view address) override;
  Result<TokenOutcome> Logout(std::string_view user_id, std::string_view token) override;
  TokenOutcome Check(std::string_view user_id, std::string_view token) override;
  Result<TokenOutcome> CheckStored(std::string_view user_id, std::string_view token) override;

  /// Ends the user's session, whatever its token: at all programs that use the store.
  /// @errors kStoreBusy; kStoreBroken; kOutcomeUnknown.
  Status EndSession(const UserId& user_id);

  void OnSessions(std::span<const SessionChange> changes) noexcept override
      EXCLUDES(restoring_mutex_);

  /// Writes uses and evictions to the store, and removes expired sessions from memory: a bounded
  /// number of each. Call it every few seconds, by one thread at a time.
  ///
  /// @param now  of the `RemovalClock`.
  /// @errors kStoreBusy, kStoreBroken: a later call tries again.
  Result<SessionUpkeep> Upkeep(TimePoint now);

  /// Removes a bounded number of expired sessions from the store, for all programs that use it.
  ///
  /// @param now  of the `RemovalClock`.
  /// @return whether there are more.
  /// @errors kStoreBusy; kStoreBroken.
  Result<bool> RemoveExpired(TimePoint now);

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
  Status WriteBacklog(SessionUpkeep& done);

  const LoginVerifier& verifier_;
  SessionStore& store_;
  SessionCrypto& crypto_;
  const Clock& clock_;
  const Clock& dates_;
  const SteadyWallClock steady_clock_;
  const SessionOptions options_;
  const std::string application_;  ///< as tokens name it
  SessionTable table_;
  Mutex restoring_mutex_;
  bool is_restored_ GUARDED_BY(restoring_mutex_) = false;
  /// Changes that were reported before the stored sessions were read.
  std::vector<SessionChange> heard_ GUARDED_BY(restoring_mutex_);
  std::array<std::atomic<std::uint64_t>, static_cast<std::size_t>(LoginOutcome::kOk) + 1>
      refused_logins_{};
};

}  // namespace rtcroom
