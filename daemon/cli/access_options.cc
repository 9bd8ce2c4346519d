#include "daemon/cli/access_options.h"

#include "daemon/config/dev_ports.h"

namespace rtcroom {

void AddDevPortOption(CLI::App& command, std::optional<std::uint16_t>& port) {
  command
      .add_option("--port", port,
                  "With --dev: HTTP on this port, the admin port, gRPC and HTTPS on the next three")
      ->needs("--dev")
      ->check(CLI::Range(1, int{kMaxDevBase}));
}

void AddAccessOptions(CLI::App& command, RoomsAccess& access) {
  command.add_option("--config", access.config, "Configuration file (TOML), for its section grpc");
  command.add_flag("--dev", access.is_dev, "The server was started by serve --dev");
  AddDevPortOption(command, access.dev_port);
  command.get_option("--port")->description("With --dev: the --port of that server");
  command.add_option("--target", access.target,
                     "The server: HOST:PORT or unix:PATH (default: grpc.listen)");
  command.add_option(
      "--ca", access.ca,
      "PEM file: the authority of the server's certificate (default: grpc.tls_cert)");
  command.add_option("--cert", access.cert, "PEM file: the certificate to show");
  command.add_option("--key", access.key, "PEM file: its private key");
}

void AddWorkerOptions(CLI::App& command, const std::string& section, WorkerCommand& options) {
  AddAccessOptions(command, options.access);
  command.get_option("--config")
      ->description("Configuration file (TOML), for its sections grpc, log and " + section);
  command.add_option("--server", options.server,
                     "The media server: rtmp://HOST:PORT (default: " + section + ".server)");
}

}  // namespace rtcroom
