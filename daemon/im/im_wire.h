// Wire format of calls to the IM service and of its answers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/random_source.h"
#include "daemon/base/secret.h"
#include "daemon/core/ids.h"

namespace rtcroom {

/// Credentials of a call.
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

/// The documented part of the service's answer.
struct ImErrorReport {
  bool ok = false;  ///< ActionStatus
  int code = 0;
  std::string info{};
};

/// @return nullopt for any other body.
std::optional<ImErrorReport> ReadImErrorReport(const std::string& body);

/// The service's text for the log: without the signature, which it may repeat, in visible ASCII and
/// truncated.
std::string ImTextForTheLog(std::string text, const Secret& signature);

}  // namespace rtcroom
