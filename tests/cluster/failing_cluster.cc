#include "tests/cluster/failing_cluster.h"

#include <sstream>

#include <fmt/format.h>

#include "tests/e2e/room_calls.h"
#include "tests/support/eventually.h"
#include "tests/support/gen2_client.h"

namespace rtcroom {

FailingCluster::FailingCluster(std::size_t nodes, PostgresServer::Standby standby,
                               const Settings& settings, const std::filesystem::path& program) {
  databases_[0] = std::make_unique<PostgresServer>();
  databases_[1] = databases_[0]->MakeStandby(standby);
  for (std::size_t i = 0; i < nodes; ++i) {
    Relays& relays = relays_.emplace_back();
    for (std::size_t host = 0; host < relays.size(); ++host) {
      relays.at(host) = std::make_unique<CuttingProxy>(databases_.at(host)->port());
    }
    ports_.push_back(reserved_.emplace_back(LoopbackSocket::Bind()).Port());
    Settings own = settings;
    own["store.url"] = fmt::format("postgresql://postgres:{}@127.0.0.1:{},127.0.0.1:{}/postgres",
                                   kPostgresPassword, relays[0]->port(), relays[1]->port());
    own["server.http_listen"] = fmt::format("127.0.0.1:{}", ports_.back());
    nodes_.push_back(std::make_unique<ServerProcess>(
        ServerOptions{.settings = WithLogins(std::move(own)), .program = program}));
  }
}

void FailingCluster::Refuse(std::size_t node) {
  for (const auto& relay : relays_.at(node)) relay->Refuse();
}

void FailingCluster::Silence(std::size_t node) {
  for (const auto& relay : relays_.at(node)) relay->Silence();
}

void FailingCluster::Mend(std::size_t node) {
  for (const auto& relay : relays_.at(node)) relay->Mend();
}

void FailingCluster::Promote() {
  standby().Promote();
  primary_ = 1 - primary_;
}

void FailingCluster::Replace() {
  const std::size_t place = 1 - primary_;
  databases_.at(place).reset();
  databases_.at(place) = primary().MakeStandby(PostgresServer::Standby::kSynchronous);
  for (const Relays& relays : relays_) relays.at(place)->Redirect(databases_.at(place)->port());
}

bool FailingCluster::Settles() {
  constexpr std::chrono::minutes kLongest{2};
  for (const int port : ports_) {
    ApiClient client(port);
    const std::string room = "settled" + std::to_string(++settled_);
    const auto done = [&](const char* endpoint, const nlohmann::json& body, int other) {
      return Eventually(
          [&] {
            const int code = client.Call("multi_room", endpoint, body).code();
            return code == kOk || code == other;
          },
          kLongest);
    };
    if (!done("create_room", CreateBody("settler", room), kOk)) return false;
    if (!done("destroy_room", MemberBody(room, "settler"), kNoSuchRoom)) return false;
  }
  return true;
}

std::string FailingCluster::Warnings(std::size_t node) const {
  std::istringstream log(nodes_.at(node)->Log());
  std::string warnings;
  for (std::string line; std::getline(log, line);) {
    if (line.find(R"("event":"request")") == std::string::npos &&
        line.find(R"("level":"debug")") == std::string::npos &&
        line.find(R"("level":"info")") == std::string::npos) {
      warnings += line + '\n';
    }
  }
  return warnings;
}

}  // namespace rtcroom
