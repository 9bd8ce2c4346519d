#include "daemon/cli/rooms_commands.h"

#include <chrono>
#include <string_view>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "daemon/cli/printable.h"
#include "daemon/cli/rooms_client.h"
#include "daemon/cli/rooms_output.h"
#include "daemon/cli/section_config.h"
#include "daemon/config/config_value.h"
#include "daemon/core/ban_store.h"
#include "daemon/grpc/event_messages.h"

namespace rtcroom {
namespace {

/// @param command  its name.
int ReportError(std::string_view command, const Error& error, const CliContext& context) {
  context.err << command << ": " << Printable(error.detail) << '\n';
  return error.code == Errc::kBadRequest ? kExitUsage : kExitFailed;
}

/// Runs `command` with a client; `command` returns a Status.
/// @param name  of the command, for errors.
template <typename Command>
int WithClient(std::string_view name, const RoomsAccess& access, const CliContext& context,
               Command command) {
  const RunMode mode = access.is_dev ? RunMode::kDev : RunMode::kNormal;
  const std::optional<Config> config = LoadSection("grpc", access.config, context, mode);
  if (!config) return kExitUsage;
  const Result<RoomsServer> server = FindServer(access, config->grpc);
  if (!server) return ReportError(name, server.error(), context);
  RoomsClient client(*server);
  const Status done = command(client);
  return done ? kExitOk : ReportError(name, done.error(), context);
}

/// Prints each entry that `list` passes on. In text, the head comes before the first one or, if
/// there is none, at the end.
template <typename Entry, typename List>
Status PrintList(const List& list, void (&print_head)(std::ostream&),
                 void (&print_line)(const Entry&, std::ostream&), RoomsFormat format,
                 std::ostream& out) {
  bool needs_head = format == RoomsFormat::kText;
  const Status listed = list([&](const Entry& entry) {
    if (std::exchange(needs_head, false)) print_head(out);
    if (format == RoomsFormat::kJson) {
      out << JsonLine(entry);
    } else {
      print_line(entry, out);
    }
  });
  if (listed && needs_head) print_head(out);
  return listed;
}

void PrintKicked(const v1::DeletePusherResponse& kicked, std::ostream& out) {
  out << (kicked.was_pusher() ? "kicked" : "was not in the room");
  if (kicked.room_destroyed()) out << "; the room has ended with it";
  if (kicked.has_banned_until()) out << "; kept out until " << TimeText(kicked.banned_until());
  out << '\n';
}

}  // namespace

int RunRoomsList(const RoomsListOptions& options, const CliContext& context) {
  return WithClient("rooms", options.access, context, [&](RoomsClient& client) {
    const v1::RoomKind kind = options.kind ? KindMessage(*options.kind) : v1::ROOM_KIND_UNSPECIFIED;
    const auto list = [&](const auto& print) { return client.ListRooms(kind, print); };
    return PrintList<v1::Room>(list, PrintRoomsHead, PrintRoomLine, options.format, context.out);
  });
}

int RunRoomsShow(const RoomsShowOptions& options, const CliContext& context) {
  return WithClient("rooms", options.access, context, [&](RoomsClient& client) -> Status {
    const Result<v1::Room> room = client.GetRoom(RefMessage(options.room));
    if (!room) return room.error();
    if (options.format == RoomsFormat::kJson) {
      context.out << JsonLine(*room);
    } else {
      PrintRoom(*room, context.out);
    }
    return {};
  });
}

int RunRoomsDismiss(const RoomsDismissOptions& options, const CliContext& context) {
  return WithClient("rooms", options.access, context, [&](RoomsClient& client) -> Status {
    const Status done = client.DestroyRoom(RefMessage(options.room));
    if (done) context.out << "dismissed\n";
    return done;
  });
}

int RunRoomsKick(const RoomsKickOptions& options, const CliContext& context) {
  v1::DeletePusherRequest request;
  *request.mutable_room() = RefMessage(options.room);
  request.set_user_id(options.user_id);
  if (options.ban) {
    const DurationRule rule{.least = std::chrono::milliseconds(1), .most = kLongestBan};
    const Result<ConfigValue> ban = ReadValue(rule, *options.ban);
    if (!ban) {
      context.err << "--ban: " << ban.error().detail << '\n';
      return kExitUsage;
    }
    const auto span = std::get<std::chrono::milliseconds>(*ban);
    const auto whole = std::chrono::floor<std::chrono::seconds>(span);
    request.mutable_ban()->set_seconds(whole.count());
    request.mutable_ban()->set_nanos(
        static_cast<std::int32_t>(std::chrono::nanoseconds(span - whole).count()));
  }
  return WithClient("rooms", options.access, context, [&](RoomsClient& client) -> Status {
    const Result<v1::DeletePusherResponse> kicked = client.DeletePusher(request);
    if (!kicked) return kicked.error();
    if (options.format == RoomsFormat::kJson) {
      context.out << JsonLine(*kicked);
    } else {
      PrintKicked(*kicked, context.out);
    }
    return {};
  });
}

int RunUsersLogout(const UsersLogoutOptions& options, const CliContext& context) {
  return WithClient("users", options.access, context, [&](RoomsClient& client) -> Status {
    const Status done = client.EndLogins(options.user_id);
    if (done) context.out << "logged out\n";
    return done;
  });
}

int RunRecordingsList(const RecordingsListOptions& options, const CliContext& context) {
  v1::ListRecordingsRequest request;
  if (options.kind) request.set_kind(KindMessage(*options.kind));
  request.set_room_id(options.room_id);
  request.set_user_id(options.user_id);
  const auto run = [&](RoomsClient& client) {
    const auto list = [&](const auto& print) { return client.ListRecordings(request, print); };
    return PrintList<v1::Recording>(list, PrintRecordingsHead, PrintRecordingLine, options.format,
                                    context.out);
  };
  return WithClient("recordings", options.access, context, run);
}

}  // namespace rtcroom
