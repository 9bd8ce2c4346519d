// The few answers that are no JSON.
#pragma once

#include <cstdint>
#include <string>

#include "handlers/request.h"

namespace rtcroom {

struct TextPage {
  enum class Kind : std::uint8_t { kPlain, kHtml };
  Kind kind = Kind::kPlain;
  std::string text{};
};

/// With headers that keep a browser from running, guessing or storing anything of it.
HttpReply RenderPage(const TextPage& page, RequestLabel label);

}  // namespace rtcroom
