// The steps that the protocols of clients share.
#pragma once

#include <optional>

#include "daemon/http/http_handler.h"
#include "handlers/shared/call.h"
#include "handlers/shared/cors.h"
#include "handlers/shared/request_recorder.h"

namespace rtcroom {

/// Numbers each request, adds the headers for pages of other origins, lets its protocol answer it,
/// and records and sends the reply.
///
/// @threads safe from any thread, as those that implement it have to be.
class ProtocolHandler : public RequestHandler {
 public:
  /// Throws nothing.
  void Handle(HttpRequest& request, Responder& responder) override;

 protected:
  /// Both outlive this object.
  ProtocolHandler(RequestRecorder& recorder, const Cors& cors) : recorder_(recorder), cors_(cors) {}

  /// Answers a request that has a number.
  void Serve(HttpRequest& request, Responder& responder, Look look);

  [[nodiscard]] RequestRecorder& recorder() const { return recorder_; }
  [[nodiscard]] const Cors& cors() const { return cors_; }

 private:
  /// @return nullopt when the call is answered later, or was sent to a worker.
  virtual std::optional<HttpReply> Run(Call& call) = 0;

  /// The reply to the exception that is being handled.
  virtual HttpReply RenderFault(Call& call) const = 0;

  RequestRecorder& recorder_;
  const Cors& cors_;
};

}  // namespace rtcroom
