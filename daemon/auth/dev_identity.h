// The keys and the certificate of `serve --dev`, created once and reused.
#pragma once

#include <filesystem>

#include "daemon/base/clock.h"
#include "daemon/base/random_source.h"
#include "daemon/base/result.h"
#include "daemon/base/secret.h"

namespace rtcroom {

struct DevIdentity {
  std::filesystem::path cert_path{};  ///< PEM certificate for localhost, 127.0.0.1 and ::1
  std::filesystem::path key_path{};   ///< its PEM key
  Secret sig_key{};                   ///< signs version 2 UserSigs
  Secret push_key{};                  ///< signs stream URLs
  Secret admin_token{};               ///< grants access to the console
};

/// The file of `sig_key` in that directory.
inline constexpr const char* kDevSigKeyFile = "dev-sig-key";

/// Reads `dev-cert.pem`, `dev-key.pem`, `dev-sig-key`, `dev-push-key` and `dev-admin-token` in
/// `directory`, and creates missing ones: the directory, a certificate with its key, 64, 32 and 32
/// hex characters.
///
/// The certificate and its key are replaced when they cannot be read, do not match or end within a
/// day; a key file when it is empty. Created files are readable by their owner only, except the
/// certificate. Call it from one process at a time.
///         kInternal when OpenSSL fails.
Result<DevIdentity> LoadOrMakeDevIdentity(const std::filesystem::path& directory,
                                          RandomSource& random, TimePoint now);

}  // namespace rtcroom
