// Passes listening sockets to the program that replaces this one.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "daemon/base/file_descriptor.h"
#include "daemon/base/result.h"
#include "daemon/process/inherited_sockets.h"

namespace rtcroom {

/// Puts sockets where `InheritedSockets` looks for them after an execve: at the descriptors 3, 4,
/// ... without close-on-exec. The previous descriptors are saved, and restored by the destructor,
/// so that a failed execve changes nothing.
///
/// @threads for a process with one thread: another one would see its descriptors replaced.
class PassedSockets {
 public:
  PassedSockets() = default;
  ~PassedSockets();
  PassedSockets(const PassedSockets&) = delete;
  PassedSockets& operator=(const PassedSockets&) = delete;

  /// Call it once. The sockets stay open under their old numbers, too.
  /// @errors  kUnavailable when there are no descriptors left.
  Status Arrange(std::span<const NamedSocket> sockets);

  /// The `NAME=value` texts that announce the sockets; the process must keep its pid.
  [[nodiscard]] const std::vector<std::string>& variables() const { return variables_; }

 private:
  struct Slot {
    int number = -1;
    FileDescriptor before = {};  ///< previously open here; invalid: nothing
    int before_flags = 0;        ///< result of F_GETFD
  };

  std::vector<Slot> slots_;
  std::vector<std::string> variables_;
};

}  // namespace rtcroom
