// Publishing (WHIP) and playing (WHEP) from a browser over HTTP.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/auth/admission.h"
#include "daemon/core/node_lease.h"
#include "daemon/core/web_sessions.h"
#include "daemon/http/http_handler.h"
#include "handlers/cors.h"
#include "handlers/request_recorder.h"
#include "handlers/web_addresses.h"

namespace rtcroom {

/// All of it outlives the router.
struct WebContext {
  WebSessions& sessions;
  const WebAddresses& addresses;
  Admission& admission;
  RequestRecorder& recorder;
  const Clock& clock;
  const NodeLease* node = nullptr;  ///< as in `Services`
};

/// Answers
/// - POST `<prefix>/whip/<stream>` and `<prefix>/whep/<stream>`, whose body is an offer: 201 with
///   the answer and the path of the session. A worker makes the answer; no thread waits for it;
/// - DELETE `<prefix>/web/<session>`: 200; PATCH: 204 without effect, 405 for a restart of ICE.
///
/// Failures have a word of text. Whoever may not use an address gets the same 403, whatever the
/// reason. The address is the right to it, so there is no other login.
///
/// @threads safe from any thread; POST reads the store.
/// @source RFC 9725; draft-ietf-wish-whep-03.
class WebRouter : public HttpHandler {
 public:
  static constexpr std::size_t kMaxOfferBytes = std::size_t{32} << 10;
  static constexpr std::size_t kMaxPatchBytes = std::size_t{8} << 10;

  WebRouter(const WebContext& context, std::vector<std::string> cors_origins)
      : context_(context), cors_(std::move(cors_origins)) {}

  /// Whether a path is one of these. Paths are exact.
  [[nodiscard]] bool Serves(std::string_view path) const { return TargetOf(path).has_value(); }

  RequestPlan Resolve(HttpRequest& request) override;
  void Handle(HttpRequest& request, Responder& responder) override;
  HttpReply Refuse(int status, std::string_view reason) override;

 private:
  /// What a path names.
  struct Target {
    std::string_view label{};  ///< "whip", "whep", "web"
    std::string_view rest{};
  };
  /// A request until it is answered.
  struct Call {
    Responder responder;
    RequestFacts facts{};
    RequestLabel label{};
    Headers headers{};  ///< of the reply, besides its own
  };

  [[nodiscard]] std::optional<Target> TargetOf(std::string_view path) const;
  void Answer(Call& call, HttpReply reply) const;
  /// @return nullopt: the request is an offer for a worker.
  [[nodiscard]] std::optional<HttpReply> AnswerAtOnce(const HttpRequest& http, const Target& target,
                                                      RequestLabel& label) const;
  [[nodiscard]] HttpReply ChangeSession(const HttpRequest& http, std::string_view session,
                                        RequestLabel& label) const;
  [[nodiscard]] HttpReply ReplyTo(const WebAnswer& answer, RequestLabel& label) const;

  const WebContext context_;
  const Cors cors_;
};

}  // namespace rtcroom
