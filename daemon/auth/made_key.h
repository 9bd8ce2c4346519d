// Keys that the server makes once and keeps in a file.
#pragma once

#include <cstddef>
#include <filesystem>

#include "daemon/base/random_source.h"
#include "daemon/base/result.h"
#include "daemon/base/secret.h"

namespace rtcroom {

/// The first line of the file at `path`.
/// @errors kUnavailable, naming the path, when it cannot be read; a file without a first line is no
///         error.
Result<Secret> LoadKey(const std::filesystem::path& path);

/// The first line of the file at `path`. A file that is missing or empty is made, of `bytes` random
/// bytes in hex, readable by its owner only. Call it from one process at a time.
/// @errors kUnavailable, naming the path.
Result<Secret> LoadOrMakeKey(const std::filesystem::path& path, std::size_t bytes,
                             RandomSource& random);

}  // namespace rtcroom
