// Rate limits controlled by a test.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/auth/admission.h"

namespace rtcroom {

/// Admits every caller that is not listed.
///
/// @threads safe from any thread once the sets are filled.
class FakeAdmission : public Admission {
 public:
  std::set<std::string, std::less<>> refused_addresses;
  std::set<std::string, std::less<>> refused_users;
  std::set<std::pair<std::string, std::string>> refused_claims;  ///< each with its address
  std::set<std::string, std::less<>> refused_tickets;            ///< addresses

  std::set<std::string, std::less<>> indebted_addresses;

  std::atomic<std::uint32_t> charged_to_addresses{0};
  std::atomic<std::uint32_t> charged_to_users{0};
  std::chrono::nanoseconds delay{0};  ///< for every address
  std::atomic<int> delays_asked{0};
  std::atomic<int> addresses_asked{0};
  std::atomic<int> users_asked{0};
  std::atomic<int> claims_asked{0};
  std::atomic<int> tickets_asked{0};

  [[nodiscard]] bool AdmitsAddress(std::string_view address) override {
    ++addresses_asked;
    return !refused_addresses.contains(address);
  }
  [[nodiscard]] std::chrono::nanoseconds DelayOfAddress(std::string_view /*address*/) override {
    ++delays_asked;
    return delay;
  }
  [[nodiscard]] bool AdmitsUser(const UserId& user) override {
    ++users_asked;
    return !refused_users.contains(user.value);
  }
  [[nodiscard]] bool AdmitsClaim(std::string_view address, const UserId& user) override {
    ++claims_asked;
    return !refused_claims.contains({std::string(address), user.value});
  }
  void ChargeAddress(std::string_view /*address*/, std::uint32_t tokens) override {
    charged_to_addresses += tokens;
  }
  void ChargeUser(const UserId& /*user*/, std::uint32_t tokens) override {
    charged_to_users += tokens;
  }
  [[nodiscard]] bool IsAddressInDebt(std::string_view address) override {
    return indebted_addresses.contains(address);
  }
  [[nodiscard]] bool IsUserInDebt(const UserId& /*user*/) override { return false; }
  [[nodiscard]] bool AdmitsTicket(std::string_view address) override {
    ++tickets_asked;
    return !refused_tickets.contains(address);
  }
};

}  // namespace rtcroom
