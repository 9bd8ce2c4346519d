// Answering a request after its handler has returned.
#pragma once

#include <functional>
#include <memory>

#include "handlers/request.h"

namespace rtcroom {

/// The right to answer one request later. The request's connection waits, and no thread does.
///
/// When the last owner lets go of it without having answered, the request is answered as an
/// internal error: nobody waits for ever.
///
/// @threads `Send` from any thread, also before the handler has returned.
class PendingReply {
 public:
  virtual ~PendingReply() = default;

  /// To be called once.
  virtual void Send(HttpReply reply) = 0;
};

/// Makes the answer to the request at hand a later one; called at most once, by its handler.
/// Shared, since what carries it through queues and callbacks (std::function) is copyable.
using DeferReply = std::function<std::shared_ptr<PendingReply>()>;

}  // namespace rtcroom
