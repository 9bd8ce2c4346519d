#include "tests/support/pg_bouncer.h"

#include <filesystem>
#include <fstream>
#include <stdexcept>

#include <fmt/format.h>

#include "tests/support/eventually.h"

namespace rtcroom {

PgBouncer::PgBouncer(const PostgresServer& server, std::string_view pool_mode) {
  constexpr const char* kProgram = "/usr/sbin/pgbouncer";
  if (!std::filesystem::exists(kProgram)) {
    throw std::runtime_error("no PgBouncer: `deploy/install-packages test` installs it");
  }
  const std::filesystem::path users = directory_.path() / "users";
  const std::filesystem::path settings = directory_.path() / "settings";
  std::ofstream(users) << fmt::format("\"postgres\" \"{0}\"\n\"sleepy\" \"{0}\"\n",
                                      kPostgresPassword);
  std::ofstream(settings) << fmt::format(
      "[databases]\n* = host=127.0.0.1 port={}\n"
      "[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {}\nunix_socket_dir =\n"
      "auth_type = md5\nauth_file = {}\npool_mode = {}\nignore_startup_parameters = options\n",
      server.port(), port_.Port(), users.string(), pool_mode);
  ChildCommand command = AsServerAccount(kProgram, {settings.string()});
  const std::filesystem::path log = directory_.path() / "log";
  command.stdout_file = log;
  command.stderr_file = log;
  for (const auto& path : {directory_.path(), users, settings}) GiveToServerAccount(path);
  process_ = std::make_unique<ChildProcess>(command);
  const bool ready =
      Eventually([&] { return ReadWholeFile(log).find("process up") != std::string::npos; });
  if (!ready) throw std::runtime_error("PgBouncer does not start: " + ReadWholeFile(log));
}

std::string PgBouncer::Host() const { return fmt::format("127.0.0.1:{}", port_.Port()); }

}  // namespace rtcroom
