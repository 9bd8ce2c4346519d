// Answers the handshakes of today's IM SDKs.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "handlers/channel/channel_door.h"
#include "handlers/tim/tim_socket.h"

namespace rtcroom::tim {

/// Upgrades `<prefix>/binfo` to a WebSocket of binary frames, and `<prefix>/info` to one of texts.
/// One for another application is answered with HTTP status 404.
///
/// @threads safe from any thread.
class TimRouter : public ChannelDoor {
 public:
  /// All of it outlives the router, and the sockets that it has begun.
  TimRouter(const Context& context, Admission& admission, const PipelineDeps& deps,
            const std::string& prefix);

  [[nodiscard]] bool Serves(const HttpRequest& request) const override {
    return request.path == binary_path_ || request.path == text_path_;
  }

 private:
  [[nodiscard]] std::string_view LabelOf(std::string_view path) const override {
    return path == binary_path_ ? "tim/binfo" : "tim/info";
  }
  std::optional<HttpReply> Run(Call& call) override;

  const Context context_;
  const std::string binary_path_;
  const std::string text_path_;
};

}  // namespace rtcroom::tim
