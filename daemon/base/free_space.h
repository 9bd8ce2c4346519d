// The space that is left on a disk.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace rtcroom {

/// Bytes that this process may still write to the file system of `path`; nullopt when there is no
/// such path, or the system does not say. Waits for the file system.
///
/// @threads safe from any thread.
std::optional<std::uint64_t> FreeBytes(const std::filesystem::path& path);

}  // namespace rtcroom
