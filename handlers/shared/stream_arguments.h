// The arguments of a stream's URL that prove a right.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "daemon/auth/stream_signature.h"
#include "handlers/shared/request_text.h"

namespace rtcroom {

/// Views into `pairs`.
inline StreamArguments StreamArgumentsOf(const FormPairs& pairs) {
  const auto find = [&pairs](std::string_view name) -> std::optional<std::string_view> {
    const std::string* const value = FindFirst(pairs, name);
    return value == nullptr ? std::nullopt : std::optional<std::string_view>(*value);
  };
  return {.tx_secret = find("txSecret"),
          .tx_time = find("txTime"),
          .rk = find("rk"),
          .ru = find("ru"),
          .rr = find("rr"),
          .rs = find("rs"),
          .rw = find(kWebArgument),
          .is_again = FindFirst(pairs, kAgainArgument) != nullptr};
}

}  // namespace rtcroom
