// nginx with its RTMP module, as deploy/media/prepare configures it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/e2e/media_server.h"

namespace rtcroom {

enum class NginxProcesses {
  kOne,              ///< a killed one leaves nothing behind
  kMasterAndWorker,  ///< a reload replaces the worker; only for tests that do not kill it
};

/// Calls about running streams come every half second, and a publisher that sends nothing is
/// disconnected after a minute. It records with `--record`.
class NginxMediaServer final : public MediaServer {
 public:
  /// Starts it.
  /// @param options  in addition to the fixture's own, of deploy/media/prepare.
  /// @throws std::runtime_error when it does not start.
  explicit NginxMediaServer(const std::vector<std::string>& options = {},
                            NginxProcesses processes = NginxProcesses::kOne);
  ~NginxMediaServer() override;

  void Start() override;
  /// Replaces the worker, and waits until the old one takes no further connections.
  /// @pre kMasterAndWorker.
  /// @throws std::runtime_error when it does not happen.
  void Reload();

  [[nodiscard]] bool SendsUpdates() const override { return true; }
  [[nodiscard]] std::map<std::string, std::string> Publishers(
      const std::string& application) const override;
  /// The http server for browsers.
  [[nodiscard]] ApiClient Pages() const { return ApiClient(hls_.Port()); }
  [[nodiscard]] std::string SecretOf(const std::string& name) const override;

 private:
  /// What /stat answers; empty when it does not.
  [[nodiscard]] std::string Stat() const;
  /// The process that answers /stat; empty when none does.
  [[nodiscard]] std::string Worker() const;

  const NginxProcesses processes_;
  const LoopbackSocket hls_ = LoopbackSocket::Bind();  // holds the port
};

}  // namespace rtcroom
