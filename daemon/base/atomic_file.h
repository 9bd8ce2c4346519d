// Atomic creation and replacement of files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "daemon/base/random_source.h"
#include "daemon/base/result.h"

namespace rtcroom {

/// Handling of a file that already exists at the path.
enum class ExistingFile : std::uint8_t { kRefused, kReplaced };

/// Writes `content` to `path` with the permissions `mode`, replacing an existing file.
///
/// Writes a temporary file beside the target and renames it once it is on the disk: a reader, also
/// after a crash in between, finds the old file or the new one. Leftovers of killed writers of the
/// same path are removed first.
/// @param random  names the temporary file.
/// @errors kUnavailable; the message names the path or directory that could not be written, and the
///         system's reason. No temporary file remains.
Status WriteFileAtomically(const std::filesystem::path& path, std::string_view content, mode_t mode,
                           RandomSource& random);

/// Copies the content of `from` to `to`, readable by its owner only (mode 0600), also across file
/// systems; otherwise as `WriteFileAtomically`.
///
/// @param from  a descriptor, read from the beginning.
Status CopyFileAtomically(int from, const std::filesystem::path& to, ExistingFile existing,
                          RandomSource& random);

/// Makes renames and removals in it durable.
/// @errors kUnavailable, naming the directory.
Status SyncDirectory(const std::filesystem::path& directory);

/// The content of `path`.
/// @errors kUnavailable when it is missing, cannot be read, or has more than 1 MiB; the message
///         names the path.
Result<std::string> ReadSmallFile(const std::filesystem::path& path);

}  // namespace rtcroom
