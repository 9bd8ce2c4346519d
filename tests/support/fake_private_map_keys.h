// Keys of webrtc rooms that contain what they are for.
#pragma once

#include <string>

#include <fmt/format.h>

#include "daemon/auth/private_map_key_signer.h"

namespace rtcroom {

class FakePrivateMapKeys : public PrivateMapKeySigner {
 public:
  bool configured = true;
  bool breaks = false;  ///< `CanSign` succeeds, signing fails

  [[nodiscard]] Status CanSign() const override {
    return configured ? Status() : Error{Errc::kUnavailable, "no key"};
  }
  [[nodiscard]] Result<std::string> SignPrivateMapKey(const UserId& user_id,
                                                      std::uint32_t room_number,
                                                      TimePoint /*now*/) const override {
    if (!configured || breaks) return Error{Errc::kUnavailable, "no key"};
    return fmt::format("key-of-{}-in-{}", user_id.value, room_number);
  }
};

}  // namespace rtcroom
