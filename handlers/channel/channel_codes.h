// The table of the message channel's codes and texts; no other handler holds them.
#pragma once

#include <string>
#include <string_view>

#include "daemon/base/result.h"
#include "daemon/http/message.h"
#include "handlers/shared/request_label.h"

namespace rtcroom {

/// The `ErrorCode` and `ErrorInfo` of a failure.
struct ChannelCode {
  Errc failure = Errc::kInternal;
  int code = 0;
  std::string_view info{};
};

/// @param command  `openim/login` has a code of its own for an expired ticket.
/// @source docs/channel.md, 1.
const ChannelCode& ChannelCodeOf(std::string_view command, Errc failure);

/// The code of a path that no command has, or of another method.
inline constexpr ChannelCode kUnknownCommand = {
    .failure = Errc::kBadRequest, .code = 60002, .info = "unknown command"};

/// The text that the client is told of a failure with that code: its detail only when the fault is
/// in the request. The view is valid as long as `error`.
std::string_view InfoOf(const Error& error, const ChannelCode& code);
/// A reply with nothing but a status.
std::string FailureReply(int code, std::string_view info);
/// The reply to a failure. The label gets the code, and the detail, which the client receives only
/// when the fault is in its request.
HttpReply FailCommand(const Error& error, const ChannelCode& code, RequestLabel& label);
/// The reply has the code of the label's command.
HttpReply FailCommand(const Error& error, RequestLabel& label);

/// The text that clients of every protocol expect in a notice of changed pushers.
/// @source docs/channel.md, 3, and protocol D.7.
inline constexpr std::string_view kMembersChanged = R"({"cmd":"notifyPusherChange","data":""})";

/// The code of an account's poll when nothing has come; clients expect it.
inline constexpr ChannelCode kNothingNew = {.code = 60008, .info = "timeout"};

}  // namespace rtcroom
