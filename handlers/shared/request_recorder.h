// Numbers, counts and logs the requests of clients.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/compile.h>

#include "daemon/base/clock.h"
#include "daemon/base/logger.h"
#include "handlers/shared/address_rations.h"
#include "handlers/shared/request_label.h"
#include "handlers/shared/request_observer.h"

namespace rtcroom {

/// Counts requests over all listeners: `<prefix>-1`, `<prefix>-2`, ... in hexadecimal.
///
/// @threads safe from any thread.
class RequestIds {
 public:
  /// @param prefix  distinguishes runs of the program that write to the same log.
  explicit RequestIds(std::string prefix) : prefix_(std::move(prefix)) {}

  std::string Next() { return fmt::format(FMT_COMPILE("{}-{:x}"), prefix_, ++count_); }

 private:
  const std::string prefix_;
  std::atomic<std::uint64_t> count_{0};
};

/// The duration from which a request counts as slow.
inline constexpr std::chrono::seconds kSlowRequest{1};

/// Logs a finished request at debug; at the level of its failure where the table of codes has
/// a higher one, and at least at warn when its HTTP status is 5xx or it was slow.
///
/// @param least  above debug: for requests that are always logged, and may be slow.
/// The line holds nothing that the client sent: no path, query, body or token.
/// @source design: one line for each request.
void LogRequest(Logger& logger, std::string_view request_id, const RequestLabel& label,
                int http_status, std::chrono::nanoseconds duration,
                LogLevel least = LogLevel::kDebug);

/// The facts of a request that its record needs when the reply is known.
struct RequestFacts {
  std::string request_id{};
  std::string peer_address{};
  MonotonicTime begun{};
};

/// Clients that are refused for lack of a valid ticket or token are also logged at info, rationed
/// by address. That line holds no part of the ticket or token.
///
/// @threads safe from any thread.
class RequestRecorder {
 public:
  /// All outlive this object.
  RequestRecorder(RequestIds& ids, RequestObserver& observer, const Clock& clock, Logger& logger)
      : ids_(ids), observer_(observer), clock_(clock), logger_(logger), refused_(clock) {}

  std::string NextId() { return ids_.Next(); }

  /// Counts and logs a request that a handler has answered. Call it before its reply is sent.
  /// @param request  gets an ID, if it has none, where it is logged.
  void Record(RequestFacts request, const RequestLabel& label, int http_status);

  /// It records a poll, without its duration: a poll waits for something new.
  void RecordPoll(const RequestFacts& request, const RequestLabel& label, int http_status);

  /// It counts and logs a request that never reached a handler.
  void RecordRefusal(const RequestLabel& label, int http_status);

 private:
  void LogRefusedCaller(const RequestFacts& request, const RequestLabel& label);

  RequestIds& ids_;
  RequestObserver& observer_;
  const Clock& clock_;
  Logger& logger_;
  AddressRations refused_;
};

}  // namespace rtcroom
