// The CORS headers, which let pages of other origins call the API.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/http/message.h"

namespace rtcroom {

/// @threads immutable: safe from any thread.
/// @source protocol 0.2.
class Cors {
 public:
  /// @param origins  the allowed origins, each as a browser sends it; `*` allows all.
  explicit Cors(std::vector<std::string> origins);

  /// Whether pages of that origin may call the API.
  [[nodiscard]] bool Allows(std::string_view origin) const;

  /// Whether pages of that origin may open a WebSocket: a browser asks no server before, so this
  /// one has to refuse. A page of the server's own host may, whatever the list says, by http and
  /// https: a proxy may speak TLS for the server.
  ///
  /// @param host  the `Host` of the request.
  [[nodiscard]] bool AllowsSocket(std::string_view origin, std::string_view host) const;

  /// Call it for every reply. It never allows credentials: the API uses no cookies.
  void AddOrigin(std::string_view origin, Headers& headers) const;

  /// The reply to OPTIONS, without the origin.
  static HttpReply Preflight();

 private:
  const std::vector<std::string> origins_;
  const bool any_origin_;
};

}  // namespace rtcroom
