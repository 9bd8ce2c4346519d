// Listening sockets on their way to the program that takes this process over.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "daemon/base/file_descriptor.h"
#include "daemon/base/result.h"
#include "daemon/process/inherited_sockets.h"

namespace rtcroom {

/// Puts sockets where `InheritedSockets` looks for them after an execve: at the descriptors 3,
/// 4, ... without close-on-exec. What these numbers meant before is kept aside and put back by
/// the destructor, so that an execve that fails has changed nothing.
///
/// @threads for a process with one thread: another one would see its descriptors exchanged.
class PassedSockets {
 public:
  PassedSockets() = default;
  ~PassedSockets();
  PassedSockets(const PassedSockets&) = delete;
  PassedSockets& operator=(const PassedSockets&) = delete;

  /// To be called once. The sockets stay open under their old numbers, too.
  /// @errors  kUnavailable when there are no descriptors left.
  Status Arrange(std::span<const NamedSocket> sockets);

  /// The `NAME=value` texts that tell of them; the process must keep its pid.
  [[nodiscard]] const std::vector<std::string>& variables() const { return variables_; }

 private:
  struct Slot {
    int number = -1;
    FileDescriptor before = {};  ///< what was open here; invalid: nothing
    int before_flags = 0;        ///< of F_GETFD
  };

  std::vector<Slot> slots_;
  std::vector<std::string> variables_;
};

}  // namespace rtcroom
