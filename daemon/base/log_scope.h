// Which request the lines of a thread are about.
#pragma once

#include <string>
#include <string_view>

namespace rtcroom {

/// While it lives, every line that this thread logs has the field `request_id`. So lines from deep
/// inside (a room was created, an outside service failed) can be found by the request that they
/// stem from, without each use case carrying an id that only the log wants. That is the one thing
/// that a thread knows here without being told.
///
/// Work that goes on in another thread takes `Current` along and makes a scope there.
///
/// @threads for the thread that makes it. Scopes of a thread end in the reverse order.
class LogScope {
 public:
  explicit LogScope(std::string request_id);
  ~LogScope();
  LogScope(const LogScope&) = delete;
  LogScope& operator=(const LogScope&) = delete;

  /// The request of this thread's innermost scope; empty when there is none.
  [[nodiscard]] static std::string_view Current();

 private:
  const std::string request_id_;
  const LogScope* const outer_;
};

}  // namespace rtcroom
