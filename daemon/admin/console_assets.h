// The files of daemon/admin/console/assets, as of the build.
#pragma once

#include <span>
#include <string_view>

namespace rtcroom {

struct ConsoleAsset {
  std::string_view path = {};  ///< the URL path: `/console/` and the file's name
  std::string_view media_type = {};
  std::string_view etag = {};  ///< strong, with its quotes
  std::string_view bytes = {};
};

/// All of them, in static storage.
std::span<const ConsoleAsset> ConsoleAssets();

}  // namespace rtcroom
