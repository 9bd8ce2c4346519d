// A session service on a store of its own, with a clock controlled by the test.
#pragma once

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "daemon/auth/session_crypto.h"
#include "daemon/auth/session_service.h"
#include "tests/support/counting_random.h"
#include "tests/support/failing_session_store.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_login_verifier.h"
#include "tests/support/matchers.h"
#include "tests/support/recording_listener.h"
#include "tests/support/temp_store.h"

namespace rtcroom {

class SessionFixture : public testing::Test {
 protected:
  SessionFixture() { Restart(); }

  /// Simulates a new process on the same store.
  void Restart() { Restart(clock_.Now()); }
  /// @param removal  time of the removal clock.
  void Restart(TimePoint removal) {
    service_ = std::make_unique<SessionService>(SessionServiceDeps{.verifier = verifier_,
                                                                   .store = store_,
                                                                   .crypto = crypto_,
                                                                   .clock = clock_,
                                                                   .dates = clock_},
                                                options_);
    EXPECT_OK(service_->Restore(removal));
  }
  Result<SessionUpkeep> Upkeep() { return service_->Upkeep(clock_.Now()); }

  static SessionLoginCommand CommandOf(const std::string& user) {
    return {.sdk_app_id = "1400000001",
            .account_type = "36862",
            .user_id = {user},
            .user_sig = "sig-of-" + user};
  }
  /// The outcome of a login that must not fail in the store.
  LoginOutcome OutcomeOf(const SessionLoginCommand& command) {
    const Result<SessionLogin> login = service_->Login(command);
    EXPECT_OK(login);
    return login->outcome;
  }
  /// The token of a login that must succeed.
  std::string Login(const std::string& user) {
    const Result<SessionLogin> login = service_->Login(CommandOf(user));
    EXPECT_OK(login);
    EXPECT_EQ(login->outcome, LoginOutcome::kOk);
    return login->token.Reveal();
  }

  FakeClock clock_;
  CountingRandom random_;
  SessionCrypto crypto_{random_};
  FakeLoginVerifier verifier_;
  RecordingListener listener_;
  TempStore sqlite_{{}, "00000000000000aa", listener_};
  FailingSessionStore store_{sqlite_.sessions()};
  SessionOptions options_{.sdk_app_id = 1400000001,
                          .account_type = "36862",
                          .table = {.max_sessions = 100, .ttl = std::chrono::days(7)}};
  std::unique_ptr<SessionService> service_;
};

}  // namespace rtcroom
