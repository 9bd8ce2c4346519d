// An SRS media server, asked over its HTTP API.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "daemon/base/result.h"
#include "daemon/base/secret.h"
#include "daemon/http_client/outgoing_call.h"
#include "daemon/http_client/outgoing_http.h"
#include "daemon/media/stream_server.h"

namespace rtcroom {

struct SrsOptions {
  std::string base_url{};
  Secret control_key{};  ///< `user:password` of `http_api.auth`; empty: none is sent
  std::string app = "live";
};

/// Asks for the list of streams.
OutgoingCall SrsListCall(const SrsOptions& options);

/// The published streams of an application, of all virtual hosts.
/// @errors kUnavailable for any reply but a whole list with valid members.
Result<StreamList> ReadSrsList(OutgoingReply reply, std::string_view app);

/// Disconnects a client.
/// @param client  a client ID.
OutgoingCall SrsDropCall(const SrsOptions& options, std::string_view client);

/// @errors kUnavailable for any reply but that of a drop or of an unknown client.
Result<DropOutcome> ReadSrsDrop(const OutgoingReply& reply);

/// Needs version 5 or later: before, names in lists are not escaped, and any player could forge
/// entries.
///
/// @source measured with SRS 7.0.18; its issue 1757.
class SrsServer : public StreamServer {
 public:
  /// @param http  outlives this object.
  SrsServer(SrsOptions options, OutgoingHttp& http);

  Result<StreamList> List(std::chrono::milliseconds timeout) override;
  Result<DropOutcome> Drop(const std::string& stream, const std::string& client,
                           std::chrono::milliseconds timeout) override;

 private:
  const SrsOptions options_;
  OutgoingHttp& http_;
};

}  // namespace rtcroom
