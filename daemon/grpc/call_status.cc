#include "daemon/grpc/call_status.h"

#include <array>
#include <cstddef>

namespace rtcroom {
namespace {

struct Row {
  Errc failure{};
  grpc::StatusCode status = grpc::StatusCode::INTERNAL;
  const char* sentence = "";
};

// The rows are in the order of the enumerators.
using enum grpc::StatusCode;
constexpr auto kRows = std::to_array<Row>({
    {Errc::kBadRequest, INVALID_ARGUMENT, ""},
    {Errc::kUnauthorized, UNAUTHENTICATED, "the caller is not known"},
    {Errc::kNoCredentials, UNAUTHENTICATED, "the caller is not known"},
    {Errc::kTokenMalformed, UNAUTHENTICATED, "the caller is not known"},
    {Errc::kUnknownApp, UNAUTHENTICATED, "the caller is not known"},
    {Errc::kNoSession, UNAUTHENTICATED, "the caller is not known"},
    {Errc::kTokenWrong, UNAUTHENTICATED, "the caller is not known"},
    {Errc::kBadIdentity, PERMISSION_DENIED, "not allowed"},
    {Errc::kNotAllowed, PERMISSION_DENIED, "not allowed"},
    {Errc::kRoomNotFound, NOT_FOUND, "there is no such room"},
    {Errc::kRoomExists, ALREADY_EXISTS, "there is such a room"},
    {Errc::kRoomFull, RESOURCE_EXHAUSTED, "the room is full"},
    {Errc::kAudienceFull, RESOURCE_EXHAUSTED, "the audience is full"},
    {Errc::kInfoTooLong, INVALID_ARGUMENT, "the room's text is too long"},
    {Errc::kNotJson, INVALID_ARGUMENT, "not JSON"},
    {Errc::kPusherNotFound, NOT_FOUND, "the user is no pusher of the room"},
    {Errc::kNotCreator, PERMISSION_DENIED, "only the creator may do this"},
    {Errc::kNotReachable, PERMISSION_DENIED, "not allowed"},
    {Errc::kInstanceKicked, UNAUTHENTICATED, "who calls is not known"},
    {Errc::kContentRefused, INVALID_ARGUMENT, "the message cannot be shown"},
    {Errc::kContentTooLong, INVALID_ARGUMENT, "the message is too long"},
    {Errc::kTooManyRooms, RESOURCE_EXHAUSTED, "there are too many rooms"},
    {Errc::kTooManyRequests, RESOURCE_EXHAUSTED, "too many calls"},
    {Errc::kStoreBusy, UNAVAILABLE, "the store is busy: try again"},
    {Errc::kStoreBroken, INTERNAL, "the store has failed"},
    {Errc::kOutcomeUnknown, UNKNOWN, "it may have been done, or not"},
    {Errc::kUnavailable, UNAVAILABLE, "this cannot be done now"},
    {Errc::kUnreachable, UNAVAILABLE, "this cannot be done now"},
    {Errc::kFileNotFound, NOT_FOUND, "no such file"},
    {Errc::kCursorExpired, OUT_OF_RANGE, "events after the cursor are no longer retained"},
    {Errc::kInternal, INTERNAL, "internal error"},
});
static_assert(IsOrderedByErrc(kRows));

}  // namespace

grpc::Status StatusOf(const Error& error) {
  const Row& row = kRows.at(static_cast<std::size_t>(error.code));
  return {row.status, error.code == Errc::kBadRequest ? error.detail : row.sentence};
}

}  // namespace rtcroom
