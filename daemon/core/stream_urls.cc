#include "daemon/core/stream_urls.h"

#include <algorithm>
#include <cstddef>

#include "daemon/base/text.h"

namespace rtcroom {
namespace {

constexpr std::size_t kMaxStreamNameBytes = 255;
/// Length of the suffix of a gen-2 stream: `_` and 8 hex.
constexpr std::size_t kSuffixBytes = 9;

}  // namespace

bool IsStreamName(std::string_view name) {
  return !name.empty() && name.size() <= kMaxStreamNameBytes &&
         std::ranges::all_of(name, IsStreamNameCharacter);
}

bool HasStreamSuffix(std::string_view stream) {
  if (stream.size() < kSuffixBytes) return false;
  const std::string_view suffix = stream.substr(stream.size() - kSuffixBytes);
  return suffix.front() == '_' && IsHex(suffix.substr(1));
}

std::string_view BaseOfStream(std::string_view stream) {
  if (HasStreamSuffix(stream)) stream.remove_suffix(kSuffixBytes);
  return stream;
}

std::string_view StreamInPushUrl(std::string_view push_url) {
  const std::string_view path = push_url.substr(0, push_url.find('?'));
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
}

std::string StreamOf(Dialect dialect, const UserId& user_id, std::string_view named,
                     const StreamUrlSigner& streams) {
  switch (dialect) {
    case Dialect::kGen1:
      return streams.StreamName(user_id);
    case Dialect::kGen2:
      return std::string(named);
  }
  return {};
}

bool IsOwnStream(std::string_view stream, const UserId& user_id, const StreamUrlSigner& streams) {
  const std::string own = streams.StreamName(user_id);
  return stream == own || BaseOfStream(stream) == own;
}

}  // namespace rtcroom
