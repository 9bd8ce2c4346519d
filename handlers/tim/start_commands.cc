// What the SDK asks for at its start. A list without the field that ends it is asked for again at
// once, for ever.
#include <string>

#include "handlers/tim/tim_handlers.h"

namespace rtcroom::tim {
namespace {

/// After so many seconds the SDK asks for its configuration again.
constexpr int kDay = 86'400;

}  // namespace

// All values are texts. They end the SDK's reports, and the pause between polls that it makes for
// others.
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
      .Field("str_json_config", std::string("{").append(config.text()).append("}"));
}

Reply FetchPurchaseBits(const Request& /*request*/, const Context& /*context*/) {
  return JsonText()
      .Field("int32_error_code", 0)
      .Field("str_error_message", "")
      .Field("str_purchase_bits", "0")
      .Field("uint32_expired_time", kDay);
}

Reply GetLocalWords(const Request& /*request*/, const Context& /*context*/) {
  return JsonText().Field("int32_error_code", 0).Field("uint64_complete_flag", 1);
}

Reply GetAuthKey(const Request& /*request*/, const Context& /*context*/) {
  return JsonText().Field("AuthKey", "").BeginArray("IpList").EndArray().Field("ExpireTime", kDay);
}

Reply GetBlackList(const Request& /*request*/, const Context& /*context*/) {
  return JsonText()
      .BeginArray("BlackListItem")
      .EndArray()
      .Field("StartIndex", 0)
      .Field("CurruentSequence", 0)  // as the protocol spells it
      .Field("LastSequence", 0);
}

Reply GetFriends(const Request& /*request*/, const Context& /*context*/) {
  return JsonText()
      .BeginArray("UserDataItem")
      .EndArray()
      .Field("StandardSequence", 0)
      .Field("CustomSequence", 0)
      .Field("FriendNum", 0)
      .Field("CompleteFlag", 1)
      .Field("NextStartIndex", 0);
}

Reply GetFriendGroups(const Request& /*request*/, const Context& /*context*/) {
  return JsonText().BeginArray("ResultItem").EndArray().Field("CurrentSequence", 0);
}

Reply GetFriendPendencies(const Request& /*request*/, const Context& /*context*/) {
  return JsonText()
      .BeginArray("PendencyItem")
      .EndArray()
      .Field("StartTime", 0)
      .Field("UnreadPendencyCount", 0)
      .Field("CurrentSequence", 0);
}

Reply GetMutedPeers(const Request& /*request*/, const Context& /*context*/) {
  return JsonText().BeginArray("MuteNotificationsList").EndArray().Field("UpdateSeq", 1);
}

Reply AcceptReport(const Request& /*request*/, const Context& /*context*/) { return JsonText(); }

}  // namespace rtcroom::tim
