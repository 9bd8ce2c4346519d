// What a call costs its sender besides the token that let it in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "daemon/auth/admission.h"
#include "daemon/core/ids.h"

namespace rtcroom {

/// Of a body or a reply, a token is for so many bytes or part of them. That of the first comes with
/// the admission.
/// @source protocol F.9.
inline constexpr std::size_t kBytesOfAToken = 16384;

/// The tokens of a body or a reply beyond the first.
constexpr std::uint32_t MoreTokensFor(std::size_t bytes) {
  return bytes == 0 ? 0 : static_cast<std::uint32_t>((bytes - 1) / kBytesOfAToken);
}

/// Who pays for one call: its address, and the user where a token proves it.
///
/// @threads safe from any thread.
class Bill {
 public:
  /// Of a call that costs nothing.
  Bill() = default;
  /// @param admission  must outlive the bill.
  Bill(Admission& admission, std::string address, std::optional<UserId> user)
      : admission_(&admission), address_(std::move(address)), user_(std::move(user)) {}

  void ChargeReply(std::size_t bytes) const {
    const std::uint32_t tokens = MoreTokensFor(bytes);
    if (admission_ == nullptr || tokens == 0) return;
    admission_->ChargeAddress(address_, tokens);
    if (user_) admission_->ChargeUser(*user_, tokens);
  }

  /// Whether one of them owes for other calls, which cost more than there was.
  [[nodiscard]] bool IsOwing() const {
    return admission_ != nullptr &&
           (admission_->AddressOwes(address_) || (user_ && admission_->UserOwes(*user_)));
  }

 private:
  Admission* admission_ = nullptr;
  std::string address_;
  std::optional<UserId> user_;
};

}  // namespace rtcroom
