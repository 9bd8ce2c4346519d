#include "handlers/tim/tim_commands.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "handlers/channel/channel_fields.h"
#include "handlers/channel/channel_profile.h"
#include "handlers/tim/tim_lookups.h"

namespace rtcroom::tim {
namespace {

using Kind = CommandKind;

/// The SDK asks for its configuration again after so many seconds.
constexpr int kDay = 86'400;
constexpr std::size_t kMaxAccounts = 100;

constexpr SocketCommand Fixed(std::string_view label, std::string_view members = {}) {
  return {.label = label, .kind = Kind::kFixed, .fixed = members};
}

constexpr SocketCommand Refused(std::string_view label, int code, std::string_view info) {
  return {.label = label, .kind = Kind::kFixed, .fixed = info, .code = code};
}

constexpr std::string_view kGroupNotices =
    R"("NextMsgTime":0,"NotifyMsgList":[],"NotifyRspList":[])";
constexpr std::string_view kGroupPendencies = R"("PendencyList":[],"NextStartTime":0)";
constexpr std::string_view kContactGroups =
    R"("GroupItem":[],"CompleteFlag":1,"TimeStamp":0,"StartIndex":0,"NextStartTime":0,)"
    R"("NextStartIndex":0,"ContactItem":[])";

// A command that reads the store runs on a worker, where it may wait for the store.
constexpr auto kCommands = std::to_array<SocketCommand>({
    {"tim/heartbeat.alive", nullptr, Lane::kInline, Kind::kAlive},
    {"tim/openim.ws_msg_push_ack", nullptr, Lane::kInline, Kind::kAck},
    {"tim/im_open_status.wslogin", nullptr, Lane::kWorker, Kind::kLogIn},
    {"tim/im_open_status.wslogout", nullptr, Lane::kWorker, Kind::kLogOut},

    {"tim/group_open_http_svc.apply_join_group", JoinGroup, Lane::kWorker},
    {"tim/group_open_http_svc.quit_group", QuitGroup, Lane::kWorker},
    {"tim/group_open_http_svc.send_group_msg", SendToGroup, Lane::kWorker, Kind::kMessage},
    {"tim/openim.sendmsg", SendDirect, Lane::kWorker, Kind::kMessage},

    {"tim/im_sdk_config_mgr.fetch_config", FetchConfig},
    {"tim/profile.portrait_get_all", GetProfiles},
    {"tim/profile.portrait_set", SetProfile},

    {"tim/group_open_http_svc.get_joined_group_list", GetJoinedGroups, Lane::kRead},
    {"tim/group_open_http_svc.get_group_self_member_info", GetOwnGroupInfo, Lane::kRead},
    {"tim/group_open_http_svc.get_group_public_info", GetPublicGroupInfo, Lane::kRead},
    {"tim/group_open_http_svc.get_group_member_info", GetGroupMembers, Lane::kRead},
    {"tim/group_open_avchatroom_http_svc.get_members", GetGroupMembers, Lane::kRead},
    {"tim/group_open_http_svc.get_specified_group_member_info", GetNamedMembers, Lane::kRead},
    {"tim/group_open_http_svc.get_online_member_num", GetOnlineNumber, Lane::kRead},
    {"tim/group_open_http_svc.create_group", CreateGroup, Lane::kWorker},
    {"tim/group_open_http_svc.destroy_group", DestroyGroup, Lane::kWorker},

    {"tim/group_open_http_svc.group_msg_get", GetGroupHistory, Lane::kRead},
    {"tim/openim.getroammsg", GetDirectHistory, Lane::kRead},
    {"tim/openim.get_peer_read_time", GetPeerReadTimes, Lane::kRead},

    {"tim/recentcontact.page_get", GetConversations, Lane::kRead},
    {"tim/openim.getmsg", GetUnread, Lane::kRead},
    {"tim/openim.msgreaded", ReportRead, Lane::kWorker},
    {"tim/group_open_http_svc.msg_read_report", ReportGroupRead, Lane::kWorker},
    {"tim/openim.read_all_unread_msg", ReadAll, Lane::kWorker},
    {"tim/openim.c2c_msg_read_receipt", TellReceipts, Lane::kRead},
    {"tim/recentcontact.delete", DeleteConversations},
    {"tim/recentcontact.batch_delete", DeleteConversations},

    Refused("tim/openim.msgwithdraw", 20016, "messages cannot be recalled"),
    Refused("tim/group_open_http_svc.group_msg_recall", 10031, "messages cannot be recalled"),
    // This server has nothing of these. The SDK asks again at once, for ever, where a list lacks
    // the member that ends it.
    Fixed("tim/im_open_status.wshello"),
    Fixed("tim/imopenstat.tim_web_report_v2"),
    Fixed("tim/im_sdk_config_mgr.fetch_imsdk_purchase_bitsv2",
          R"("int32_error_code":0,"str_error_message":"","str_purchase_bits":"0",)"
          R"("uint32_expired_time":86400)"),
    Fixed("tim/im_msg_audit_mgr.get_local_words",
          R"("int32_error_code":0,"uint64_complete_flag":1)"),
    Fixed("tim/openim.authkey", R"("AuthKey":"","IpList":[],"ExpireTime":86400)"),
    // CurruentSequence is as the protocol spells it.
    Fixed("tim/sns.black_list_get",
          R"("BlackListItem":[],"StartIndex":0,"CurruentSequence":0,"LastSequence":0)"),
    Fixed("tim/sns.friend_get", R"("UserDataItem":[],"StandardSequence":0,"CustomSequence":0,)"
                                R"("FriendNum":0,"CompleteFlag":1,"NextStartIndex":0)"),
    Fixed("tim/sns.group_get", R"("ResultItem":[],"CurrentSequence":0)"),
    Fixed("tim/sns.pendency_get",
          R"("PendencyItem":[],"StartTime":0,"UnreadPendencyCount":0,"CurrentSequence":0)"),
    Fixed("tim/openim.get_c2c_peer_mute_notifications",
          R"("MuteNotificationsList":[],"UpdateSeq":1)"),
    Fixed("tim/million_group_open_http_svc.get_joined_group_list",
          R"("TotalCount":0,"GroupIdList":[])"),
    Fixed("tim/group_open_http_svc.get_group_notify", kGroupNotices),
    Fixed("tim/group_open_http_svc.batch_get_group_notify", kGroupNotices),
    Fixed("tim/group_open_http_svc.get_pendency", kGroupPendencies),
    Fixed("tim/million_group_open_http_svc.get_pendency", kGroupPendencies),
    Fixed("tim/recentcontact.get_contact_group", kContactGroups),
    Fixed("tim/recentcontact.search_contact_group", kContactGroups),
});

constexpr auto kByName = [] {
  auto sorted = kCommands;
  std::ranges::sort(sorted, {}, &SocketCommand::label);
  return sorted;
}();

}  // namespace

const SocketCommand* FindCommand(std::string_view servcmd) {
  const auto* const found = std::ranges::lower_bound(kByName, servcmd, {}, &SocketCommand::servcmd);
  return found == kByName.end() || found->servcmd() != servcmd ? nullptr : found;
}

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
  JsonText reply;
  reply.BeginArray("UserProfileItem");
  for (ChannelFields& item : request.fields.OptionalObjects("UserItem", kMaxAccounts)) {
    const UserId account = item.Account("To_Account");
    if (!item.ok()) return item.error();
    const bool fits = reply.text().size() <= kMaxNamedBytes;
    WriteProfile(account, fits ? context.channel.logins().ProfileOf(account) : Account::Profile(),
                 reply);
  }
  if (!request.fields.ok()) return request.fields.error();
  return std::move(reply.EndArray().Field("CurrentStandardSequence", 0));
}

Reply SetProfile(const Request& request, const Context& context) {
  return Done(ChangeProfile(request.fields, request.caller, context.channel.logins()));
}

}  // namespace rtcroom::tim
