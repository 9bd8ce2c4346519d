// A media server that speaks as SRS does: node-media-server with an adapter of the tests.
#pragma once

#include <chrono>
#include <map>
#include <string>

#include "tests/e2e/media_server.h"
#include "tests/support/eventually.h"

namespace rtcroom {

/// It needs `npm ci --prefix tests/media`. It records all streams, and makes no calls about running
/// ones.
class SrsMediaServer final : public MediaServer {
 public:
  /// Starts it.
  /// @param patience  after which a publisher that sends nothing is disconnected.
  /// @throws std::runtime_error when it does not start.
  explicit SrsMediaServer(std::chrono::milliseconds patience = kWaitTimeout);

  void Start() override;

  [[nodiscard]] bool SendsUpdates() const override { return false; }
  [[nodiscard]] std::map<std::string, std::string> Publishers(
      const std::string& application) const override;
  [[nodiscard]] std::string SecretOf(const std::string& name) const override;

 private:
  const std::chrono::milliseconds patience_;
};

}  // namespace rtcroom
