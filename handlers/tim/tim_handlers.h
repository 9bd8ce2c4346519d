// The commands of today's IM SDKs that answer from what is stored, one file for each group.
#pragma once

#include "handlers/tim/tim_command.h"

namespace rtcroom::tim {

// start_commands.cc: what the SDK asks for at its start. All are inline.
Reply FetchConfig(const Request& request, const Context& context);
Reply GetProfiles(const Request& request, const Context& context);
Reply SetProfile(const Request& request, const Context& context);

// group_commands.cc: all read the store (`Lane::kRead`), but for the last two, which wait for a
// commit (`Lane::kWorker`).
Reply GetJoinedGroups(const Request& request, const Context& context);
Reply GetOwnGroupInfo(const Request& request, const Context& context);
Reply GetPublicGroupInfo(const Request& request, const Context& context);
Reply GetGroupMembers(const Request& request, const Context& context);
/// For `group_open_avchatroom_http_svc.get_members`.
Reply GetLiveMembers(const Request& request, const Context& context);
Reply GetNamedMembers(const Request& request, const Context& context);
Reply GetOnlineNumber(const Request& request, const Context& context);
Reply CreateGroup(const Request& request, const Context& context);
Reply DestroyGroup(const Request& request, const Context& context);

// history_commands.cc: all read the store.
Reply GetGroupHistory(const Request& request, const Context& context);
Reply GetDirectHistory(const Request& request, const Context& context);
Reply GetPeerReadTimes(const Request& request, const Context& context);

// conversation_commands.cc: the first two read the store, `Report…` and `ReadAll` wait for a commit
// (`Lane::kWorker`), `TellReceipts` reads the store; the others are inline.
Reply GetConversations(const Request& request, const Context& context);
Reply GetUnread(const Request& request, const Context& context);
/// For `openim.msgreaded`.
Reply ReportRead(const Request& request, const Context& context);
/// For `group_open_http_svc.msg_read_report`.
Reply ReportGroupRead(const Request& request, const Context& context);
Reply ReadAll(const Request& request, const Context& context);
Reply TellReceipts(const Request& request, const Context& context);
/// For `recentcontact.delete` and `batch_delete`: the SDK forgets them, until its next login.
Reply DeleteConversations(const Request& request, const Context& context);

}  // namespace rtcroom::tim
