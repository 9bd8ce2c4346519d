// Rate limits as a test wants them.
#pragma once

#include <atomic>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/core/admission.h"

namespace rtcroom {

/// Admits everybody whom a test has not named.
///
/// @threads safe from any thread once the names are set.
class FakeAdmission : public Admission {
 public:
  std::set<std::string, std::less<>> refused_addresses;
  std::set<std::string, std::less<>> refused_users;
  std::set<std::pair<std::string, std::string>> refused_claims;  ///< each with its address
  std::set<std::string, std::less<>> refused_tickets;            ///< addresses

  std::atomic<int> addresses_asked{0};
  std::atomic<int> users_asked{0};
  std::atomic<int> claims_asked{0};
  std::atomic<int> tickets_asked{0};

  [[nodiscard]] bool AdmitsAddress(std::string_view address) override {
    ++addresses_asked;
    return !refused_addresses.contains(address);
  }
  [[nodiscard]] bool AdmitsUser(const UserId& user) override {
    ++users_asked;
    return !refused_users.contains(user.value);
  }
  [[nodiscard]] bool AdmitsClaim(std::string_view address, const UserId& user) override {
    ++claims_asked;
    return !refused_claims.contains({std::string(address), user.value});
  }
  [[nodiscard]] bool AdmitsTicket(std::string_view address) override {
    ++tickets_asked;
    return !refused_tickets.contains(address);
  }
};

}  // namespace rtcroom
