// The page that describes the API: the files of daemon/admin/api/assets, and what they load.
#pragma once

#include <span>

#include "daemon/http/embedded_file.h"

namespace rtcroom {

/// All of them, by path below `/api/`. `redoc.js` is missing where the build had no such package.
std::span<const EmbeddedFile> ApiFiles();

}  // namespace rtcroom
