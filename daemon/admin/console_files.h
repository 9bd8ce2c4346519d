// The files of daemon/admin/console/assets, and of the library on which the simulated phones run.
#pragma once

#include <span>

#include "daemon/http/embedded_file.h"

namespace rtcroom {

/// All of them, by path below `/console/`.
std::span<const EmbeddedFile> ConsoleFiles();

}  // namespace rtcroom
