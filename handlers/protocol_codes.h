// The one place that knows the protocol's numbers and sentences.
#pragma once

#include <string_view>

#include "daemon/base/logger.h"
#include "daemon/base/result.h"
#include "handlers/protocol.h"

namespace rtcroom {

/// How a failure is told to a client.
struct ProtocolCode {
  Errc failure = Errc::kInternal;
  int code = 0;
  std::string_view message{};  ///< UTF-8, always the table's sentence
};

inline constexpr int kSuccessCode = 0;
inline constexpr std::string_view kSuccessMessage = "请求成功";

/// 200 wherever a handler was reached: clients look at `code` only, and some of them take an HTTP
/// error for a lost connection (protocol 0.2).
inline constexpr int kFailureHttpStatus = 200;

/// @param endpoint  a few have sentences of their own.
/// @source protocol A.2, B.2, B.3, B.8, F.7.
const ProtocolCode& ProtocolCodeOf(Protocol protocol, std::string_view endpoint, Errc failure);

/// How loudly a failure is told to the log.
LogLevel LogLevelOf(Errc failure);

}  // namespace rtcroom
