// The page at `/` for a person who opens the clients' address in a browser.
#pragma once

#include <string>

#include "daemon/http/http_handler.h"

namespace rtcroom {

/// The facts that the page names.
struct WelcomeFacts {
  std::string prefix{};        ///< of the room API
  bool demo = false;           ///< whether `/demo/` is served
  std::string admin_origin{};  ///< of the operators' pages; empty: not linked
};

/// Answers GET of `/` by clients that accept HTML, in English and Chinese. From memory.
///
/// @threads immutable: safe from any thread.
class WelcomePage : public RequestHandler {
 public:
  explicit WelcomePage(const WelcomeFacts& facts);

  /// False for all other requests, which are answered as without this object.
  [[nodiscard]] bool Serves(const HttpRequest& request) const override;
  void Handle(HttpRequest& request, Responder& responder) override;

 private:
  const std::string page_;
  const Headers headers_;
};

}  // namespace rtcroom
