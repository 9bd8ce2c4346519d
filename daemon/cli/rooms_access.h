// The running server that a command calls.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "daemon/base/result.h"
#include "daemon/base/secret.h"
#include "daemon/cli/commands.h"
#include "daemon/config/config.h"

namespace rtcroom {

/// How to reach the server. Missing values come from the section `grpc` of the configuration; the
/// token always does.
struct RoomsAccess {
  ConfigPath config = {};
  bool is_dev = false;                         ///< of a server that runs with `--dev`
  std::optional<std::uint16_t> dev_port = {};  ///< with `--dev` and that `--port`
  std::optional<std::string> target = {};      ///< `host:port` or `unix:PATH`
  // Paths of PEM files; any of them enables TLS.
  std::optional<std::string> ca = {};
  std::optional<std::string> cert = {};
  std::optional<std::string> key = {};
};

/// The options of a worker.
struct WorkerCommand {
  RoomsAccess access = {};
  std::optional<std::string> server = {};  ///< the media server; none: that of the configuration
};

struct RoomsServer {
  std::string target = {};  ///< `unix:PATH` or `host:port`
  bool has_tls = false;
  std::string trusted = {};  ///< PEM: CA certificates for the server; empty: the system's
  std::string cert = {};     ///< PEM: the client certificate; empty: none
  Secret key = {};           ///< PEM: its private key
  Secret token = {};         ///< empty: not sent
};

/// @errors kBadRequest for a wrong option, which it names, and for a file that cannot be read.
Result<RoomsServer> FindServer(const RoomsAccess& access, const GrpcConfig& grpc);

}  // namespace rtcroom
