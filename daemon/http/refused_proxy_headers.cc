#include "daemon/http/refused_proxy_headers.h"

#include <cstdint>

#include "daemon/http/proxy_header.h"

namespace rtcroom {
namespace {

std::string_view WhatIsWrong(std::string_view bytes) {
  if (bytes.starts_with(kProxyHeaderV1)) {
    return "PROXY header of version 1: set the proxy to version 2, in HAProxy send-proxy-v2";
  }
  if (!bytes.empty() && kProxyHeaderV2.starts_with(bytes.substr(0, kProxyHeaderV2.size()))) {
    return "PROXY header malformed or incomplete: set the proxy to version 2";
  }
  return "no PROXY header: set the proxy to send it, in version 2, or server.proxy_protocol to "
         "false";
}

}  // namespace

void RefusedProxyHeaders::Record(std::string_view peer, std::string_view bytes) {
  const MonotonicTime now = clock_.Monotonic();
  std::uint64_t times = 0;
  {
    const MutexLock lock(mutex_);
    times = ration_.Count(now);
  }
  if (times == 0) return;
  logger_.Warn("proxy_header_refused",
               {{"peer", peer}, {"what", WhatIsWrong(bytes)}, {"times", times}});
}

}  // namespace rtcroom
