#include "daemon/process/descriptor_limit.h"

#include <sys/resource.h>

namespace rtcroom {

void RaiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  // Where it is refused, the old limit holds, and fewer connections are let in.
  (void)setrlimit(RLIMIT_NOFILE, &limit);
}

std::size_t DescriptorLimit() {
  rlimit limit{};
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 1024;
}

}  // namespace rtcroom
