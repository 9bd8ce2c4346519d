// The service profile: names and pictures of accounts.
#include <optional>
#include <string_view>
#include <utility>

#include "daemon/base/text.h"
#include "handlers/channel/channel_fields.h"
#include "handlers/webim/command_handlers.h"

namespace rtcroom::channel {
namespace {

constexpr std::string_view kNick = "Tag_Profile_IM_Nick";
constexpr std::string_view kImage = "Tag_Profile_IM_Image";

/// @source the contract of the channel, §3.
constexpr std::size_t kMaxNickBytes = 128;
constexpr std::size_t kMaxImageBytes = 1024;

constexpr std::size_t kMaxAccounts = 100;
constexpr std::size_t kMaxTags = 100;

/// As many whole characters as fit.
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

Result<JsonText> PortraitGet(const ChannelRequest& request, const ChannelContext& context) {
  ChannelFields fields(request.body);
  const std::vector<std::string> accounts = fields.Texts("To_Account", kMaxAccounts);
  if (!fields.ok()) return fields.error();
  JsonText reply;
  reply.BeginArray("UserProfileItem");
  for (const std::string& account : accounts) {
    const Account::Profile profile = context.channel.logins().ProfileOf({account});
    reply.BeginObject().Field("To_Account", account).BeginArray("ProfileItem");
    for (const auto& [tag, value] : {std::pair(kNick, &profile.nick),  //
                                     std::pair(kImage, &profile.image)}) {
      reply.BeginObject().Field("Tag", tag).Field("Value", *value).EndObject();
    }
    reply.EndArray().Field("ResultCode", 0).Field("ResultInfo", "").EndObject();
  }
  reply.EndArray().Field("CurrentStandardSequence", 0);
  return reply;
}

// Clients take a failure as one of their login: what is too long is shortened.
Result<JsonText> PortraitSet(const ChannelRequest& request, const ChannelContext& context) {
  ChannelFields fields(request.body);
  std::optional<std::string> nick;
  std::optional<std::string> image;
  for (const nlohmann::ordered_json* const item : fields.OptionalObjects("ProfileItem", kMaxTags)) {
    ChannelFields item_fields(*item);
    const std::string tag = item_fields.OptionalText("Tag");
    if (tag == kNick) {
      nick = Shortened(item_fields.OptionalText("Value"), kMaxNickBytes);
    } else if (tag == kImage) {
      image = item_fields.OptionalText("Value");
      if (image->size() > kMaxImageBytes) image->clear();  // a part of a URL is none
    }
    if (!item_fields.ok()) return item_fields.error();
  }
  if (!fields.ok()) return fields.error();
  context.channel.logins().SetProfile(request.caller, std::move(nick), std::move(image));
  return JsonText();
}

}  // namespace rtcroom::channel
