// The steps that the doors of the message channel share, whatever their clients speak.
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "daemon/auth/admission.h"
#include "daemon/base/result.h"
#include "daemon/core/node_lease.h"
#include "handlers/shared/protocol_handler.h"

namespace rtcroom {

/// While the server is cut off from the others on its store, all but preflights are refused with
/// HTTP status 503: another server answers them. No reply may be cached.
///
/// @threads safe from any thread, as those that implement it have to be.
class ChannelDoor : public ProtocolHandler {
 protected:
  /// All of it outlives the door.
  /// @param admission  of addresses.
  /// @param node       as in `Services`.
  ChannelDoor(Admission& admission, RequestRecorder& recorder, const Cors& cors,
              const NodeLease* node)
      : ProtocolHandler(recorder, cors), admission_(admission), node_(node) {}

  [[nodiscard]] Admission& admission() const { return admission_; }

  /// Answers the handshake of a WebSocket: a refusal, or what `open` makes of its reply.
  /// @param subprotocol  that of the socket; empty: none.
  /// @param known  what the path and the query ask for; an error is answered with 404.
  /// @param open   takes over the responder of the call.
  /// @return nullopt when the connection was upgraded.
  std::optional<HttpReply> OpenSocket(Call& call, std::string_view subprotocol, const Status& known,
                                      const std::function<void(HttpReply)>& open) const;

  /// The reply to a failure, of which it tells the label.
  [[nodiscard]] virtual HttpReply Fail(const Error& error, RequestLabel& label) const;

 private:
  /// The name of what is called, for the log and the metrics.
  [[nodiscard]] virtual std::string_view LabelOf(std::string_view path) const = 0;
  /// Runs a call of a server that is not cut off.
  /// @return as `Run`.
  virtual std::optional<HttpReply> Answer(Call& call) = 0;

  std::optional<HttpReply> Run(Call& call) final;
  HttpReply RenderFault(Call& call) const final;

  Admission& admission_;
  const NodeLease* const node_;
};

}  // namespace rtcroom
