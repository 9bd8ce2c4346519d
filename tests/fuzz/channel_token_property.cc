#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>

#include "daemon/channel/channel_tokens.h"
#include "tests/fuzz/parser_properties.h"

namespace rtcroom {
namespace {

constexpr TimePoint kNow{std::chrono::milliseconds{1'700'000'000'000}};

const ChannelTokens& Tokens() {
  static const ChannelTokens tokens(Secret("a key that the fuzzer does not know"));
  return tokens;
}

/// Each two bytes of `changes` are a position and the character to put there, or to append.
std::string Altered(std::string text, std::string_view changes) {
  for (; changes.size() >= 2; changes.remove_prefix(2)) {
    const std::size_t at = static_cast<unsigned char>(changes[0]) % (text.size() + 1);
    if (at == text.size()) {
      text += changes[1];
    } else {
      text[at] = changes[1];
    }
  }
  return text;
}

}  // namespace

std::optional<std::string> FaultOfChannelTokens(std::string_view bytes) {
  const ChannelTokens& tokens = Tokens();
  const std::size_t end = std::min(bytes.find('\n'), bytes.size());
  const std::string_view first = bytes.substr(0, end);
  const std::string_view rest = bytes.substr(std::min(end + 1, bytes.size()));

  // The key is not in the corpus, so no input has a valid code.
  if (tokens.ReadInstance(rest, first, kNow)) return "an instance that was never signed";
  if (tokens.ReadRoomKey(bytes)) return "a room key that was never signed";

  const std::string account = first.empty() ? "a" : std::string(first.substr(0, kMaxUserIdBytes));
  const ChannelInstance instance{.account = {account},
                                 .instance = bytes.size(),
                                 .logged_in = kNow,
                                 .expires = kNow + std::chrono::milliseconds{1},
                                 .reach = rest.empty() ? RoomReach::kGen1 : RoomReach::kAll};
  const std::string tinyid = tokens.TinyIdOf(instance.account);
  const std::string a2 = tokens.SignInstance(instance);
  if (tokens.ReadInstance(a2, tinyid, kNow) != instance) return "not the instance that was signed";
  const std::string other = Altered(a2, rest);
  if (other != a2 && tokens.ReadInstance(other, tinyid, kNow)) return "accepted altered: " + other;
  if (tokens.ReadRoomKey(a2)) return "an instance as a room key: " + a2;

  const RoomKeyClaims claims{.instance = bytes.size(), .room_number = 1, .serial = account.size()};
  const std::string key = tokens.SignRoomKey(claims);
  if (tokens.ReadRoomKey(key) != claims) return "not the claims that were signed";
  const std::string other_key = Altered(key, rest);
  if (other_key != key && tokens.ReadRoomKey(other_key)) return "accepted altered: " + other_key;
  return std::nullopt;
}

}  // namespace rtcroom
