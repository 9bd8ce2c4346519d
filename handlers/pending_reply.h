// Answering a request after its handler has returned.
#pragma once

#include <functional>
#include <memory>

#include "handlers/request.h"
#include "handlers/streamed_reply.h"

namespace rtcroom {

/// The right to answer one request later. The request's connection waits, and no thread does.
///
/// When the last owner lets go of it without having answered, the request is answered as an
/// internal error: nobody waits for ever.
///
/// @threads `Send` and `Open` from any thread, also before the handler has returned.
class PendingReply {
 public:
  virtual ~PendingReply() = default;

  /// To be called once, unless `Open` was.
  virtual void Send(HttpReply reply) = 0;

  /// Answers instead with a reply that goes on. Its headers are those of `head`, whose status is
  /// 200 and whose body is not looked at; to a HEAD request nothing more is sent. To be called
  /// once.
  /// @return null where replies are sent whole only: it is still to be answered then.
  // NOLINTNEXTLINE(performance-unnecessary-value-param): for those that keep them
  virtual std::shared_ptr<StreamedReply> Open(HttpReply /*head*/, StreamedReply::OnEnd /*on_end*/) {
    return nullptr;
  }

  /// Calls `slice` until it returns true, in the thread of the request's connection, where others
  /// have their turn between two calls. It is let go of before when nobody waits for the reply any
  /// more. Not to be called after `Send` or `Open`; here, for who has no such thread, all at once.
  // NOLINTNEXTLINE(performance-unnecessary-value-param): for those that keep it
  virtual void RunInSlices(std::function<bool()> slice) {
    while (!slice()) {
    }
  }
};

/// Makes the answer to the request at hand a later one; called at most once, by its handler.
/// Shared, since what carries it through queues and callbacks (std::function) is copyable.
using DeferReply = std::function<std::shared_ptr<PendingReply>()>;

}  // namespace rtcroom
