#include "handlers/channel/channel_profile.h"

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "daemon/base/text.h"
#include "handlers/channel/channel_fields.h"

namespace rtcroom {
namespace {

/// @source docs/channel.md, 2.
constexpr std::size_t kMaxProfileNick = 128;
constexpr std::size_t kMaxImageBytes = 1024;

constexpr std::size_t kMaxTags = 100;

/// The text's first whole characters, as many as fit.
std::string_view Shortened(std::string_view text, std::size_t max_bytes) {
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t length = FirstUtf8Piece(rest).length;
    if (text.size() - rest.size() + length > max_bytes) break;
    rest.remove_prefix(length);
  }
  return text.substr(0, text.size() - rest.size());
}

}  // namespace

Status ChangeProfile(ChannelFields& fields, const ChannelInstance& caller, ChannelLogins& logins) {
  std::optional<std::string> nick;
  std::optional<std::string> image;
  for (ChannelFields& item : fields.OptionalObjects("ProfileItem", kMaxTags)) {
    const std::string tag = item.OptionalText("Tag");
    if (tag == kNickTag) {
      nick = Shortened(item.OptionalText("Value"), kMaxProfileNick);
    } else if (tag == kImageTag) {
      image = item.OptionalText("Value");
      if (image->size() > kMaxImageBytes) image->clear();
    }
    if (!item.ok()) return item.error();
  }
  if (!fields.ok()) return fields.error();
  logins.SetProfile(caller, std::move(nick), std::move(image));
  return {};
}

void WriteProfile(const UserId& account, const Account::Profile& profile, JsonText& out) {
  out.BeginObject().Field("To_Account", account.value).BeginArray("ProfileItem");
  out.BeginObject().Field("Tag", kNickTag).Field("Value", profile.nick).EndObject();
  out.BeginObject().Field("Tag", kImageTag).Field("Value", profile.image).EndObject();
  out.EndArray().Field("ResultCode", 0).Field("ResultInfo", "").EndObject();
}

}  // namespace rtcroom
