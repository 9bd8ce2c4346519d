// The look of the page at `/`.
#pragma once

#include <span>

#include "daemon/http/embedded_file.h"

namespace rtcroom {

/// Its icon, then its styles in their order.
std::span<const EmbeddedFile> WelcomeFiles();

}  // namespace rtcroom
