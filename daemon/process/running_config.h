// The configuration of a running server.
#pragma once

#include <string>

#include "daemon/auth/dev_identity.h"
#include "daemon/base/result.h"
#include "daemon/base/secret.h"
#include "daemon/config/config.h"
#include "daemon/config/config_checks.h"
#include "daemon/config/reload_plan.h"

namespace rtcroom {

/// Below the data directory: the key of `FillInApplication`, and the folder of the identity of
/// `serve --dev`.
inline constexpr const char* kMadeApplicationKeyFile = "im-secret-key";
inline constexpr const char* kDevFolder = "dev";

/// @threads for one thread.
class RunningConfig {
 public:
  /// @param config  without problems, as loaded.
  RunningConfig(Config config, RunMode mode);

  /// Includes the values that a start fills in.
  const Config& operator*() const { return config_; }
  const Config* operator->() const { return &config_; }

  [[nodiscard]] RunMode mode() const { return mode_; }
  [[nodiscard]] bool is_dev() const { return mode_ == RunMode::kDev; }
  /// There is one only in dev mode, and only when none is configured.
  [[nodiscard]] const Secret& generated_admin_token() const { return generated_admin_token_; }

  /// Uses the identity for missing keys.
  void FillIn(const DevIdentity& identity);

  /// Uses a made key for the IM application that is missing.
  void FillInApplication(const Secret& secret_key);

  /// Applies the changes that need no restart. Generated values stay.
  ReloadPlan Reload(const Config& fresh);

  /// Whether a successor with `fresh` would listen on the same addresses.
  /// @errors kBadRequest, naming the changed key.
  [[nodiscard]] Status CheckSameListeners(const Config& fresh) const;

 private:
  const RunMode mode_;
  Config loaded_;  ///< base of the next reload
  Config config_;
  Secret generated_admin_token_;
};

}  // namespace rtcroom
