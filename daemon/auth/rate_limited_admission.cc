#include "daemon/auth/rate_limited_admission.h"

#include <string>

#include "daemon/base/address_key.h"

namespace rtcroom {

RateLimitedAdmission::RateLimitedAdmission(const Clock& clock, const SipHashKey& secret,
                                           const AdmissionLimits& limits)
    : addresses_(clock, secret, limits.per_address),
      users_(clock, secret, limits.per_user),
      tickets_(clock, secret, limits.tickets) {}

bool RateLimitedAdmission::AdmitsAddress(std::string_view address) {
  return addresses_.Admits(AddressKey(address));
}

std::chrono::nanoseconds RateLimitedAdmission::DelayOfAddress(std::string_view address) {
  return addresses_.Reserve(AddressKey(address));
}

// Ids contain no space: a proven ID never equals the key of a claimed one.
bool RateLimitedAdmission::AdmitsUser(const UserId& user) { return users_.Admits(user.value); }

bool RateLimitedAdmission::AdmitsClaim(std::string_view address, const UserId& user) {
  // Addresses contain no space: the key is unambiguous.
  return users_.Admits(AddressKey(address).append(1, ' ').append(user.value));
}

void RateLimitedAdmission::ChargeAddress(std::string_view address, std::uint32_t tokens) {
  addresses_.Charge(AddressKey(address), tokens);
}

void RateLimitedAdmission::ChargeUser(const UserId& user, std::uint32_t tokens) {
  users_.Charge(user.value, tokens);
}

bool RateLimitedAdmission::IsAddressInDebt(std::string_view address) {
  return addresses_.IsInDebt(AddressKey(address));
}

bool RateLimitedAdmission::IsUserInDebt(const UserId& user) { return users_.IsInDebt(user.value); }

bool RateLimitedAdmission::AdmitsTicket(std::string_view address) {
  return tickets_.Admits(AddressKey(address));
}

void RateLimitedAdmission::SetLimits(const AdmissionLimits& limits) {
  addresses_.SetLimit(limits.per_address);
  users_.SetLimit(limits.per_user);
  tickets_.SetLimit(limits.tickets);
}

}  // namespace rtcroom
