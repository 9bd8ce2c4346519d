#include "tests/e2e/ticket_signers.h"

#include "daemon/auth/user_sig_v1.h"
#include "daemon/auth/user_sig_v2.h"
#include "tests/unit/auth/test_keys.h"

namespace rtcroom {
namespace {

TimePoint IssuedAt(const Ticket& ticket) {
  return std::chrono::floor<TimePoint::duration>(std::chrono::system_clock::now()) -
         ticket.since_issued;
}

const PemKeyPair& KeyPair(bool other) {
  static const PemKeyPair ours = MakeEcKeyPair("P-256");
  static const PemKeyPair theirs = MakeEcKeyPair("P-256");
  return other ? theirs : ours;
}

std::string SignV1(const Ticket& ticket, const char* account_type) {
  const auto key = EcdsaPrivateKey::FromPem(KeyPair(ticket.with_other_key).private_pem);
  return *SignUserSigV1({.sdk_app_id = ticket.sdk_app_id, .user_id = {ticket.user_id}},
                        account_type, *key, IssuedAt(ticket), ticket.life);
}

std::string SignV2(const Ticket& ticket) {
  return SignUserSigV2({.sdk_app_id = ticket.sdk_app_id, .user_id = {ticket.user_id}},
                       Secret(ticket.with_other_key ? "another key" : kTestAppKey),
                       IssuedAt(ticket), ticket.life);
}

}  // namespace

std::vector<TicketSigner> TicketSigners() {
  return {
      {.name = "V1OfOlderServers", .sign = [](const Ticket& t) { return SignV1(t, "36862"); }},
      {.name = "V1OfNewerLibraries", .sign = [](const Ticket& t) { return SignV1(t, "0"); }},
      {.name = "V2", .sign = SignV2},
  };
}

std::string PublicTicketKey() { return KeyPair(false).public_pem; }

}  // namespace rtcroom
