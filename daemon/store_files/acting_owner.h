// Root at work in a directory of somebody else.
#pragma once

#include <filesystem>
#include <memory>

#include "daemon/core/result.h"

namespace rtcroom {

/// While it lives, a process of root does what it does to files as their owner: what it makes in a
/// server's data directory would shut the server out otherwise. For anybody but root nothing
/// changes: he may do what he may do.
///
/// @threads for the whole process, so while it has one thread; one at a time.
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
  explicit ActingOwner(bool is_switched) : is_switched_(is_switched) {}

  const bool is_switched_;
};

}  // namespace rtcroom
