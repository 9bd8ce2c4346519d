// Replies to what the SDK asks at its start and by itself. This server has nothing of most of it,
// so these replies are fixed. The SDK asks again at once, for ever, where a list lacks the field
// that ends it.
#include <array>
#include <span>
#include <string>

#include "handlers/tim/tim_handlers.h"

namespace rtcroom::tim {
namespace {

/// After so many seconds the SDK asks for its configuration again.
constexpr int kDay = 86'400;

constexpr FixedReply::Members kGroupNotices = {
    {{"NextMsgTime", "0"}, {"NotifyMsgList", "[]"}, {"NotifyRspList", "[]"}}};
constexpr FixedReply::Members kGroupPendencies = {{{"PendencyList", "[]"}, {"NextStartTime", "0"}}};
constexpr FixedReply::Members kContactGroups = {{{"GroupItem", "[]"},
                                                 {"CompleteFlag", "1"},
                                                 {"TimeStamp", "0"},
                                                 {"StartIndex", "0"},
                                                 {"NextStartTime", "0"},
                                                 {"NextStartIndex", "0"},
                                                 {"ContactItem", "[]"}}};
constexpr auto kFixedReplies = std::to_array<FixedReply>({
    {"im_open_status.wshello"},
    {"imopenstat.tim_web_report_v2"},
    {"im_sdk_config_mgr.fetch_imsdk_purchase_bitsv2",
     {{{"int32_error_code", "0"},
       {"str_error_message", R"("")"},
       {"str_purchase_bits", R"("0")"},
       {"uint32_expired_time", "86400"}}}},
    {"im_msg_audit_mgr.get_local_words",
     {{{"int32_error_code", "0"}, {"uint64_complete_flag", "1"}}}},
    {"openim.authkey", {{{"AuthKey", R"("")"}, {"IpList", "[]"}, {"ExpireTime", "86400"}}}},
    // CurruentSequence is as the protocol spells it.
    {"sns.black_list_get",
     {{{"BlackListItem", "[]"},
       {"StartIndex", "0"},
       {"CurruentSequence", "0"},
       {"LastSequence", "0"}}}},
    {"sns.friend_get",
     {{{"UserDataItem", "[]"},
       {"StandardSequence", "0"},
       {"CustomSequence", "0"},
       {"FriendNum", "0"},
       {"CompleteFlag", "1"},
       {"NextStartIndex", "0"}}}},
    {"sns.group_get", {{{"ResultItem", "[]"}, {"CurrentSequence", "0"}}}},
    {"sns.pendency_get",
     {{{"PendencyItem", "[]"},
       {"StartTime", "0"},
       {"UnreadPendencyCount", "0"},
       {"CurrentSequence", "0"}}}},
    {"openim.get_c2c_peer_mute_notifications",
     {{{"MuteNotificationsList", "[]"}, {"UpdateSeq", "1"}}}},
    {"million_group_open_http_svc.get_joined_group_list",
     {{{"TotalCount", "0"}, {"GroupIdList", "[]"}}}},
    {"group_open_http_svc.get_group_notify", kGroupNotices},
    {"group_open_http_svc.batch_get_group_notify", kGroupNotices},
    {"group_open_http_svc.get_pendency", kGroupPendencies},
    {"million_group_open_http_svc.get_pendency", kGroupPendencies},
    {"recentcontact.get_contact_group", kContactGroups},
    {"recentcontact.search_contact_group", kContactGroups},
});

}  // namespace

std::span<const FixedReply> FixedReplies() { return kFixedReplies; }

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

Reply ReplyOf(const FixedReply& fixed) {
  JsonText reply;
  for (const auto& [name, json] : fixed.members) {
    if (!name.empty()) reply.Json(name, json);
  }
  return reply;
}

}  // namespace rtcroom::tim
