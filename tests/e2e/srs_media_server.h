// A media server that speaks as SRS does: node-media-server with an adapter of the tests.
#pragma once

#include <chrono>
#include <map>
#include <set>
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
  /// The clients that are browsers which play.
  [[nodiscard]] std::set<std::string> Players() const;
  void Drop(const std::string& client) const;
  [[nodiscard]] std::string SecretOf(const std::string& name) const override;

 private:
  [[nodiscard]] ApiReply Ask(const std::string& method, const std::string& target) const;

  const std::chrono::milliseconds patience_;
};

}  // namespace rtcroom
