// Answers the handshakes of today's IM SDKs.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "daemon/auth/admission.h"
#include "handlers/shared/protocol_handler.h"
#include "handlers/tim/tim_socket.h"

namespace rtcroom::tim {

/// Upgrades `<prefix>/binfo` to a WebSocket of binary frames, and `<prefix>/info` to one of texts.
/// One for another application is answered with HTTP status 404; while the server is cut off from
/// the others on its store, all are refused with 503: another one serves them.
///
/// @threads safe from any thread.
class TimRouter : public ProtocolHandler {
 public:
  /// All of it outlives the router, and the sockets that it has begun.
  TimRouter(const SocketDeps& deps, Admission& admission, const Cors& cors,
            const std::string& prefix);

  [[nodiscard]] bool Serves(std::string_view path) const {
    return path == binary_path_ || path == text_path_;
  }

  RequestPlan Resolve(HttpRequest& /*request*/) override { return {.lane = Lane::kInline}; }

 private:
  std::optional<HttpReply> Run(Call& call) override;
  HttpReply RenderFault(Call& call) const override;

  const SocketDeps deps_;
  Admission& admission_;
  const std::string binary_path_;
  const std::string text_path_;
};

}  // namespace rtcroom::tim
