// The handlers of the message channel, one file for each group of services.
#pragma once

#include "handlers/webim/webim_commands.h"

namespace rtcroom::channel {

// openim_commands.cc: logins, messages between accounts, the account's poll.
Result<JsonText> LogIn(const ChannelRequest& request, const ChannelContext& context);
Result<JsonText> GetLongPollingId(const ChannelRequest& request, const ChannelContext& context);
Status LongPolling(const ChannelRequest& request, const ChannelContext& context,
                   const BeginPoll& begin);
Result<JsonText> LongPollingLogOut(const ChannelRequest& request, const ChannelContext& context);
Result<JsonText> LogOut(const ChannelRequest& request, const ChannelContext& context);
Result<JsonText> SendMsg(const ChannelRequest& request, const ChannelContext& context);
Result<JsonText> GetMsg(const ChannelRequest& request, const ChannelContext& context);
Result<JsonText> GetRoamMsg(const ChannelRequest& request, const ChannelContext& context);

// group_commands.cc: groups and the room's poll.
Result<JsonText> ApplyJoinGroup(const ChannelRequest& request, const ChannelContext& context);
Result<JsonText> QuitGroup(const ChannelRequest& request, const ChannelContext& context);
Result<JsonText> SendGroupMsg(const ChannelRequest& request, const ChannelContext& context);
Result<JsonText> GroupMsgGet(const ChannelRequest& request, const ChannelContext& context);
Result<JsonText> CreateGroup(const ChannelRequest& request, const ChannelContext& context);
Result<JsonText> DestroyGroup(const ChannelRequest& request, const ChannelContext& context);
Result<JsonText> GetGroupInfo(const ChannelRequest& request, const ChannelContext& context);
Result<JsonText> GetGroupMemberInfo(const ChannelRequest& request, const ChannelContext& context);
Result<JsonText> GetRoleInGroup(const ChannelRequest& request, const ChannelContext& context);
Status PollGroup(const ChannelRequest& request, const ChannelContext& context,
                 const BeginPoll& begin);

// profile_commands.cc: names and pictures.
Result<JsonText> PortraitGet(const ChannelRequest& request, const ChannelContext& context);
Result<JsonText> PortraitSet(const ChannelRequest& request, const ChannelContext& context);

// misc_commands.cc: conversations.
Result<JsonText> RecentContactGet(const ChannelRequest& request, const ChannelContext& context);

}  // namespace rtcroom::channel
