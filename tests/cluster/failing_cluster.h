// Several servers on a PostgreSQL database with a standby, all of which can be made to fail.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "daemon/base/secret.h"
#include "tests/support/cutting_proxy.h"
#include "tests/support/loopback_socket.h"
#include "tests/support/postgres_server.h"
#include "tests/support/server_process.h"

namespace rtcroom {

/// Each server knows both hosts of the database, and reaches each by a relay of its own. It listens
/// for plain HTTP on a port that it keeps over its restarts.
///
/// @threads one thread; what is const, any.
class FailingCluster {
 public:
  /// @param program  of the servers, until they are told to use another one.
  FailingCluster(std::size_t nodes, PostgresServer::Standby standby, const Settings& settings,
                 const std::filesystem::path& program = ServerBinary());

  [[nodiscard]] std::size_t size() const { return nodes_.size(); }
  [[nodiscard]] ServerProcess& node(std::size_t index) { return *nodes_.at(index); }
  /// Of plain HTTP, by node.
  [[nodiscard]] const std::vector<int>& ports() const { return ports_; }
  [[nodiscard]] PostgresServer& primary() { return *databases_.at(primary_); }
  [[nodiscard]] PostgresServer& standby() { return *databases_.at(1 - primary_); }

  /// Of one server, from both hosts of the database.
  void Refuse(std::size_t node);
  void Silence(std::size_t node);
  void Mend(std::size_t node);

  /// The standby takes over from a primary that has ended.
  void Promote();
  /// Makes a synchronous standby of the present primary, in the place of the one that has ended.
  void Replace();

  /// Whether every server comes to carry out changes; afterwards nothing that was sent to the
  /// database earlier is carried out any more.
  [[nodiscard]] bool Settles();

  /// The lines of a server's log from `warn` on, but those of requests.
  [[nodiscard]] std::string Warnings(std::size_t node) const;

 private:
  using Relays = std::array<std::unique_ptr<CuttingProxy>, 2>;

  std::size_t primary_ = 0;
  std::array<std::unique_ptr<PostgresServer>, 2> databases_;
  std::vector<LoopbackSocket> reserved_;  ///< so that no other program gets the ports
  std::vector<int> ports_;
  std::vector<Relays> relays_;
  std::vector<std::unique_ptr<ServerProcess>> nodes_;
  int settled_ = 0;
};

}  // namespace rtcroom
