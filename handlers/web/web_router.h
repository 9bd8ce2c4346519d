// Publishing (WHIP) and playing (WHEP) from a browser over HTTP.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "daemon/auth/admission.h"
#include "daemon/core/web_sessions.h"
#include "handlers/shared/protocol_handler.h"
#include "handlers/web/web_addresses.h"

namespace rtcroom {

/// All of it outlives the router.
struct WebContext {
  WebSessions& sessions;
  const WebAddresses& addresses;
  Admission& admission;
  const Clock& clock;
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
class WebRouter : public ProtocolHandler {
 public:
  static constexpr std::size_t kMaxOfferBytes = std::size_t{32} << 10;
  static constexpr std::size_t kMaxPatchBytes = std::size_t{8} << 10;

  WebRouter(const WebContext& context, const PipelineDeps& deps)
      : ProtocolHandler(deps), context_(context) {}

  /// Paths are exact.
  [[nodiscard]] bool Serves(const HttpRequest& request) const override {
    return TargetOf(request.path).has_value();
  }
  RequestPlan Resolve(HttpRequest& request) override;

 private:
  /// The target that a path names.
  struct Target {
    std::string_view label{};  ///< "whip", "whep", "web"
    std::string_view rest{};
  };

  std::optional<HttpReply> Begin(Call& call) override;
  std::optional<HttpReply> Run(Call& call) override;
  [[nodiscard]] HttpReply Fail(const Error& error, Call& call) const override;

  [[nodiscard]] std::optional<Target> TargetOf(std::string_view path) const;
  [[nodiscard]] HttpReply ChangeSession(const HttpRequest& http, std::string_view session,
                                        RequestLabel& label) const;
  [[nodiscard]] HttpReply ReplyTo(const WebAnswer& answer, RequestLabel& label) const;

  const WebContext context_;
};

}  // namespace rtcroom
