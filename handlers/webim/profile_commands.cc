// The service profile: names and pictures of accounts.
#include <string>
#include <vector>

#include "handlers/channel/channel_fields.h"
#include "handlers/channel/channel_profile.h"
#include "handlers/webim/command_handlers.h"

namespace rtcroom::channel {
namespace {

constexpr std::size_t kMaxAccounts = 100;

}  // namespace

Result<JsonText> PortraitGet(const ChannelRequest& request, const ChannelContext& context) {
  ChannelFields fields(request.body);
  const std::vector<std::string> accounts = fields.Texts("To_Account", kMaxAccounts);
  if (!fields.ok()) return fields.error();
  JsonText reply;
  reply.BeginArray("UserProfileItem");
  for (const std::string& account : accounts) {
    WriteProfile({account}, context.channel.logins().ProfileOf({account}), reply);
  }
  reply.EndArray().Field("CurrentStandardSequence", 0);
  return reply;
}

Result<JsonText> PortraitSet(const ChannelRequest& request, const ChannelContext& context) {
  ChannelFields fields(request.body);
  const Status set = ChangeProfile(fields, request.caller, context.channel.logins());
  if (!set) return set.error();
  return JsonText();
}

}  // namespace rtcroom::channel
