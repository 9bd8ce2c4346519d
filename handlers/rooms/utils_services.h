// The services that the endpoints under `utils` use.
#pragma once

#include <string>

#include "daemon/auth/login_info_signer.h"
#include "daemon/auth/test_streams.h"
#include "daemon/base/bearer_token.h"
#include "handlers/rooms/config_probe.h"
#include "handlers/rooms/log_files.h"

namespace rtcroom {

/// The services are not owned; all of them are safe from any thread and outlive the `Router`.
struct UtilsServices {
  /// Whether the opt-in endpoints exist: all but get_login_info.
  bool enabled = false;
  /// POST get_login_info answers any caller, not only a proven one.
  bool open_login_info = false;
  /// The prefix of a link to a log file; the percent-encoded name follows.
  std::string log_link{};
  TestStreams& test_streams;
  const LoginInfoSigner& login_info;
  const LogFiles& logs;
  ConfigProbe& config;
  const BearerToken& token;
};

}  // namespace rtcroom
