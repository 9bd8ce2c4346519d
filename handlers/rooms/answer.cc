#include "handlers/rooms/answer.h"

#include <utility>

#include "handlers/rooms/refusal.h"

namespace rtcroom {

Answer::Answer(Call& call, RequestRecorder& recorder, RequestCharge charge, BusyReply busy)
    : call_(std::make_shared<PendingCall>(call, recorder, std::move(charge))), busy_(busy) {}

void Answer::operator()(const Reply& reply) const {
  call_->Answer([&](RequestLabel& label) { return Render(reply, label, busy_); });
}

void Answer::RunInSlices(std::function<std::optional<Reply>()> slice) const {
  call_->RunInSlices([answer = *this, slice = std::move(slice), has_begun = false]() mutable {
    try {
      // Many calls may have been admitted at once: refuses those whose caller is in debt by now.
      if (!std::exchange(has_begun, true) && answer.call_->charge().IsInDebt()) {
        answer(TooManyRequests());
        return true;
      }
      const std::optional<Reply> reply = slice();
      if (reply) answer(*reply);
      return reply.has_value();
    } catch (...) {
      answer(InternalError());
      return true;
    }
  });
}

}  // namespace rtcroom
