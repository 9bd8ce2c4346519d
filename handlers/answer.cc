#include "handlers/answer.h"

#include <atomic>
#include <optional>
#include <utility>

#include "handlers/refusal.h"

namespace rtcroom {

struct Answer::State {
  explicit State(Context of_request) : context(std::move(of_request)) {}

  Context context;
  std::atomic<bool> sent{false};
};

Answer::Answer(Context context) : state_(std::make_shared<State>(std::move(context))) {}

void Answer::operator()(const Reply& reply) const {
  if (state_->sent.exchange(true)) return;
  Context& context = state_->context;
  HttpReply rendered = Render(reply, context.label, context.busy);
  context.charge.ChargeReply(rendered.body.size());
  rendered.headers.insert(rendered.headers.end(), context.headers.begin(), context.headers.end());
  context.recorder.Record(context.facts, context.label, rendered.status);
  context.responder.Send(std::move(rendered));
}

void Answer::RunInSlices(std::function<std::optional<Reply>()> slice) const {
  const auto run = [answer = *this, slice = std::move(slice), has_begun = false]() mutable {
    try {
      // Many calls may have been admitted at once: refuses those whose caller is in debt by now.
      if (!std::exchange(has_begun, true) && answer.state_->context.charge.IsInDebt()) {
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
  };
  state_->context.responder.RunInSlices(run);
}

}  // namespace rtcroom
