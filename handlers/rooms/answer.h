// The right of a room API's handler to answer after it has returned.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "handlers/rooms/reply.h"
#include "handlers/shared/protocol_handler.h"

namespace rtcroom {

/// Renders a reply and answers with it. Copies share one right: the first reply counts. Without
/// any, the request is answered as an internal error when the last copy ends.
///
/// @threads safe from any thread.
class Answer {
 public:
  /// Takes the right to answer from `call`.
  /// @param recorder  outlives the answer.
  Answer(Call& call, RequestRecorder& recorder, RequestCharge charge, BusyReply busy);

  void operator()(const Reply& reply) const;

  /// Answers with the first reply that `slice` returns, running it as `Responder::RunInSlices`
  /// does. A caller in debt by its turn gets `Reply` of too many requests instead.
  void RunInSlices(std::function<std::optional<Reply>()> slice) const;

 private:
  std::shared_ptr<PendingCall> call_;  ///< shared by the copies
  BusyReply busy_;
};

}  // namespace rtcroom
