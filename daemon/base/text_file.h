// Small text files: the configuration itself, keys and certificates, files that hold one secret.
#pragma once

#include <cstddef>
#include <string>

#include "daemon/base/result.h"

namespace rtcroom {

/// Reads the whole of a file.
///
/// @param most  longest content in bytes; a longer file is refused rather than cut.
/// @errors kBadRequest with the system's reason, without the path and without content.
Result<std::string> ReadTextFile(const std::string& path, std::size_t most);

}  // namespace rtcroom
