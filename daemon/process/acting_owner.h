// Root at work in a directory of somebody else.
#pragma once

#include <filesystem>
#include <memory>
#include <utility>
#include <vector>

#include <sys/types.h>

#include "daemon/base/result.h"

namespace rtcroom {

/// While it lives, a process of root does what it does to files as their owner, in none but the
/// group of the directory: what it makes in a server's data directory would shut the server out
/// otherwise, and what the server has put there cannot lead it to files of root. No effect unless
/// running as root.
///
/// @threads for the whole process: other threads must not touch files meanwhile; one at a time.
class ActingOwner {
 public:
  /// As the owner of `path`, or of the nearest directory above it that exists.
  /// @errors kUnavailable, naming the path.
  static Result<std::unique_ptr<ActingOwner>> Of(const std::filesystem::path& path);
  /// The process acts as root again.
  ~ActingOwner();
  ActingOwner(const ActingOwner&) = delete;
  ActingOwner& operator=(const ActingOwner&) = delete;

 private:
  ActingOwner() = default;
  ActingOwner(gid_t group, std::vector<gid_t> groups)
      : is_switched_(true), group_(group), groups_(std::move(groups)) {}

  // What there was before.
  const bool is_switched_ = false;
  const gid_t group_ = 0;
  const std::vector<gid_t> groups_ = {};  ///< the supplementary ones
};

}  // namespace rtcroom
