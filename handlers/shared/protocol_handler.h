// A request on its way to a reply, at once or later: the steps that the protocols of clients share.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"
#include "daemon/base/result.h"
#include "daemon/core/node_lease.h"
#include "daemon/http/http_handler.h"
#include "daemon/http/message.h"
#include "daemon/http/responder.h"
#include "handlers/shared/cors.h"
#include "handlers/shared/pending_calls.h"
#include "handlers/shared/request_charge.h"
#include "handlers/shared/request_label.h"
#include "handlers/shared/request_recorder.h"
#include "handlers/shared/request_text.h"

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
  FormPairs query{};  ///< where the protocol reads it in `Begin`
};

/// The right to answer a call once, after its handler has returned. The reply goes back to the loop
/// of its connection.
///
/// @threads safe from any thread.
class PendingCall : public std::enable_shared_from_this<PendingCall> {
 public:
  /// The meaning of its duration.
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
              Duration duration = Duration::kCounted, Render if_lost = nullptr);
  ~PendingCall();
  PendingCall(const PendingCall&) = delete;
  PendingCall& operator=(const PendingCall&) = delete;

  /// Charges for a reply, records it and sends it. The first call counts.
  void Answer(const Render& render) EXCLUDES(mutex_);

  /// The call waits for something new. `end`, which answers without that, is called once, unless
  /// the call is answered before: at that time, at the stop of `calls`, or when the client has gone
  /// (`Responder::OnClosed`); at once where that is so already. Call it at most once.
  /// @param calls  outlives this object, and is stopped before what `end` uses ends.
  void Wait(PendingCalls& calls, MonotonicTime until, std::function<void()> end) EXCLUDES(mutex_);

  /// Calls `slice` as `Responder::RunInSlices` does.
  void RunInSlices(std::function<bool()> slice) { responder_.RunInSlices(std::move(slice)); }

  [[nodiscard]] const RequestCharge& charge() const { return charge_; }

 private:
  friend class PendingCalls;

  void End() {
    if (const std::function<void()> end = TakeEnd()) end();
  }
  /// The call waits no longer. @return what was to end it; empty when it has not waited.
  std::function<void()> TakeEnd() EXCLUDES(mutex_);

  Responder responder_;
  const RequestFacts facts_;
  RequestLabel label_;
  Headers headers_;
  RequestRecorder& recorder_;
  const RequestCharge charge_;
  const Duration duration_;
  const Render if_lost_;
  std::atomic<bool> is_answered_{false};

  Mutex mutex_;
  std::function<void()> end_ GUARDED_BY(mutex_);  ///< while it waits
  PendingCalls* calls_ GUARDED_BY(mutex_) = nullptr;
  PendingCalls::Calls::iterator place_ GUARDED_BY(mutex_);  ///< there, while it waits
};

/// The right to answer a poll with a whole body.
struct PollReply {
  std::shared_ptr<PendingCall> call{};  ///< shared by the copies
  std::function<HttpReply(std::string body, RequestLabel& label)> render{};

  void Answer(std::string body) const {
    call->Answer([&](RequestLabel& label) { return render(std::move(body), label); });
  }
};

/// The objects that the steps of a request use. They outlive the handlers.
struct PipelineDeps {
  RequestRecorder* recorder = nullptr;  ///< null: requests are neither numbered nor recorded
  const Cors* cors = nullptr;           ///< null: they are not for pages of other origins
  const NodeLease* node = nullptr;      ///< null: no other server uses the store, or none is needed
};

/// The error of a request while the server is cut off from the others on its store.
inline Error CutOffFromStore() { return {Errc::kStoreBusy, "cut off from the store"}; }

/// Makes of a reply that of a server which is cut off: another one may serve.
HttpReply SendAway(HttpReply reply);

/// Numbers each request, adds the headers for pages of other origins, lets its protocol answer it,
/// and records and sends the reply. A step for which `PipelineDeps` has nothing is left out. While
/// the server is cut off from the others on its store, what the protocol does not answer without it
/// is refused with 503: another server may answer it.
///
/// @threads safe from any thread, as those that implement it have to be.
class ProtocolHandler : public RequestHandler {
 public:
  /// Throws nothing.
  void Handle(HttpRequest& request, Responder& responder) override;

 protected:
  explicit ProtocolHandler(const PipelineDeps& deps = {}) : deps_(deps) {}

  /// How a request is treated that has just come.
  [[nodiscard]] virtual Look FirstLook() const { return Look::kOnly; }
  /// Answers a request that has a number.
  void Serve(HttpRequest& request, Responder& responder, Look look);

  [[nodiscard]] RequestRecorder& recorder() const { return *deps_.recorder; }
  [[nodiscard]] const Cors& cors() const { return *deps_.cors; }

  /// The reply to a failure, of which it tells the label of the call.
  /// @param error  kInternal: an exception of that type.
  [[nodiscard]] virtual HttpReply Fail(const Error& error, Call& call) const = 0;

 private:
  /// Labels the call, adds headers to its reply, and admits its caller.
  /// @return the reply where that needs no store, as that to a preflight; nullopt: `Run` follows.
  virtual std::optional<HttpReply> Begin(Call& /*call*/) { return std::nullopt; }

  /// @return nullopt when the call is answered later, or was sent to a worker.
  virtual std::optional<HttpReply> Run(Call& call) = 0;

  const PipelineDeps deps_;
};

}  // namespace rtcroom
