// What the endpoints under `utils` work with.
#pragma once

#include <string>

#include "daemon/auth/login_info_signer.h"
#include "daemon/auth/operator_token.h"
#include "daemon/core/config_probe.h"
#include "daemon/core/log_files.h"
#include "daemon/core/test_streams.h"

namespace rtcroom {

/// Not owned; all of it is safe from any thread and outlives the `Router`.
struct UtilsServices {
  /// Whether the endpoints are there that an operator has to want: all but get_login_info.
  bool enabled = false;
  /// POST get_login_info answers whoever asks, and not only who has proven who he is.
  bool open_login_info = false;
  /// What a link to a log file begins with; the name follows, percent-encoded.
  std::string log_link{};
  TestStreams& test_streams;
  const LoginInfoSigner& login_info;
  const LogFiles& logs;
  ConfigProbe& config;
  const OperatorToken& token;
};

}  // namespace rtcroom
