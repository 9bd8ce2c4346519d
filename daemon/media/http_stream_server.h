// A media server whose control interface is HTTP.
#pragma once

#include <chrono>
#include <string>

#include "daemon/base/result.h"
#include "daemon/base/secret.h"
#include "daemon/http_client/outgoing_call.h"
#include "daemon/http_client/outgoing_http.h"
#include "daemon/media/stream_server.h"

namespace rtcroom {

struct StreamServerOptions {
  std::string base_url{};
  Secret control_key{};  ///< key that the server takes; empty: none is sent
  std::string app = "live";
};

/// Makes the calls; the servers differ in what they are asked and what they reply.
class HttpStreamServer : public StreamServer {
 public:
  /// @param http  outlives this object.
  HttpStreamServer(StreamServerOptions options, OutgoingHttp& http);

  Result<StreamList> List(std::chrono::milliseconds timeout) final;
  Result<DropOutcome> Drop(const std::string& stream, const std::string& client,
                           std::chrono::milliseconds timeout) final;

 protected:
  [[nodiscard]] const StreamServerOptions& options() const { return options_; }

 private:
  [[nodiscard]] virtual OutgoingCall ListCall() const = 0;
  [[nodiscard]] virtual Result<StreamList> ReadList(OutgoingReply reply) const = 0;
  /// @param client  a client ID.
  [[nodiscard]] virtual OutgoingCall DropCall(const std::string& stream,
                                              const std::string& client) const = 0;
  [[nodiscard]] virtual Result<DropOutcome> ReadDrop(const OutgoingReply& reply) const = 0;

  const StreamServerOptions options_;
  OutgoingHttp& http_;
};

}  // namespace rtcroom
