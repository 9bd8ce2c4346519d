// The signature of POST get_login_info.
#pragma once

#include <string>
#include <utility>

#include "daemon/auth/login_info_signer.h"
#include "daemon/base/secret.h"

namespace rtcroom {

/// MD5 of the live API's key, the time and the userID.
///
/// @threads immutable: safe from any thread.
/// @source protocol D.5.
class Md5LoginInfo : public LoginInfoSigner {
 public:
  /// @param key  empty: nothing is signed.
  explicit Md5LoginInfo(Secret key) : key_(std::move(key)) {}

  Result<std::string> Sign(const UserId& user_id, TimePoint ends) const override;

 private:
  const Secret key_;
};

}  // namespace rtcroom
