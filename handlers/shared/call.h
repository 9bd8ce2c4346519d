// A request on its way to a reply, at once or later.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <iterator>
#include <utility>

#include "daemon/http/message.h"
#include "daemon/http/responder.h"
#include "handlers/shared/request_charge.h"
#include "handlers/shared/request_label.h"
#include "handlers/shared/request_recorder.h"

namespace rtcroom {

/// How a call treats what is known in memory, where other servers may have changed the store just
/// now.
enum class Look : std::uint8_t {
  kOnly,      ///< no other server uses the store
  kFirst,     ///< does not wait; an unknown caller is looked up again
  kAgain,     ///< after the changes of the other servers were read; may wait for the store
  kOnWorker,  ///< as `kOnly`, likewise free to wait
};

/// A request while it is handled.
struct Call {
  HttpRequest& http;
  Responder& responder;
  Look look = Look::kOnly;
  bool looks_again = false;  ///< nothing was done; the outcome is found out on a worker
  RequestLabel label{};
  Headers headers{};  ///< of the reply, besides its own
};

/// The right to answer a call after its handler has returned.
///
/// @threads safe from any thread.
class PendingCall {
 public:
  /// What its duration says.
  enum class Duration : std::uint8_t {
    kCounted,  ///< how long the server needed
    kWaits,    ///< nothing: the call waits for something new
  };

  /// Makes a reply, and stores its code in the label.
  using Render = std::function<HttpReply(RequestLabel& label)>;

  /// Takes the right to answer from `call`.
  /// @param recorder  outlives this object.
  /// @param if_lost   makes the reply when this object ends unused; without it that is an internal
  ///                  error.
  PendingCall(Call& call, RequestRecorder& recorder, RequestCharge charge,
              Duration duration = Duration::kCounted, Render if_lost = nullptr)
      : responder_(std::move(call.responder)),
        facts_{.request_id = call.http.request_id,
               .peer_address = call.http.peer_address,
               .begun = call.http.begun},
        label_(call.label),
        headers_(std::move(call.headers)),
        recorder_(recorder),
        charge_(std::move(charge)),
        duration_(duration),
        if_lost_(std::move(if_lost)) {}
  ~PendingCall() {
    try {
      if (if_lost_) Answer(if_lost_);
    } catch (...) {
      // Most likely out of memory: the responder answers as it ends.
    }
  }
  PendingCall(const PendingCall&) = delete;
  PendingCall& operator=(const PendingCall&) = delete;

  /// Charges for a reply, records it and sends it. The first call counts.
  void Answer(const Render& render) {
    if (is_answered_.exchange(true)) return;
    HttpReply reply = render(label_);
    charge_.ChargeReply(reply.body.size());
    std::ranges::move(headers_, std::back_inserter(reply.headers));
    if (duration_ == Duration::kCounted) {
      recorder_.Record(facts_, label_, reply.status);
    } else {
      recorder_.RecordPoll(facts_, label_, reply.status);
    }
    responder_.Send(std::move(reply));
  }

  /// Calls `slice` as `Responder::RunInSlices` does.
  void RunInSlices(std::function<bool()> slice) { responder_.RunInSlices(std::move(slice)); }

  [[nodiscard]] const RequestCharge& charge() const { return charge_; }

 private:
  Responder responder_;
  const RequestFacts facts_;
  RequestLabel label_;
  Headers headers_;
  RequestRecorder& recorder_;
  const RequestCharge charge_;
  const Duration duration_;
  const Render if_lost_;
  std::atomic<bool> is_answered_{false};
};

}  // namespace rtcroom
