// What the SDK asks for at its start: its configuration, and names and pictures of accounts.
#include <string>
#include <utility>

#include "handlers/channel/channel_fields.h"
#include "handlers/channel/channel_profile.h"
#include "handlers/tim/tim_commands.h"
#include "handlers/tim/tim_json.h"
#include "handlers/tim/tim_lookups.h"

namespace rtcroom::tim {
namespace {

/// The SDK asks for its configuration again after so many seconds.
constexpr int kDay = 86'400;
constexpr std::size_t kMaxAccounts = 100;

}  // namespace

// The values, which have to be texts, end the SDK's reports, and the pause between polls that it
// makes for others.
Reply FetchConfig(const Request& /*request*/, const Context& context) {
  JsonText config;
  config.Field("polling_interval", "300")
      .Field("polling_interval_plus", "0")
      .Field("evt_rpt_level", "0")
      .Field("evt_rpt_sdkappid_bl", context.sdk_app_id)
      .Field("q_rpt_sdkappid_bl", context.sdk_app_id)
      .Field("q_rpt_interval", std::to_string(kDay));
  return JsonText()
      .Field("int32_error_code", 0)
      .Field("str_error_message", "")
      .Field("uint64_version", 1)
      .Field("uint32_expired_time", kDay)
      .Json("uint32_sdkappid", context.sdk_app_id)
      .Field("str_json_config", config.AsObject());
}

Reply GetProfiles(const Request& request, const Context& context) {
  ChannelFields fields(request.body);
  JsonText reply;
  reply.BeginArray("UserProfileItem");
  for (const nlohmann::ordered_json* const item :
       fields.OptionalObjects("UserItem", kMaxAccounts)) {
    ChannelFields item_fields(*item);
    const UserId account = item_fields.Account("To_Account");
    if (!item_fields.ok()) return item_fields.error();
    const bool fits = reply.text().size() <= kMaxNamedBytes;
    WriteProfile(account, fits ? context.channel.logins().ProfileOf(account) : Account::Profile(),
                 reply);
  }
  if (!fields.ok()) return fields.error();
  return std::move(reply.EndArray().Field("CurrentStandardSequence", 0));
}

Reply SetProfile(const Request& request, const Context& context) {
  return Done(ChangeProfile(request.body, request.caller, context.channel.logins()));
}

}  // namespace rtcroom::tim
