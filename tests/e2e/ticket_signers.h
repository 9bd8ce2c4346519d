// Login tickets in every form that a server must accept (protocol D.1, D.2).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "tests/support/gen2_client.h"

namespace rtcroom {

/// The default contents of a ticket in the tests.
struct Ticket {
  std::uint32_t sdk_app_id = kTestAppId;
  std::string user_id = "user_0001";
  std::chrono::seconds life = std::chrono::hours(1);
  std::chrono::seconds since_issued{0};
  bool with_other_key = false;
};

/// One way to sign, with a name for the tests.
struct TicketSigner {
  const char* name = "";
  std::function<std::string(const Ticket&)> sign;
};
inline void PrintTo(const TicketSigner& signer, std::ostream* out) { *out << signer.name; }

/// Version 1 as the older servers and as the newer libraries write it, and version 2.
std::vector<TicketSigner> TicketSigners();

/// The public key for version 1, as PEM; generated in every process. `kTestAppKey` verifies version
/// 2.
std::string PublicTicketKey();

}  // namespace rtcroom
