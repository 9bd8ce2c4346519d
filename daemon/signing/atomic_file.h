// Files that are there whole or not at all.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "daemon/core/result.h"
#include "daemon/signing/random.h"

namespace rtcroom {

/// Puts `content` at `path` with the permissions `mode`, in the place of what is there.
///
/// It is written beside the target and renamed when it is on the disk: whoever opens the path,
/// a crash in between included, finds the old file or the new one.
/// @param random  names the file in the making.
/// @errors kUnavailable; the sentence names the path and the system's reason. Nothing is left
///         behind then.
Status WriteFileAtomically(const std::filesystem::path& path, std::string_view content, mode_t mode,
                           RandomSource& random);

/// What `path` holds.
/// @errors kUnavailable when it is missing, cannot be read, or has more than 1 MiB; the sentence
///         names the path.
Result<std::string> ReadSmallFile(const std::filesystem::path& path);

}  // namespace rtcroom
