// Calls to the cloud's API 3.0.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/base/secret.h"
#include "daemon/http_client/outgoing_call.h"
#include "daemon/http_client/outgoing_http.h"

namespace rtcroom {

/// One service of the API, and the account that calls it.
struct CloudAccount {
  std::string base_url{};  ///< `https://`, host and optional port
  std::string secret_id{};
  Secret secret_key{};
  std::string region{};  ///< empty: none is sent
};

struct CloudAction {
  std::string_view service{};  ///< "live"
  std::string_view version{};  ///< "2018-08-01"
  std::string name{};          ///< "DescribeLiveStreamState"
  std::string payload{};       ///< JSON
};

/// @errors kUnreachable when the base URL is invalid.
/// @throws std::runtime_error as digests do.
/// @source protocol D.8.
Result<OutgoingCall> SignedCloudCall(const CloudAccount& account, const CloudAction& action,
                                     TimePoint now);

/// Signs and makes a call.
/// @errors kUnreachable, kUnavailable, as of the HTTP client; throws nothing.
Result<OutgoingReply> SendCloudCall(OutgoingHttp& http, const CloudAccount& account,
                                    const CloudAction& action, TimePoint now,
                                    std::chrono::milliseconds timeout);

/// The documented parts of a reply.
struct CloudReply {
  std::string error_code{};    ///< letters, digits and dots; empty: the call succeeded
  std::string stream_state{};  ///< state from DescribeLiveStreamState

  [[nodiscard]] bool ok() const { return error_code.empty(); }
};

/// @errors kUnavailable for a reply that is not of the API: each has a RequestId.
Result<CloudReply> ReadCloudReply(const OutgoingReply& reply);

}  // namespace rtcroom
