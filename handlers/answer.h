// The right of a handler to answer after it has returned.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "daemon/http/responder.h"
#include "handlers/reply.h"
#include "handlers/request_charge.h"
#include "handlers/request_recorder.h"

namespace rtcroom {

/// Renders a reply, charges for it, records it and sends it. Copies share one right: the first
/// reply counts. Without any, the request is answered as an internal error when the last copy ends.
///
/// @threads safe from any thread.
class Answer {
 public:
  struct Context {
    Responder responder{};
    RequestFacts facts{};
    RequestLabel label{};
    Headers headers{};  ///< of the reply, besides its own
    RequestCharge charge{};
    RequestRecorder& recorder;
    BusyReply busy = BusyReply::kAsAnyFailure;
  };
  explicit Answer(Context context);

  void operator()(const Reply& reply) const;

  /// Answers with the first reply that `slice` returns, running it as `Responder::RunInSlices`
  /// does. A caller in debt by its turn gets `Reply` of too many requests instead.
  void RunInSlices(std::function<std::optional<Reply>()> slice) const;

 private:
  struct State;
  std::shared_ptr<State> state_;  ///< shared by the copies
};

}  // namespace rtcroom
