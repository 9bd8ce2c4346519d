// A subscriber of membership events in another language (tests/second_opinion/watch.js).
#pragma once

#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/support/child_process.h"
#include "tests/support/temp_directory.h"

namespace rtcroom {

/// What it does when the server goes away.
enum class OnServerGone { kEnds, kCallsAgain };

/// Runs until its end. What it has printed is what it has dealt with: it may be killed at any
/// moment.
///
/// @threads for one thread.
class ForeignSubscriber {
 public:
  /// @param address  of the server's gRPC listener, as gRPC names it.
  /// @param cursor   "earliest", "now" or a cursor.
  ForeignSubscriber(const std::string& address, const std::string& cursor,
                    OnServerGone on_gone = OnServerGone::kEnds, const std::string& token = {});

  /// Whole lines that it has printed, in order.
  [[nodiscard]] std::vector<nlohmann::json> Lines() const;
  /// Those that tell of events.
  [[nodiscard]] std::vector<nlohmann::json> Events() const;
  /// The cursor of the newest event; empty when there was none.
  [[nodiscard]] std::string LastCursor() const;

  /// Waits until the server has taken its call.
  [[nodiscard]] bool IsFollowing() const;
  /// Waits until it has seen so many events.
  [[nodiscard]] bool HasSeen(std::size_t events) const;

  void Kill9() { child_->Signal(SIGKILL); }
  ChildProcess& child() { return *child_; }
  /// What it had to complain about, for the message of a test that fails.
  [[nodiscard]] std::string Complaints() const;

 private:
  const TempDirectory directory_;
  std::unique_ptr<ChildProcess> child_;
};

}  // namespace rtcroom
