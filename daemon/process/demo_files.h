// The files of clients/web-example, and the library that it uses.
#pragma once

#include <span>

#include "daemon/http/embedded_file.h"

namespace rtcroom {

/// All of them, by path below `/demo/`.
std::span<const EmbeddedFile> DemoFiles();

}  // namespace rtcroom
