// Lets root act as the owner of a directory.
#pragma once

#include <filesystem>
#include <memory>
#include <utility>
#include <vector>

#include <sys/types.h>

#include "daemon/base/result.h"

namespace rtcroom {

/// A root process accesses files, while this exists, as their owner, with only the directory's
/// group: files that root creates in a server's data directory would be inaccessible to the server,
/// and files that the server has put there cannot redirect root to its own files. No effect unless
/// running as root.
///
/// @threads for the whole process: other threads must not access files meanwhile; one at a time.
class ScopedFileOwner {
 public:
  /// The process acts as the owner of `path`, or of the nearest directory above it that exists.
  /// @errors kUnavailable, naming the path.
  static Result<std::unique_ptr<ScopedFileOwner>> ForPath(const std::filesystem::path& path);
  /// The process acts as root again.
  ~ScopedFileOwner();
  ScopedFileOwner(const ScopedFileOwner&) = delete;
  ScopedFileOwner& operator=(const ScopedFileOwner&) = delete;

 private:
  ScopedFileOwner() = default;
  ScopedFileOwner(gid_t group, std::vector<gid_t> groups)
      : is_switched_(true), group_(group), groups_(std::move(groups)) {}

  // The previous state.
  const bool is_switched_ = false;
  const gid_t group_ = 0;
  const std::vector<gid_t> groups_ = {};  ///< the supplementary groups
};

}  // namespace rtcroom
