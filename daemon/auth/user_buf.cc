#include "daemon/auth/user_buf.h"

#include <cassert>
#include <concepts>
#include <cstddef>

namespace rtcroom {
namespace {

constexpr std::uint8_t kNumericRoom = 0;
constexpr std::uint8_t kStringRoom = 1;

template <std::unsigned_integral Number>
void Append(std::string& bytes, Number number) {
  for (std::size_t shift = sizeof(Number) * 8; shift > 0;) {
    shift -= 8;
    bytes += static_cast<char>(static_cast<unsigned char>(number >> shift));
  }
}

void AppendText(std::string& bytes, std::string_view text) {
  assert(text.size() <= UINT16_MAX);
  Append(bytes, static_cast<std::uint16_t>(text.size()));
  bytes += text;
}

/// Reads fields from the front; after a truncated field, all further ones are empty.
class Fields {
 public:
  explicit Fields(std::string_view bytes) : rest_(bytes) {}

  template <std::unsigned_integral Number>
  Number Take() {
    Number number = 0;
    for (const char byte : TakeBytes(sizeof(Number))) {
      number = static_cast<Number>(number << 8U | static_cast<unsigned char>(byte));
    }
    return number;
  }
  std::string TakeText() { return std::string(TakeBytes(Take<std::uint16_t>())); }

  /// Whether all fields were present, without trailing bytes.
  [[nodiscard]] bool is_complete() const { return !cut_ && rest_.empty(); }

 private:
  std::string_view TakeBytes(std::size_t count) {
    cut_ = cut_ || rest_.size() < count;
    if (cut_) return {};
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }

  std::string_view rest_;
  bool cut_ = false;
};

}  // namespace

std::string EncodeUserBuf(const UserBuf& userbuf) {
  const auto* const number = std::get_if<std::uint32_t>(&userbuf.room);
  const auto* const name = std::get_if<std::string>(&userbuf.room);
  std::string bytes;
  Append(bytes, name == nullptr ? kNumericRoom : kStringRoom);
  AppendText(bytes, userbuf.user_id.value);
  Append(bytes, userbuf.sdk_app_id);
  Append(bytes, number == nullptr ? std::uint32_t{0} : *number);
  Append(bytes, userbuf.expires_at);
  Append(bytes, userbuf.rights);
  Append(bytes, userbuf.account_type);
  if (name != nullptr) AppendText(bytes, *name);
  return bytes;
}

std::optional<UserBuf> DecodeUserBuf(std::string_view bytes) {
  Fields fields(bytes);
  UserBuf userbuf;
  const auto room_form = fields.Take<std::uint8_t>();
  userbuf.user_id.value = fields.TakeText();
  userbuf.sdk_app_id = fields.Take<std::uint32_t>();
  const auto number = fields.Take<std::uint32_t>();
  userbuf.expires_at = fields.Take<std::uint32_t>();
  userbuf.rights = fields.Take<std::uint32_t>();
  userbuf.account_type = fields.Take<std::uint32_t>();
  switch (room_form) {
    case kNumericRoom:
      userbuf.room = number;
      break;
    case kStringRoom:
      if (number != 0) return std::nullopt;
      userbuf.room = fields.TakeText();
      break;
    default:
      return std::nullopt;
  }
  if (!fields.is_complete()) return std::nullopt;
  return userbuf;
}

}  // namespace rtcroom
