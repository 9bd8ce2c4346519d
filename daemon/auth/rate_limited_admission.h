// Admits requests and tickets at a rate for each address, and requests also for each user.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "daemon/auth/admission.h"
#include "daemon/auth/rate_limiter.h"

namespace rtcroom {

/// @source protocol F.9.
struct AdmissionLimits {
  RateLimit per_address{.per_second = 200, .burst = 1000};
  RateLimit per_user{.per_second = 20, .burst = 60};
  RateLimit tickets{.burst = 100, .per_hour = 600};  ///< for fresh users, per address
};

/// @threads safe from any thread.
class RateLimitedAdmission : public Admission {
 public:
  /// @param secret  random, per process.
  RateLimitedAdmission(const Clock& clock, const SipHashKey& secret, const AdmissionLimits& limits);

  bool AdmitsAddress(std::string_view address) override;
  std::chrono::nanoseconds DelayOfAddress(std::string_view address) override;
  bool AdmitsUser(const UserId& user) override;
  bool AdmitsClaim(std::string_view address, const UserId& user) override;
  void ChargeAddress(std::string_view address, std::uint32_t tokens) override;
  void ChargeUser(const UserId& user, std::uint32_t tokens) override;
  bool IsAddressInDebt(std::string_view address) override;
  bool IsUserInDebt(const UserId& user) override;
  bool AdmitsTicket(std::string_view address) override;

  /// Takes effect immediately, for all callers.
  void SetLimits(const AdmissionLimits& limits);

 private:
  RateLimiter addresses_;
  RateLimiter users_;
  RateLimiter tickets_;
};

}  // namespace rtcroom
