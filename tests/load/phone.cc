#include "tests/load/phone.h"

#include <optional>
#include <utility>

#include "tests/e2e/room_calls.h"
#include "tests/support/protocol_code.h"
#include "tests/support/raw_client.h"

namespace rtcroom {
namespace {

constexpr int kHttpOk = 200;

std::chrono::steady_clock::time_point Now() { return std::chrono::steady_clock::now(); }

}  // namespace

Phone::Phone(PhoneDeps& deps, PhonePlan plan)
    : deps_(deps),
      plan_(std::move(plan)),
      line_(deps.loop, deps.tls, [this](TlsLine::Event event) { OnLine(event); }),
      beat_timer_(deps.loop) {}

void Phone::Start() {
  state_ = State::kConnecting;
  line_.Open(deps_.server);
}

void Phone::OnLine(TlsLine::Event event) {
  switch (event) {
    case TlsLine::Event::kReady:
      state_ = State::kAwaitsRoom;
      if (plan_.creates_room) Join();
      return;
    case TlsLine::Event::kBytes:
      return OnBytes();
    case TlsLine::Event::kConnectFailed:
      return GiveUp(PhoneFailure::kConnect);
    case TlsLine::Event::kHandshakeFailed:
      return GiveUp(PhoneFailure::kHandshake);
    case TlsLine::Event::kClosed:
      return GiveUp(PhoneFailure::kClosed);
  }
}

void Phone::Join() {
  state_ = State::kJoining;
  if (plan_.creates_room) {
    Call("create_room", CreateBody(plan_.user_id, plan_.room_id).dump());
  } else {
    Call("add_pusher", PusherBody(plan_.room_id, plan_.user_id).dump());
  }
}

void Phone::Call(std::string_view endpoint, const std::string& body) {
  awaits_reply_ = true;
  line_.Send(RawPost("/weapp/multi_room/" + std::string(endpoint), body,
                     "Content-Type: application/json\r\n"));
}

void Phone::OnBytes() {
  const std::optional<RawReply> reply = TakeReply(line_.received());
  if (!reply) return;
  const int code = reply->status == kHttpOk ? reply->code() : kNoCode;
  if (!awaits_reply_ || code == kNoCode || !line_.received().empty()) {
    return GiveUp(PhoneFailure::kBadReply);
  }
  line_.received().shrink_to_fit();
  awaits_reply_ = false;
  if (state_ == State::kBeating) return OnBeatAnswered(code);
  if (code != kOk) return GiveUp(PhoneFailure::kRefused);
  OnJoined();
}

void Phone::OnJoined() {
  state_ = State::kBeating;
  ++deps_.stats.joined;
  ++deps_.stats.held;
  // Its own next instant in the future.
  const auto passed = Now() - plan_.a_beat;
  next_beat_ = plan_.a_beat + (passed / plan_.interval + 1) * plan_.interval;
  AwaitNextBeat();
}

void Phone::AwaitNextBeat() {
  beat_timer_.expires_at(next_beat_);
  beat_timer_.async_wait([this](const boost::system::error_code& failed) {
    if (!failed && state_ == State::kBeating) Beat();
  });
}

void Phone::Beat() {
  const auto due = std::exchange(next_beat_, next_beat_ + plan_.interval);
  AwaitNextBeat();
  if (awaits_reply_) {
    if (Now() - beat_due_ > plan_.late_after) deps_.stats.Count(PhoneFailure::kLate);
    return;
  }
  beat_due_ = due;
  Call("pusher_heartbeat", MemberBody(plan_.room_id, plan_.user_id).dump());
}

void Phone::OnBeatAnswered(int code) {
  const auto took = Now() - beat_due_;
  deps_.stats.heartbeats.Add(took);
  if (took > plan_.late_after) deps_.stats.Count(PhoneFailure::kLate);
  if (code != kOk) deps_.stats.Count(PhoneFailure::kRefused);
}

void Phone::GiveUp(PhoneFailure failure) {
  if (state_ == State::kLost) return;
  if (state_ == State::kBeating) --deps_.stats.held;
  state_ = State::kLost;
  deps_.stats.Count(failure);
  line_.Close();
  beat_timer_.cancel();
}

}  // namespace rtcroom
