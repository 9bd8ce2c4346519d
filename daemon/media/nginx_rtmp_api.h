// nginx with its RTMP module, asked over `rtmp_stat` and `rtmp_control`.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "daemon/base/result.h"
#include "daemon/http_client/outgoing_call.h"
#include "daemon/media/http_stream_server.h"

namespace rtcroom {

/// Asks for the list of streams.
/// @param options  with the address of an http server that has the locations /stat and /control,
///                 and a key that is sent as a bearer token.
OutgoingCall NginxListCall(const StreamServerOptions& options);

/// The published streams of an application of the first RTMP server, which is also the one that
/// drops act on.
/// @errors kUnavailable for any reply but a whole list with valid numbers.
Result<StreamList> ReadNginxList(OutgoingReply reply, std::string_view app);

/// Disconnects a publisher.
/// @param stream  may have any characters.
/// @param client  a client ID.
OutgoingCall NginxDropCall(const StreamServerOptions& options, std::string_view stream,
                           std::string_view client);

/// @errors kUnavailable for any reply but a number.
Result<DropOutcome> ReadNginxDrop(const OutgoingReply& reply);

/// A list of several worker processes has the streams of one of them, and drops reach only those.
/// A reload has the same effect on the streams of old workers.
///
/// @source measured with libnginx-mod-rtmp 1.2.2-3 of Debian 12.
class NginxRtmpServer : public HttpStreamServer {
 public:
  using HttpStreamServer::HttpStreamServer;

 private:
  [[nodiscard]] OutgoingCall ListCall() const override { return NginxListCall(options()); }
  [[nodiscard]] Result<StreamList> ReadList(OutgoingReply reply) const override {
    return ReadNginxList(std::move(reply), options().app);
  }
  [[nodiscard]] OutgoingCall DropCall(const std::string& stream,
                                      const std::string& client) const override {
    return NginxDropCall(options(), stream, client);
  }
  [[nodiscard]] Result<DropOutcome> ReadDrop(const OutgoingReply& reply) const override {
    return ReadNginxDrop(reply);
  }
};

}  // namespace rtcroom
