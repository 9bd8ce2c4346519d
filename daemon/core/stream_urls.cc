#include "daemon/core/stream_urls.h"

namespace rtcroom {

std::string_view StreamInPushUrl(std::string_view push_url) {
  const std::string_view path = push_url.substr(0, push_url.find('?'));
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
}

std::string StreamOf(Dialect dialect, const UserId& user_id, std::string_view push_url,
                     const StreamUrlSigner& streams) {
  switch (dialect) {
    case Dialect::kGen1:
      return streams.StreamName(user_id);
    case Dialect::kGen2:
      return std::string(StreamInPushUrl(push_url));
  }
  return {};
}

}  // namespace rtcroom
