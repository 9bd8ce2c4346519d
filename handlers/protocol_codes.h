// The one place that knows the protocol's numbers and sentences.
#pragma once

#include <string_view>

#include "daemon/base/logger.h"
#include "daemon/core/ids.h"
#include "daemon/core/result.h"

namespace rtcroom {

/// How a failure is told to a client and to the log.
struct ProtocolCode {
  Errc failure = Errc::kInternal;
  int code = 0;
  /// 200 wherever a handler was reached: clients look at `code` only, and some of them take an
  /// HTTP error for a lost connection (protocol 0.2).
  int http_status = 200;
  std::string_view message{};  ///< UTF-8, always the table's sentence
  LogLevel log_level = LogLevel::kDebug;
};

inline constexpr int kSuccessCode = 0;
inline constexpr std::string_view kSuccessMessage = "请求成功";

/// @source protocol A.2, B.2, F.7.
const ProtocolCode& ProtocolCodeOf(Dialect dialect, Errc failure);

}  // namespace rtcroom
