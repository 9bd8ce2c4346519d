// Request context of a thread's log lines.
#pragma once

#include <string>
#include <string_view>

namespace rtcroom {

/// During its lifetime, every line that this thread logs has the field `request_id`. So lines from
/// inner layers (a room was created, an outside service failed) can be found by their request,
/// without passing an id through every use case for the log alone. It is the only thread-local
/// context in the process.
///
/// Work that continues on another thread passes `Current` along and opens a scope there.
///
/// @threads only the constructing thread. Scopes of a thread end in reverse order.
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
