#include "daemon/base/free_space.h"

#include <system_error>

namespace rtcroom {

std::optional<std::uint64_t> FreeBytes(const std::filesystem::path& path) {
  std::error_code unknown;
  const std::filesystem::space_info space = std::filesystem::space(path, unknown);
  if (unknown) return std::nullopt;
  return space.available;
}

}  // namespace rtcroom
