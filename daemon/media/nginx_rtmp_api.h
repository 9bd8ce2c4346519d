// nginx with its RTMP module, asked over `rtmp_stat` and `rtmp_control`.
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

struct NginxRtmpOptions {
  std::string base_url{};  ///< of an http server with the locations /stat and /control
  Secret control_key{};    ///< sent as a bearer token; empty: none is sent
  std::string app = "live";
};

/// Asks for the list of streams.
OutgoingCall NginxListCall(const NginxRtmpOptions& options);

/// The published streams of an application of the first RTMP server, which is also the one that
/// drops act on.
/// @errors kUnavailable for any reply but a whole list with valid numbers.
Result<StreamList> ReadNginxList(OutgoingReply reply, std::string_view app);

/// Disconnects a publisher.
/// @param stream  may have any characters.
/// @param client  a client ID.
OutgoingCall NginxDropCall(const NginxRtmpOptions& options, std::string_view stream,
                           std::string_view client);

/// @errors kUnavailable for any reply but a number.
Result<DropOutcome> ReadNginxDrop(const OutgoingReply& reply);

/// With more than one worker process, a list has the streams of one of them, and drops reach only
/// those. The same holds for the streams of old workers after a reload.
///
/// @source measured with libnginx-mod-rtmp 1.2.2-3 of Debian 12.
class NginxRtmpServer : public StreamServer {
 public:
  /// @param http  outlives this object.
  NginxRtmpServer(NginxRtmpOptions options, OutgoingHttp& http);

  Result<StreamList> List(std::chrono::milliseconds timeout) override;
  Result<DropOutcome> Drop(const std::string& stream, const std::string& client,
                           std::chrono::milliseconds timeout) override;

 private:
  const NginxRtmpOptions options_;
  OutgoingHttp& http_;
};

}  // namespace rtcroom
