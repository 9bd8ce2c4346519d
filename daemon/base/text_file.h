// Small text files: configuration, keys and certificates, files that hold one secret.
#pragma once

#include <cstddef>
#include <string>

#include "daemon/base/result.h"

namespace rtcroom {

/// Reads a whole file.
///
/// @param most  maximum size in bytes; a longer file is refused, not truncated.
/// @errors kBadRequest with the system's reason, without the path and without content.
Result<std::string> ReadTextFile(const std::string& path, std::size_t most);

}  // namespace rtcroom
