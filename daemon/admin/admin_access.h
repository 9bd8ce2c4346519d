// Access control of the admin listener, beyond health and metrics.
#pragma once

#include <utility>

#include "daemon/base/bearer_token.h"
#include "daemon/base/secret.h"
#include "daemon/http/message.h"

namespace rtcroom {

/// The file of the key of a running server, below its data directory.
inline constexpr const char* kAdminKeyFile = "admin-key";

/// Two credentials open the port: the token `admin.token`, for people, and a key that is renewed at
/// each start and lies in the data directory, for commands on the same machine whose user may read
/// it. Either is sent as `Authorization: Bearer`.
///
/// @threads safe from any thread.
class AdminAccess {
 public:
  /// @param token  empty: no token.
  /// @param key  empty: no key.
  AdminAccess(Secret token, Secret key) : token_(std::move(token)), key_(std::move(key)) {}

  void SetToken(Secret token) { token_.Set(std::move(token)); }

  /// Whether a token is set: without one there is no console.
  [[nodiscard]] bool has_token() const { return token_.is_set(); }

  /// Its timing reveals nothing about token and key but their lengths.
  [[nodiscard]] bool Admits(const HttpRequest& request) const {
    return token_.Admits(request.authorization) || key_.Admits(request.authorization);
  }

 private:
  BearerToken token_;
  const BearerToken key_;
};

}  // namespace rtcroom
