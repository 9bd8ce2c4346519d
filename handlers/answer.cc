#include "handlers/answer.h"

#include <atomic>
#include <optional>
#include <utility>

#include "handlers/refusal.h"

namespace rtcroom {

struct Answer::State {
  explicit State(Parts of_request) : parts(std::move(of_request)) {}

  Parts parts;
  std::atomic<bool> sent{false};
};

Answer::Answer(Parts parts) : state_(std::make_shared<State>(std::move(parts))) {}

void Answer::operator()(const Reply& reply) const {
  if (state_->sent.exchange(true)) return;
  Parts& parts = state_->parts;
  HttpReply rendered = Render(reply, parts.label);
  parts.bill.ChargeReply(rendered.body.size());
  rendered.headers.insert(rendered.headers.end(), parts.headers.begin(), parts.headers.end());
  parts.recorder.Record(parts.facts, parts.label, rendered.status);
  parts.responder.Send(std::move(rendered));
}

void Answer::RunInSlices(std::function<std::optional<Reply>()> slice) const {
  const auto run = [answer = *this, slice = std::move(slice), has_begun = false]() mutable {
    try {
      // Many calls may have been admitted at once: refuses those whose caller is in debt by now.
      if (!std::exchange(has_begun, true) && answer.state_->parts.bill.IsOwing()) {
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
  state_->parts.responder.RunInSlices(run);
}

}  // namespace rtcroom
