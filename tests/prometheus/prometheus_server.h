// A real Prometheus that scrapes a server under test.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>

#include <nlohmann/json.hpp>

#include "tests/support/api_client.h"
#include "tests/support/child_process.h"
#include "tests/support/temp_directory.h"

namespace rtcroom {

/// On a free port of 127.0.0.1, with its data in a separate directory.
///
/// @threads for one thread.
class PrometheusServer {
 public:
  /// Scrapes 127.0.0.1 at `port` every second, as the job rtcroomd, and waits until it
  /// has done so a few times.
  /// @throws std::runtime_error on failure.
  PrometheusServer(int port, const std::filesystem::path& alerts);

  /// The current series of a query.
  /// @throws std::runtime_error for an invalid query.
  nlohmann::json Query(const std::string& query);

  /// The names of all labels that it has received.
  std::set<std::string> Labels();

  /// The states of the alerts by their names: "inactive", "pending", "firing".
  std::map<std::string, std::string> Alerts();

 private:
  nlohmann::json Ask(const std::string& target);
  [[nodiscard]] int PortFromLog() const;

  const TempDirectory directory_;
  std::unique_ptr<ChildProcess> child_;
  std::unique_ptr<ApiClient> client_;
};

}  // namespace rtcroom
