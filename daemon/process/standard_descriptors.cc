#include "daemon/process/standard_descriptors.h"

#include <fcntl.h>
#include <unistd.h>

namespace rtcroom {

bool OpenStandardDescriptors() {
  for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(standard, F_GETFD) >= 0) continue;
    // The lowest free number is this one, since those below it are open. Children inherit it.
    // NOLINTNEXTLINE(android-cloexec-open)
    if (open("/dev/null", O_RDWR) != standard) return false;
  }
  return true;
}

}  // namespace rtcroom
