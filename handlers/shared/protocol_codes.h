// The table of the protocol's codes and messages; no other file holds them.
#pragma once

#include <string_view>

#include "daemon/base/logger.h"
#include "daemon/base/result.h"
#include "handlers/shared/protocol.h"

namespace rtcroom {

/// The code and message of a failure.
struct ProtocolCode {
  Errc failure = Errc::kInternal;
  int code = 0;
  std::string_view message{};  ///< UTF-8, always a message of the table
};

inline constexpr int kSuccessCode = 0;
inline constexpr std::string_view kSuccessMessage = "请求成功";

/// The HTTP status of a failure of a handler: 200, as clients check only `code`, and some of them
/// treat an HTTP error as a lost connection (protocol 0.2). 504 for kOutcomeUnknown: no proxy may
/// take it for an answer.
constexpr int HttpStatusOf(Errc failure) { return failure == Errc::kOutcomeUnknown ? 504 : 200; }

/// @param endpoint  a few have their own messages.
/// @source protocol A.2, B.2, B.3, B.8, F.7.
const ProtocolCode& ProtocolCodeOf(Protocol protocol, std::string_view endpoint, Errc failure);

/// The log level of a failure.
LogLevel ToLogLevel(Errc failure);

}  // namespace rtcroom
