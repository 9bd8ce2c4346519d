#include "handlers/tim/tim_commands.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace rtcroom::tim {
namespace {

using Kind = CommandKind;

// Whatever reads the store is on a worker, where it may wait for it.
constexpr auto kCommands = std::to_array<SocketCommand>({
    {"heartbeat.alive", nullptr, Lane::kInline, Kind::kAlive},
    {"openim.ws_msg_push_ack", nullptr, Lane::kInline, Kind::kAck},
    {"im_open_status.wslogin", nullptr, Lane::kWorker, Kind::kLogIn},
    {"im_open_status.wslogout", nullptr, Lane::kWorker, Kind::kLogOut},
    {"group_open_http_svc.apply_join_group", nullptr, Lane::kWorker, Kind::kJoinGroup},
    {"group_open_http_svc.quit_group", nullptr, Lane::kWorker, Kind::kQuitGroup},
    {"group_open_http_svc.send_group_msg", nullptr, Lane::kWorker, Kind::kSendToGroup},
    {"openim.sendmsg", nullptr, Lane::kWorker, Kind::kSendDirect},

    {"im_sdk_config_mgr.fetch_config", FetchConfig},
    {"profile.portrait_get_all", GetProfiles},
    {"profile.portrait_set", SetProfile},

    {"group_open_http_svc.get_joined_group_list", GetJoinedGroups, Lane::kRead},
    {"group_open_http_svc.get_group_self_member_info", GetOwnGroupInfo, Lane::kRead},
    {"group_open_http_svc.get_group_public_info", GetPublicGroupInfo, Lane::kRead},
    {"group_open_http_svc.get_group_member_info", GetGroupMembers, Lane::kRead},
    {"group_open_avchatroom_http_svc.get_members", GetLiveMembers, Lane::kRead},
    {"group_open_http_svc.get_specified_group_member_info", GetNamedMembers, Lane::kRead},
    {"group_open_http_svc.get_online_member_num", GetOnlineNumber, Lane::kRead},
    {"group_open_http_svc.create_group", CreateGroup, Lane::kWorker},
    {"group_open_http_svc.destroy_group", DestroyGroup, Lane::kWorker},

    {"group_open_http_svc.group_msg_get", GetGroupHistory, Lane::kRead},
    {"openim.getroammsg", GetDirectHistory, Lane::kRead},
    {"openim.get_peer_read_time", GetPeerReadTimes, Lane::kRead},

    {"recentcontact.page_get", GetConversations, Lane::kRead},
    {"openim.getmsg", GetUnread, Lane::kRead},
    {"openim.msgreaded", ReportRead, Lane::kWorker},
    {"group_open_http_svc.msg_read_report", ReportGroupRead, Lane::kWorker},
    {"openim.read_all_unread_msg", ReadAll, Lane::kWorker},
    {"openim.c2c_msg_read_receipt", TellReceipts, Lane::kRead},
    {"recentcontact.delete", DeleteConversations},
    {"recentcontact.batch_delete", DeleteConversations},
    {"openim.msgwithdraw", RecallDirect},
    {"group_open_http_svc.group_msg_recall", RecallInGroup},
});

std::vector<SocketCommand> AllCommands() {
  std::vector<SocketCommand> commands(kCommands.begin(), kCommands.end());
  for (const FixedReply& fixed : FixedReplies()) {
    commands.push_back({.name = fixed.servcmd, .kind = Kind::kFixed, .fixed = &fixed});
  }
  std::ranges::sort(commands, {}, &SocketCommand::name);
  return commands;
}

const std::vector<SocketCommand>& Table() {
  static const std::vector<SocketCommand> table = AllCommands();
  return table;
}

}  // namespace

const SocketCommand* FindCommand(std::string_view servcmd) {
  const auto found = std::ranges::lower_bound(Table(), servcmd, {}, &SocketCommand::name);
  return found == Table().end() || found->name != servcmd ? nullptr : &*found;
}

std::string_view LabelOf(const SocketCommand* command) {
  static const std::vector<std::string> labels = [] {
    std::vector<std::string> texts;
    for (const SocketCommand& one : Table()) texts.push_back(std::string("tim/").append(one.name));
    return texts;
  }();
  if (command == nullptr) return "tim/unknown";
  return labels[static_cast<std::size_t>(command - Table().data())];
}

}  // namespace rtcroom::tim
