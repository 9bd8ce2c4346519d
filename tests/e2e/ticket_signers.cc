#include "tests/e2e/ticket_signers.h"

#include <chrono>

#include "daemon/auth/user_sig_v1.h"
#include "daemon/auth/user_sig_v2.h"
#include "tests/support/gen2_client.h"
#include "tests/unit/auth/test_keys.h"

namespace rtcroom {
namespace {

constexpr std::chrono::hours kTicketLife{1};

TimePoint IssuedNow() {
  return std::chrono::floor<TimePoint::duration>(std::chrono::system_clock::now());
}

const PemKeyPair& KeyPair() {
  static const PemKeyPair keys = MakeEcKeyPair("P-256");
  return keys;
}

std::string SignV1(const std::string& user_id, const char* account_type) {
  const auto key = EcdsaPrivateKey::FromPem(KeyPair().private_pem);
  return *SignUserSigV1({.sdk_app_id = kTestAppId, .user_id = {user_id}}, account_type, *key,
                        IssuedNow(), kTicketLife);
}

std::string SignV2(const std::string& user_id) {
  return SignUserSigV2({.sdk_app_id = kTestAppId, .user_id = {user_id}}, Secret(kTestAppKey),
                       IssuedNow(), kTicketLife);
}

}  // namespace

std::vector<TicketSigner> TicketSigners() {
  return {
      {.name = "V1OfOlderServers", .sign = [](const auto& user) { return SignV1(user, "36862"); }},
      {.name = "V1OfNewerLibraries", .sign = [](const auto& user) { return SignV1(user, "0"); }},
      {.name = "V2", .sign = SignV2},
  };
}

std::string PublicTicketKey() { return KeyPair().public_pem; }

}  // namespace rtcroom
