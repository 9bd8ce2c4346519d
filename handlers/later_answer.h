// From the answer that a handler gives after it has returned to the reply to its request.
#pragma once

#include <atomic>
#include <memory>

#include "handlers/cors.h"
#include "handlers/pending_reply.h"
#include "handlers/reply.h"

namespace rtcroom {

/// @threads safe from any thread.
class LaterAnswer {
 public:
  /// @param label    of the request.
  /// @param headers  of the reply, besides its own.
  LaterAnswer(std::shared_ptr<PendingReply> pending, RequestLabel label, Headers headers);

  /// The first call counts, and the others do nothing: a handler may throw after it has answered.
  void Send(const Reply& reply);

 private:
  const std::shared_ptr<PendingReply> pending_;  ///< shared with the connection that waits for it
  const RequestLabel label_;
  const Headers headers_;
  std::atomic<bool> sent_{false};
};

}  // namespace rtcroom
