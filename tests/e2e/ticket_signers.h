// Login tickets in every form that a server must accept (protocol D.1, D.2).
#pragma once

#include <functional>
#include <ostream>
#include <string>
#include <vector>

namespace rtcroom {

/// One way to sign a ticket, which is good for an hour, with a name for the tests.
struct TicketSigner {
  const char* name = "";
  std::function<std::string(const std::string& user_id)> sign;
};
inline void PrintTo(const TicketSigner& signer, std::ostream* out) { *out << signer.name; }

/// Version 1 as the older servers and as the newer libraries write it, and version 2.
std::vector<TicketSigner> TicketSigners();

/// The public key for version 1, as PEM; generated in every process. `kTestAppKey` verifies version
/// 2.
std::string PublicTicketKey();

}  // namespace rtcroom
