#include "daemon/auth/dev_identity.h"

#include <string>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "daemon/auth/dev_certificate.h"
#include "daemon/auth/made_key.h"
#include "daemon/base/atomic_file.h"

namespace rtcroom {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kOwnerOnly = 0600;
constexpr mode_t kWorldReadable = 0644;

Status KeepCertificate(const DevIdentity& identity, RandomSource& random, TimePoint now) {
  const Result<std::string> cert_pem = ReadSmallFile(identity.cert_path);
  const Result<std::string> key_pem = ReadSmallFile(identity.key_path);
  if (cert_pem && key_pem && IsUsable({*cert_pem, Secret(*key_pem)}, now)) return {};

  const Result<DevCertificate> made = MakeDevCertificate(random, now);
  if (!made) return made.error();
  // A crash between the two writes leaves a mismatched pair, which the next start replaces.
  Status key_written =
      WriteFileAtomically(identity.key_path, made->key_pem.Reveal(), kOwnerOnly, random);
  if (!key_written) return key_written;
  return WriteFileAtomically(identity.cert_path, made->cert_pem, kWorldReadable, random);
}

}  // namespace

Result<DevIdentity> LoadOrMakeDevIdentity(const fs::path& directory, RandomSource& random,
                                          TimePoint now) {
  std::error_code failure;
  fs::create_directories(directory, failure);
  if (failure) {
    return Error{Errc::kUnavailable, fmt::format("cannot make the directory {}: {}",
                                                 directory.string(), failure.message())};
  }
  DevIdentity identity{.cert_path = directory / "dev-cert.pem",
                       .key_path = directory / "dev-key.pem",
                       .sig_key = Secret(),
                       .push_key = Secret(),
                       .admin_token = Secret()};
  if (const Status kept = KeepCertificate(identity, random, now); !kept) return kept.error();

  Result<Secret> sig_key = LoadOrMakeKey(directory / kDevSigKeyFile, 32, random);
  if (!sig_key) return sig_key.error();
  identity.sig_key = *std::move(sig_key);

  Result<Secret> push_key = LoadOrMakeKey(directory / "dev-push-key", 16, random);
  if (!push_key) return push_key.error();
  identity.push_key = *std::move(push_key);

  Result<Secret> admin_token = LoadOrMakeKey(directory / "dev-admin-token", 16, random);
  if (!admin_token) return admin_token.error();
  identity.admin_token = *std::move(admin_token);
  return identity;
}

}  // namespace rtcroom
