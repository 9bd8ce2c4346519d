// Files that are there whole or not at all.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "daemon/base/random_source.h"
#include "daemon/base/result.h"

namespace rtcroom {

/// What becomes of a file that is at the place already.
enum class ExistingFile : std::uint8_t { kRefused, kReplaced };

/// Puts `content` at `path` with the permissions `mode`, in the place of what is there.
///
/// It is written beside the target and renamed when it is on the disk: whoever opens the path,
/// a crash in between included, finds the old file or the new one. What a writer of the same path
/// has left beside it that was killed is removed first.
/// @param random  names the file in the making.
/// @errors kUnavailable; the sentence names what could not be written, the path or its directory,
///         and the system's reason. Nothing is left in the making.
Status WriteFileAtomically(const std::filesystem::path& path, std::string_view content, mode_t mode,
                           RandomSource& random);

/// Copies what `from` holds to `to`, for its owner alone (mode 0600), from whatever file system;
/// otherwise as `WriteFileAtomically`.
///
/// @param from  a descriptor, read from the beginning.
Status CopyFileAtomically(int from, const std::filesystem::path& to, ExistingFile existing,
                          RandomSource& random);

/// Makes what was renamed or removed in it durable.
/// @errors kUnavailable, naming the directory.
Status SyncDirectory(const std::filesystem::path& directory);

/// What `path` holds.
/// @errors kUnavailable when it is missing, cannot be read, or has more than 1 MiB; the sentence
///         names the path.
Result<std::string> ReadSmallFile(const std::filesystem::path& path);

}  // namespace rtcroom
