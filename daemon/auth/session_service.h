// Logging in with a UserSig, and the tokens that gen-2 requests carry.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/auth/login_verifier.h"
#include "daemon/auth/session_crypto.h"
#include "daemon/auth/session_store.h"
#include "daemon/auth/session_table.h"
#include "daemon/auth/sessions.h"
#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/base/secret.h"
#include "daemon/base/steady_wall_clock.h"
#include "daemon/core/ids.h"

namespace rtcroom {

struct SessionOptions {
  std::uint32_t sdk_app_id = 0;
  std::string account_type = "0";  ///< digits
  SessionTableOptions table{};
};

struct SessionServiceParts {
  const LoginVerifier& verifier;
  SessionStore& store;
  SessionCrypto& crypto;
  const Clock& clock;
};

/// What one call of `Upkeep` did.
struct SessionUpkeep {
  std::size_t uses_written = 0;
  std::size_t removed = 0;  ///< from the store: ended or evicted
  bool left_some = false;   ///< there is more to do at once
};

/// Tokens for users, one for each, good for all kinds of rooms. The store has a login before it is
/// answered; it hears of uses later, in batches.
///
/// While the process lives sessions age by the monotonic clock, whatever happens to the wall clock.
/// The store has wall-clock times, which follow the wall clock when it is set, so that the next
/// process finds the ages that it left. A wall clock that is set while no process runs cannot be
/// told from a long stop: set forward, it ages the sessions; a last use in the future counts as one
/// at the start.
///
/// @threads safe from any thread.
/// @source protocol B.1, B.2, C.5.
class SessionService : public Sessions {
 public:
  SessionService(const SessionServiceParts& parts, SessionOptions options);

  /// Reads the sessions that an earlier run left. Call it once, before anything else.
  /// @errors kStoreBusy; kStoreBroken.
  Status Restore();

  Result<SessionLogin> Login(const SessionLoginCommand& command) override;
  Result<Secret> LoginTrusted(const UserId& user_id, std::string_view address) override;
  Result<TokenOutcome> Logout(std::string_view user_id, std::string_view token) override;
  TokenOutcome Check(std::string_view user_id, std::string_view token) override;

  /// By how much the wall clock was set since the last call, if by more than a minute; negative:
  /// back; mostly 0. The next `Upkeep` adds that to what the store has. To be called before each
  /// `Upkeep`, by the same thread.
  std::chrono::milliseconds NoticeWallClockJump();

  /// Writes uses to the store, and removes from it and from memory what is over: a bounded
  /// share of each. To be called every few seconds, by one thread at a time.
  ///
  /// @errors kStoreBusy, kStoreBroken: a later call tries again.
  Result<SessionUpkeep> Upkeep();

  /// How many are logged in, sessions that have ended but were not removed yet included.
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
  Status WriteBacklog(SessionUpkeep& done);
  /// Lets the store's times follow the wall clock.
  Status MoveStoredUses();
  /// A time of `steady_clock_` as the store has it.
  [[nodiscard]] TimePoint ForStore(TimePoint time) const { return time + stored_ahead_.load(); }

  const LoginVerifier& verifier_;
  SessionStore& store_;
  SessionCrypto& crypto_;
  const Clock& clock_;
  const SteadyWallClock steady_clock_;  ///< of all times in memory
  const SessionOptions options_;
  const std::string application_;  ///< as tokens name it
  SessionTable table_;
  std::atomic<std::uint64_t> last_number_{0};
  /// How far the wall clock is ahead of `steady_clock_`, as far as that was noticed ...
  std::chrono::milliseconds noticed_ahead_{0};
  /// ... and as far as the times in the store follow it.
  std::atomic<std::chrono::milliseconds> stored_ahead_{std::chrono::milliseconds(0)};
  bool stored_future_ = false;  ///< the store has uses that are later than the start
  std::array<std::atomic<std::uint64_t>, static_cast<std::size_t>(LoginOutcome::kOk) + 1>
      refused_logins_{};
};

}  // namespace rtcroom
