#include <cstddef>

#include "daemon/http/proxy_header.h"
#include "tests/fuzz/parser_properties.h"

namespace rtcroom {

std::optional<std::string> FaultOfProxyReading(std::string_view bytes) {
  ProxyHeader before = {.progress = ProxyHeader::Progress::kNeedMore};
  for (std::size_t i = 0; i <= bytes.size(); ++i) {
    const ProxyHeader now = ReadProxyHeader(bytes.substr(0, i));
    if (before.progress != ProxyHeader::Progress::kNeedMore && now != before) return "another mind";
    switch (now.progress) {
      case ProxyHeader::Progress::kNeedMore:
        if (now.size <= i) return "asks for what is there";
        if (now.client) return "a client before the end";
        break;
      case ProxyHeader::Progress::kComplete:
        // Incomplete one byte earlier, so the header ends here.
        if (before.progress == ProxyHeader::Progress::kNeedMore && now.size != i)
          return "an end elsewhere";
        break;
      case ProxyHeader::Progress::kInvalid:
        if (now.size != 0 || now.client) return "something of an invalid header";
        break;
    }
    if (now.progress != ProxyHeader::Progress::kInvalid && now.size < before.size)
      return "a header that shrinks";
    if (now.size > kMaxProxyHeaderBytes) return "a header past its bound";
    before = now;
  }
  return std::nullopt;
}

}  // namespace rtcroom
