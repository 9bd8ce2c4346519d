// Replies that are not JSON.
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

/// The headers prevent a browser from running, sniffing or storing the page.
HttpReply RenderPage(const TextPage& page, RequestLabel label);

}  // namespace rtcroom
