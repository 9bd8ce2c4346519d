// Connects the configuration to the endpoints under `utils`.
#pragma once

#include "daemon/auth/md5_login_info.h"
#include "daemon/auth/signed_stream_urls.h"
#include "daemon/auth/signed_test_streams.h"
#include "daemon/base/bearer_token.h"
#include "daemon/base/call_pool.h"
#include "daemon/base/random_source.h"
#include "daemon/config/config.h"
#include "daemon/process/config_check.h"
#include "daemon/process/log_folder.h"
#include "handlers/rooms/utils_services.h"

namespace rtcroom {

/// Dependencies of the module; each outlives it, or is stopped before its own end.
struct UtilsModuleDeps {
  const SignedStreamUrls& streams;
  RandomSource& random;
  CallPool& calls;
  ConfigCheck::AskIm ask_im{};  ///< empty without an IM service
};

/// @threads safe from any thread.
class UtilsModule {
 public:
  /// @param config  with the values that a start has filled in.
  UtilsModule(const Config& config, const UtilsModuleDeps& deps);
  UtilsModule(const UtilsModule&) = delete;
  UtilsModule& operator=(const UtilsModule&) = delete;

  [[nodiscard]] const UtilsServices& services() const { return services_; }

  void SetAdminToken(const Secret& token) { token_.Set(token); }

 private:
  SignedTestStreams test_streams_;
  const Md5LoginInfo login_info_;
  const LogFolder logs_;
  ConfigCheck config_check_;
  BearerToken token_;
  const UtilsServices services_;
};

}  // namespace rtcroom
