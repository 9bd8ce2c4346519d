#include "daemon/cli/rooms_commands.h"

#include <chrono>
#include <string_view>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "daemon/base/atomic_file.h"
#include "daemon/cli/printable.h"
#include "daemon/cli/rooms_client.h"
#include "daemon/cli/rooms_output.h"
#include "daemon/cli/section_config.h"
#include "daemon/config/config_value.h"
#include "daemon/config/listen_address.h"
#include "daemon/core/ban_store.h"
#include "daemon/events/event_messages.h"

namespace rtcroom {
namespace {

/// A usage error.
Error Misused(std::string sentence) { return Error{Errc::kBadRequest, std::move(sentence)}; }

/// The target of the configured listener, as reachable from this machine.
Result<std::string> TargetOf(const std::string& listen) {
  if (listen.empty()) return Misused("grpc.listen: off: use --target");
  if (listen.starts_with("unix:")) return listen;
  std::optional<std::string> target = ReachableFromHere(listen);
  if (target) return *std::move(target);
  return Misused("grpc.listen: its port is not known before the start: use --target");
}

/// Whether traffic to the target stays on this machine.
bool IsLocal(const std::string& target) {
  if (target.starts_with("unix:")) return true;
  std::string host = target.substr(0, target.rfind(':'));
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return IsLoopbackHost(host);
}

bool IsTarget(const std::string& text) {
  if (text.starts_with("unix:")) return CheckGrpcAddress(text).empty();
  return text.find(':') != std::string::npos && !text.starts_with(':') &&
         CheckOptionalHost(text).empty();
}

Result<std::string> ReadPem(std::string_view option, const std::string& path) {
  Result<std::string> pem = ReadSmallFile(path);
  if (!pem) return Misused(fmt::format("{}: {}", option, pem.error().detail));
  return pem;
}

Status ReadTls(const RoomsAccess& access, const GrpcConfig& grpc, RoomsServer& server) {
  server.has_tls = !grpc.tls_cert.empty() || access.ca || access.cert || access.key;
  if (!server.has_tls) return {};
  if (access.cert.has_value() != access.key.has_value()) {
    return Misused("--cert and --key: each needs the other");
  }
  // On this machine the server's own certificate is readable, and is the most trustworthy anchor.
  const std::string ca = access.ca.value_or(grpc.tls_cert);
  if (!ca.empty()) {
    Result<std::string> pem = ReadPem("--ca", ca);
    if (!pem) return pem.error();
    server.trusted = *std::move(pem);
  }
  if (access.cert) {
    Result<std::string> cert = ReadPem("--cert", *access.cert);
    if (!cert) return cert.error();
    Result<std::string> key = ReadPem("--key", *access.key);
    if (!key) return key.error();
    server.cert = *std::move(cert);
    server.key = Secret(*std::move(key));
  }
  return {};
}

Result<RoomsServer> FindServer(const RoomsAccess& access, const GrpcConfig& grpc) {
  RoomsServer server{.token = grpc.token};
  if (access.target) {
    if (!IsTarget(*access.target)) return Misused("--target: must be HOST:PORT or unix:PATH");
    server.target = *access.target;
  } else {
    Result<std::string> target = TargetOf(grpc.listen);
    if (!target) return target.error();
    server.target = *std::move(target);
  }
  if (const Status read = ReadTls(access, grpc, server); !read) return read.error();
  if (!server.has_tls && !IsLocal(server.target)) {
    return Misused("--target: another machine is asked by TLS only: use --ca, --cert and --key");
  }
  return server;
}

/// @param command  its name.
int ReportError(std::string_view command, const Error& error, const CliContext& context) {
  context.err << command << ": " << Printable(error.detail) << '\n';
  return error.code == Errc::kBadRequest ? kExitUsage : kExitFailed;
}

/// Runs `command` with a client; `command` returns a Status.
/// @param name  of the command, for errors.
template <typename Command>
int WithClient(const RoomsAccess& access, const CliContext& context, Command command,
               std::string_view name = "rooms") {
  const RunMode mode = access.is_dev ? RunMode::kDev : RunMode::kNormal;
  const std::optional<Config> config = LoadSection("grpc", access.config, context, mode);
  if (!config) return kExitUsage;
  const Result<RoomsServer> server = FindServer(access, config->grpc);
  if (!server) return ReportError(name, server.error(), context);
  RoomsClient client(*server);
  const Status done = command(client);
  return done ? kExitOk : ReportError(name, done.error(), context);
}

void PrintKicked(const v1::DeletePusherResponse& kicked, std::ostream& out) {
  out << (kicked.was_pusher() ? "kicked" : "was not in the room");
  if (kicked.room_destroyed()) out << "; the room has ended with it";
  if (kicked.has_banned_until()) out << "; kept out until " << TimeText(kicked.banned_until());
  out << '\n';
}

}  // namespace

int RunRoomsList(const RoomsListOptions& options, const CliContext& context) {
  return WithClient(options.access, context, [&](RoomsClient& client) {
    // The head is printed before the first room or, if there is none, at the end.
    bool needs_head = options.format == RoomsFormat::kText;
    const v1::RoomKind kind = options.kind ? KindMessage(*options.kind) : v1::ROOM_KIND_UNSPECIFIED;
    const Status listed = client.ListRooms(kind, [&](const v1::Room& room) {
      if (std::exchange(needs_head, false)) PrintRoomsHead(context.out);
      if (options.format == RoomsFormat::kJson) {
        context.out << JsonLine(room);
      } else {
        PrintRoomLine(room, context.out);
      }
    });
    if (listed && needs_head) PrintRoomsHead(context.out);
    return listed;
  });
}

int RunRoomsShow(const RoomsShowOptions& options, const CliContext& context) {
  return WithClient(options.access, context, [&](RoomsClient& client) -> Status {
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
  return WithClient(options.access, context, [&](RoomsClient& client) -> Status {
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
  return WithClient(options.access, context, [&](RoomsClient& client) -> Status {
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

int RunRecordingsList(const RecordingsListOptions& options, const CliContext& context) {
  v1::ListRecordingsRequest request;
  if (options.kind) request.set_kind(KindMessage(*options.kind));
  request.set_room_id(options.room_id);
  request.set_user_id(options.user_id);
  const auto list = [&](RoomsClient& client) {
    // As for rooms.
    bool needs_head = options.format == RoomsFormat::kText;
    const Status listed = client.ListRecordings(request, [&](const v1::Recording& recording) {
      if (std::exchange(needs_head, false)) PrintRecordingsHead(context.out);
      if (options.format == RoomsFormat::kJson) {
        context.out << JsonLine(recording);
      } else {
        PrintRecordingLine(recording, context.out);
      }
    });
    if (listed && needs_head) PrintRecordingsHead(context.out);
    return listed;
  };
  return WithClient(options.access, context, list, "recordings");
}

}  // namespace rtcroom
