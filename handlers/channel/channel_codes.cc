#include "handlers/channel/channel_codes.h"

#include <array>
#include <cstddef>

#include "daemon/base/json_text.h"

namespace rtcroom {
namespace {

constexpr int kBadField = 10004;
constexpr int kBusy = 10002;
constexpr std::string_view kServerBusy = "server busy, try again later";

/// One row for each failure, in the order of the enumerators.
constexpr std::array<ChannelCode, kErrcCount> kChannelCodes = {{
    {.failure = Errc::kBadRequest, .code = kBadField, .info = "bad field"},
    {.failure = Errc::kUnauthorized, .code = 70009, .info = "usersig wrong"},
    {.failure = Errc::kNoCredentials, .code = 70003, .info = "not logged in"},
    {.failure = Errc::kTokenMalformed, .code = 70009, .info = "usersig wrong"},
    {.failure = Errc::kUnknownApp, .code = 70014, .info = "sdkappid of another application"},
    {.failure = Errc::kNoSession, .code = 70003, .info = "not logged in"},
    {.failure = Errc::kTokenWrong, .code = 70013, .info = "usersig of another identifier"},
    {.failure = Errc::kBadIdentity, .code = kBadField, .info = "bad field"},
    {.failure = Errc::kNotAllowed, .code = 10007, .info = "not allowed in this group"},
    {.failure = Errc::kRoomNotFound, .code = 10010, .info = "group not exist"},
    {.failure = Errc::kRoomExists, .code = 10025, .info = "group exists"},
    {.failure = Errc::kRoomFull, .code = 10007, .info = "not allowed in this group"},
    {.failure = Errc::kAudienceFull, .code = 10007, .info = "not allowed in this group"},
    {.failure = Errc::kInfoTooLong, .code = kBadField, .info = "bad field"},
    {.failure = Errc::kNotJson, .code = 60003, .info = "bad json"},
    {.failure = Errc::kPusherNotFound, .code = 10007, .info = "not allowed in this group"},
    {.failure = Errc::kNotCreator, .code = 10007, .info = "not allowed in this group"},
    {.failure = Errc::kNotReachable, .code = 20009, .info = "not a contact"},
    {.failure = Errc::kInstanceKicked, .code = 91101, .info = "kicked by another login"},
    {.failure = Errc::kContentRefused, .code = 80001, .info = "content refused"},
    {.failure = Errc::kContentTooLong, .code = 80002, .info = "content too long"},
    {.failure = Errc::kTooManyRooms, .code = kBusy, .info = kServerBusy},
    {.failure = Errc::kTooManyRequests, .code = kBusy, .info = "too many requests"},
    {.failure = Errc::kStoreBusy, .code = kBusy, .info = kServerBusy},
    {.failure = Errc::kStoreBroken, .code = kBusy, .info = kServerBusy},
    {.failure = Errc::kOutcomeUnknown, .code = kBusy, .info = kServerBusy},
    {.failure = Errc::kUnavailable, .code = kBusy, .info = kServerBusy},
    {.failure = Errc::kUnreachable, .code = kBusy, .info = kServerBusy},
    {.failure = Errc::kFileNotFound, .code = kBadField, .info = "bad field"},
    {.failure = Errc::kCursorExpired, .code = kBusy, .info = kServerBusy},
    {.failure = Errc::kInternal, .code = kBusy, .info = kServerBusy},
}};

static_assert(IsOrderedByErrc(kChannelCodes), "every failure needs a code");

constexpr ChannelCode kExpiredTicket = {
    .failure = Errc::kNoSession, .code = 70001, .info = "usersig expired"};

}  // namespace

const ChannelCode& ChannelCodeOf(std::string_view command, Errc failure) {
  if (command == "openim/login" && failure == kExpiredTicket.failure) return kExpiredTicket;
  return kChannelCodes.at(static_cast<std::size_t>(failure));
}

std::string_view InfoOf(const Error& error, const ChannelCode& code) {
  const bool is_of_request = error.code == Errc::kBadRequest || error.code == Errc::kNotJson;
  return is_of_request && !error.detail.empty() ? std::string_view(error.detail) : code.info;
}

std::string FailureReply(int code, std::string_view info) {
  JsonText reply;
  reply.Field("ActionStatus", "FAIL").Field("ErrorCode", code).Field("ErrorInfo", info);
  return reply.AsObject();
}

HttpReply FailCommand(const Error& error, const ChannelCode& code, RequestLabel& label) {
  label.code = code.code;
  label.failure = error.code;
  label.failure_detail = error.detail;
  return {.body = FailureReply(code.code, InfoOf(error, code))};
}

HttpReply FailCommand(const Error& error, RequestLabel& label) {
  return FailCommand(error, ChannelCodeOf(label.endpoint, error.code), label);
}

}  // namespace rtcroom
