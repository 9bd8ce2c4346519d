// The rate-limit cost of a call beyond its admission token.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/auth/admission.h"
#include "daemon/base/result.h"
#include "daemon/core/ids.h"

namespace rtcroom {

/// Bytes of a body or a reply that one token pays for; a part counts in full. The admission token
/// covers the first.
/// @source protocol F.9.
inline constexpr std::size_t kBytesPerToken = 16384;

/// The bytes of a reply of the message channel that one token of its address pays for. The address
/// has many tokens there, and a long reply costs as much as many short ones: it is read from the
/// store, written as JSON and encrypted.
inline constexpr std::size_t kChannelBytesPerToken = 2048;

/// The tokens of a body or a reply beyond the first.
constexpr std::uint32_t MoreTokensFor(std::size_t bytes,
                                      std::size_t bytes_per_token = kBytesPerToken) {
  return bytes == 0 ? 0 : static_cast<std::uint32_t>((bytes - 1) / bytes_per_token);
}

/// Takes the tokens of a request from its address.
/// @param bytes  of the request's body.
/// @errors kTooManyRequests.
inline Status AdmitAddress(Admission& admission, std::string_view address, std::size_t bytes) {
  if (!admission.AdmitsAddress(address)) {
    return Error{Errc::kTooManyRequests, "address: too many requests"};
  }
  if (const std::uint32_t more = MoreTokensFor(bytes); more > 0) {
    admission.ChargeAddress(address, more);
  }
  return {};
}

/// Takes the tokens of a request to the message channel from a proven account, and from its
/// address, whose ceiling is that of many clients.
/// @param costs  of the channel.
/// @errors kTooManyRequests.
inline Status AdmitToChannel(Admission& costs, const UserId& account, std::string_view address,
                             std::size_t bytes) {
  if (!costs.AdmitsUser(account)) {
    return Error{Errc::kTooManyRequests, "user: too many requests"};
  }
  Status admitted = AdmitAddress(costs, address, bytes);
  if (const std::uint32_t more = MoreTokensFor(bytes); admitted && more > 0) {
    costs.ChargeUser(account, more);
  }
  return admitted;
}

/// The accounts charged for one call: its address, and the user where a token proves it.
///
/// @threads safe from any thread.
class RequestCharge {
 public:
  /// The charge of a call that costs nothing.
  RequestCharge() = default;
  /// @param admission  must outlive the charge.
  RequestCharge(Admission& admission, std::string address, std::optional<UserId> user)
      : admission_(&admission), address_(std::move(address)), user_(std::move(user)) {}
  /// The charge for a call to the message channel.
  /// @param costs  of the channel; must outlive the charge.
  static RequestCharge OfChannel(Admission& costs, std::string address,
                                 std::optional<UserId> user) {
    RequestCharge charge(costs, std::move(address), std::move(user));
    charge.bytes_per_address_token_ = kChannelBytesPerToken;
    return charge;
  }

  void ChargeReply(std::size_t bytes) const {
    if (admission_ == nullptr) return;
    if (const std::uint32_t tokens = MoreTokensFor(bytes, bytes_per_address_token_); tokens > 0) {
      admission_->ChargeAddress(address_, tokens);
    }
    if (const std::uint32_t tokens = MoreTokensFor(bytes); user_ && tokens > 0) {
      admission_->ChargeUser(*user_, tokens);
    }
  }

  /// Whether the address or the user is in debt: other calls cost more tokens than were left.
  [[nodiscard]] bool IsInDebt() const {
    return admission_ != nullptr &&
           (admission_->IsAddressInDebt(address_) || (user_ && admission_->IsUserInDebt(*user_)));
  }

 private:
  Admission* admission_ = nullptr;
  std::string address_;
  std::optional<UserId> user_;
  std::size_t bytes_per_address_token_ = kBytesPerToken;
};

}  // namespace rtcroom
