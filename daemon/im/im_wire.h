// How calls to the IM service and its answers are written.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/random_source.h"
#include "daemon/base/secret.h"
#include "daemon/core/ids.h"

namespace rtcroom {

/// As whom a call is made.
struct ImCallerIdentity {
  std::uint32_t sdk_app_id = 0;
  const UserId& administrator;
  const Secret& signature;
};

/// Path and query of a call.
/// @param command  service and command: `group_open_http_svc/create_group`.
/// @source protocol D.7.
std::string ImTarget(std::string_view command, const ImCallerIdentity& caller,
                     RandomSource& random);

/// What the service answered, as far as it is what it documents.
struct ImErrorReport {
  bool ok = false;  ///< ActionStatus
  int code = 0;
  std::string info{};
};

/// @return nothing for what is no such answer.
std::optional<ImErrorReport> ReadImErrorReport(const std::string& body);

/// What the service says, for the log: without the signature, which it may repeat, in visible ASCII
/// and cut.
std::string ImTextForTheLog(std::string text, const Secret& signature);

}  // namespace rtcroom
