// Who may use the operator's port for more than health and metrics.
#pragma once

#include <utility>

#include "daemon/admin/admin_token.h"
#include "daemon/base/secret.h"
#include "handlers/bearer.h"
#include "handlers/request.h"

namespace rtcroom {

/// Where a running server puts the key, below its data directory.
inline constexpr const char* kAdminKeyFile = "admin-key";

/// Two things open the port: the token `admin.token`, for people, and a key that is made anew at
/// each start and lies in the data directory, for commands that are run on the same machine by
/// somebody who may read it. Either is sent as `Authorization: Bearer`.
///
/// @threads safe from any thread.
class AdminAccess {
 public:
  /// @param token  empty: there is none.
  /// @param key  empty: there is none.
  AdminAccess(Secret token, Secret key) : token_(std::move(token)), key_(std::move(key)) {}

  void SetToken(Secret token) { token_.Set(std::move(token)); }

  /// Whether there is a token: without one there is no console.
  [[nodiscard]] bool has_token() const { return token_.is_set(); }

  /// Takes a time that tells nothing of token and key but their lengths.
  [[nodiscard]] bool Admits(const HttpRequest& request) const {
    const Secret shown = BearerToken(request.authorization);
    return token_.Admits(shown) || key_.Admits(shown);
  }

 private:
  AdminToken token_;
  const AdminToken key_;
};

}  // namespace rtcroom
