// A subscriber of membership events in another language (tests/interop/watch.js).
#pragma once

#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/support/child_process.h"
#include "tests/support/temp_directory.h"

namespace rtcroom {

/// The action when the connection to the server is lost.
enum class OnServerGone { kEnds, kCallsAgain };

/// Runs until its end. Printed events are processed ones: it may be killed at any moment.
///
/// @threads for one thread.
class NodeSubscriber {
 public:
  /// @param address  of the server's gRPC listener, as gRPC names it.
  /// @param cursor   "earliest", "now" or a cursor.
  NodeSubscriber(const std::string& address, const std::string& cursor,
                 OnServerGone on_gone = OnServerGone::kEnds);

  /// The complete lines that it has printed, in order.
  [[nodiscard]] std::vector<nlohmann::json> Lines() const;
  /// Those that are events.
  [[nodiscard]] std::vector<nlohmann::json> Events() const;
  /// The cursor of the newest event; empty when there was none.
  [[nodiscard]] std::string LastCursor() const;

  /// Waits until the server has accepted its call.
  [[nodiscard]] bool IsFollowing() const;
  /// Waits until it has received this many events.
  [[nodiscard]] bool HasSeen(std::size_t events) const;

  void Kill9() { child_->Signal(SIGKILL); }
  ChildProcess& child() { return *child_; }
  /// Its error output, for the message of a failing test.
  [[nodiscard]] std::string ErrorOutput() const;

 private:
  const TempDirectory directory_;
  std::unique_ptr<ChildProcess> child_;
};

}  // namespace rtcroom
