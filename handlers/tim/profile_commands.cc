// The service profile: names and pictures of accounts.
#include <utility>

#include "handlers/channel/channel_fields.h"
#include "handlers/channel/channel_profile.h"
#include "handlers/tim/tim_handlers.h"
#include "handlers/tim/tim_json.h"

namespace rtcroom::tim {
namespace {

constexpr std::size_t kMaxAccounts = 100;

}  // namespace

Reply GetProfiles(const Request& request, const Context& context) {
  ChannelFields fields(request.body);
  JsonText reply;
  reply.BeginArray("UserProfileItem");
  for (const nlohmann::ordered_json* const item :
       fields.OptionalObjects("UserItem", kMaxAccounts)) {
    ChannelFields item_fields(*item);
    const UserId account = item_fields.Account("To_Account");
    if (!item_fields.ok()) return item_fields.error();
    WriteProfile(account, context.channel.logins().ProfileOf(account), reply);
  }
  if (!fields.ok()) return fields.error();
  return std::move(reply.EndArray().Field("CurrentStandardSequence", 0));
}

Reply SetProfile(const Request& request, const Context& context) {
  Result<ProfileChange> change = ReadProfileChange(request.body);
  if (!change) return change.error();
  context.channel.logins().SetProfile(request.caller, std::move(change->nick),
                                      std::move(change->image));
  return JsonText();
}

}  // namespace rtcroom::tim
