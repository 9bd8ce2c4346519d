// Numbers, counts and logs the requests of clients.
#pragma once

#include <string>
#include <string_view>

#include "daemon/base/clock.h"
#include "daemon/base/logger.h"
#include "handlers/shared/refused_callers.h"
#include "handlers/shared/request_ids.h"
#include "handlers/shared/request_label.h"
#include "handlers/shared/request_observer.h"

namespace rtcroom {

/// The facts of a request that its record needs when the reply is known.
struct RequestFacts {
  std::string request_id{};
  std::string peer_address{};
  MonotonicTime begun{};
};

/// @threads safe from any thread.
class RequestRecorder {
 public:
  /// All outlive this object.
  RequestRecorder(RequestIds& ids, RequestObserver& observer, const Clock& clock, Logger& logger)
      : ids_(ids), observer_(observer), clock_(clock), logger_(logger), refused_(clock, logger) {}

  std::string NextId() { return ids_.Next(); }

  /// Counts and logs a request that a handler has answered. Call it before its reply is sent.
  void Record(const RequestFacts& request, const RequestLabel& label, int http_status);

  /// The same for a poll, which waits for something new: without its duration.
  void RecordPoll(const RequestFacts& request, const RequestLabel& label, int http_status);

  /// The same for a request that never reached a handler.
  void RecordRefusal(const RequestLabel& label, int http_status);

 private:
  RequestIds& ids_;
  RequestObserver& observer_;
  const Clock& clock_;
  Logger& logger_;
  RefusedCallers refused_;
};

}  // namespace rtcroom
