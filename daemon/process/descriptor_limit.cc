#include "daemon/process/descriptor_limit.h"

#include <sys/resource.h>

namespace rtcroom {

void RaiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  // On failure the old limit applies, and fewer connections are accepted.
  (void)setrlimit(RLIMIT_NOFILE, &limit);
}

std::size_t DescriptorLimit() {
  rlimit limit{};
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 1024;
}

}  // namespace rtcroom
