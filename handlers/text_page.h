// Replies that are not JSON.
#pragma once

#include <cstdint>
#include <string>

#include "daemon/http/message.h"

namespace rtcroom {

struct TextPage {
  enum class Kind : std::uint8_t { kPlain, kHtml };
  Kind kind = Kind::kPlain;
  std::string text{};
};

/// With headers that keep a browser from running, guessing or storing anything of it.
HttpReply RenderPage(const TextPage& page);

}  // namespace rtcroom
