// The steps that the doors of the message channel share, whatever their clients speak.
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "daemon/auth/admission.h"
#include "daemon/base/result.h"
#include "handlers/shared/protocol_handler.h"

namespace rtcroom {

/// Preflights are answered without the store. No reply may be cached.
///
/// @threads safe from any thread, as those that implement it have to be.
class ChannelDoor : public ProtocolHandler {
 protected:
  /// @param admission  of addresses; outlives the door.
  ChannelDoor(Admission& admission, const PipelineDeps& deps)
      : ProtocolHandler(deps), admission_(admission) {}

  [[nodiscard]] Admission& admission() const { return admission_; }

  /// Answers the handshake of a WebSocket: a refusal, or what `open` makes of its reply.
  /// @param subprotocol  that of the socket; empty: none.
  /// @param known  what the path and the query ask for; an error is answered with 404.
  /// @param open   takes over the responder of the call.
  /// @return nullopt when the connection was upgraded.
  std::optional<HttpReply> OpenSocket(Call& call, std::string_view subprotocol, const Status& known,
                                      const std::function<void(HttpReply)>& open) const;

  [[nodiscard]] HttpReply Fail(const Error& error, Call& call) const override;
  /// Makes of a failure the reply to another method than POST.
  static HttpReply OnlyPost(HttpReply failure);

 private:
  /// The name of what is called, for the log and the metrics.
  [[nodiscard]] virtual std::string_view LabelOf(std::string_view path) const = 0;
  std::optional<HttpReply> Begin(Call& call) final;

  Admission& admission_;
};

}  // namespace rtcroom
