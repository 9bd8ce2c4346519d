#include "daemon/grpc/web_workers.h"

#include <array>
#include <cstddef>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include <grpcpp/support/status.h>

#include "daemon/grpc/refused_call.h"

namespace rtcroom {
namespace {

constexpr std::size_t kMaxWorkers = 8;
/// Orders that wait for a worker. One that lets more wait is not reading, and its call ends.
constexpr std::size_t kMaxWaiting = 4096;

grpc::Status Invalid(const char* what) { return {grpc::StatusCode::INVALID_ARGUMENT, what}; }

v1::WebDirection DirectionTo(WebDirection direction) {
  return direction == WebDirection::kPublish ? v1::WEB_DIRECTION_PUBLISH : v1::WEB_DIRECTION_PLAY;
}

/// The numbers of the protocol; a later version may have more.
template <std::size_t kSize, typename Value>
Value Find(const std::array<Value, kSize>& values, int number) {
  const auto index = static_cast<std::size_t>(number);
  return index < kSize ? values.at(index) : values.front();
}

/// The outcomes by `WebRefused::Code`.
constexpr std::array kOutcomes = {WebOpenOutcome::kFailed, WebOpenOutcome::kMalformed,
                                  WebOpenOutcome::kNoCodec, WebOpenOutcome::kFull};

/// The reasons by `WebEnded::Reason`.
constexpr std::array kReasons = {WebEndReason::kFailed,      WebEndReason::kNeverConnected,
                                 WebEndReason::kSilent,      WebEndReason::kMediaServer,
                                 WebEndReason::kTakenOver,   WebEndReason::kNoStream,
                                 WebEndReason::kFingerprint, WebEndReason::kTooFast};

std::vector<WebSession> RunningOf(const v1::WebHello& hello) {
  std::vector<WebSession> running;
  for (const v1::WebSession& session : hello.sessions()) {
    running.push_back({.id = session.session(),
                       .direction = session.direction() == v1::WEB_DIRECTION_PUBLISH
                                        ? WebDirection::kPublish
                                        : WebDirection::kPlay,
                       .name = {.stream = session.stream(), .app = session.app()},
                       .rtmp_query = session.rtmp_query(),
                       .figures = {.is_connected = session.is_connected()}});
  }
  return running;
}

WebFigures FiguresOf(const v1::WebSessionStats& stats) {
  return {.is_connected = stats.is_connected(),
          .rtt_ms = stats.rtt_ms(),
          .loss = stats.loss(),
          .kbps = stats.kbps(),
          .width = stats.width(),
          .height = stats.height(),
          .key_requests = stats.key_requests(),
          .is_without_pictures = stats.is_without_pictures()};
}

}  // namespace

/// One call. `calls_` keeps it until `OnDone`, after which gRPC no longer uses it.
class WebWorkers::Call final : public Reactor,
                               public WebWorkerLink,
                               public std::enable_shared_from_this<Call> {
 public:
  explicit Call(WebWorkers& all) : all_(all) {}

  void Begin() { StartRead(&report_); }
  void End(const grpc::Status& status) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    EndLocked(status);
  }

  void Open(const WebSession& session) override {
    v1::WebOrder order;
    v1::WebOpen& open = *order.mutable_open();
    open.set_session(session.id);
    open.set_direction(DirectionTo(session.direction));
    open.set_stream(session.name.stream);
    open.set_app(session.name.app);
    open.set_rtmp_query(session.rtmp_query);
    open.set_offer(session.offer);
    Send(std::move(order));
  }
  void Close(std::string_view session, std::string_view reason) override {
    v1::WebOrder order;
    order.mutable_close()->set_session(std::string(session));
    order.mutable_close()->set_reason(std::string(reason));
    Send(std::move(order));
  }
  void Keep(const WebKeep& keep) override {
    v1::WebOrder order;
    v1::WebKeep& written = *order.mutable_keep();
    for (const std::string& session : keep.sessions) written.add_sessions(session);
    for (const WebPull& pull : keep.streams) {
      v1::WebStream& stream = *written.add_streams();
      stream.set_stream(pull.name.stream);
      stream.set_app(pull.name.app);
      stream.set_rtmp_query(pull.rtmp_query);
    }
    Send(std::move(order));
  }

  void OnReadDone(bool ok) override {
    if (!ok) return End(grpc::Status::OK);  // the worker has nothing more to say
    if (!std::exchange(has_greeted_, true)) {
      if (!report_.has_hello()) return End(Invalid("the first report is not hello"));
      if (report_.hello().max_sessions() == 0) return End(Invalid("max_sessions: 0"));
      all_.sessions_.Attach(shared_from_this(), report_.hello().max_sessions(),
                            RunningOf(report_.hello()));
    }
    Take(report_);
    const MutexLock lock(mutex_);
    if (!is_ended_) StartRead(&report_);
  }
  void OnWriteDone(bool ok) override {
    const MutexLock lock(mutex_);
    is_writing_ = false;
    if (!ok) return EndLocked(grpc::Status::CANCELLED);
    WriteNextLocked();
  }
  void OnCancel() override { End(grpc::Status::CANCELLED); }
  void OnDone() override { all_.Remove(*this); }

 private:
  void Take(const v1::WebReport& report) {
    WebSessions& sessions = all_.sessions_;
    if (report.has_opened()) {
      sessions.OnOpened(*this, report.opened().session(), report.opened().answer());
    } else if (report.has_refused()) {
      const v1::WebRefused& refused = report.refused();
      sessions.OnEnded(*this, refused.session(), WebEndReason::kFailed,
                       Find(kOutcomes, refused.code()), refused.text());
    } else if (report.has_ended()) {
      sessions.OnEnded(*this, report.ended().session(), Find(kReasons, report.ended().reason()));
    } else if (report.has_stats()) {
      sessions.OnUsage(*this, {.descriptors = report.stats().descriptors(),
                               .memory_bytes = report.stats().memory_bytes()});
      for (const v1::WebSessionStats& stats : report.stats().sessions()) {
        sessions.OnFigures(*this, stats.session(), FiguresOf(stats));
      }
    }
  }

  void Send(v1::WebOrder order) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (is_ended_) return;
    if (waiting_.size() >= kMaxWaiting) {
      return EndLocked({grpc::StatusCode::RESOURCE_EXHAUSTED, "the worker does not read"});
    }
    waiting_.push_back(std::move(order));
    WriteNextLocked();
  }
  // gRPC runs what follows from a write or an end on threads of its own, so the lock may be held.
  void WriteNextLocked() REQUIRES(mutex_) {
    if (is_ended_ || is_writing_ || waiting_.empty()) return;
    writing_ = std::move(waiting_.front());
    waiting_.pop_front();
    is_writing_ = true;
    StartWrite(&writing_);
  }
  void EndLocked(const grpc::Status& status) REQUIRES(mutex_) {
    if (std::exchange(is_ended_, true)) return;
    Finish(status);
  }

  WebWorkers& all_;
  v1::WebReport report_;      ///< of the read under way
  bool has_greeted_ = false;  ///< likewise
  Mutex mutex_;
  std::deque<v1::WebOrder> waiting_ GUARDED_BY(mutex_);
  v1::WebOrder writing_;  ///< gRPC's while `is_writing_`
  bool is_writing_ GUARDED_BY(mutex_) = false;
  bool is_ended_ GUARDED_BY(mutex_) = false;
};

WebWorkers::WebWorkers(WebSessions& sessions)
    : sessions_(sessions),
      rounds_([this](const std::stop_token& stop) {
        Run(stop, sessions_.changes(), [this] { return sessions_.Round(); });
      }),
      checks_([this](const std::stop_token& stop) {
        Run(stop, sessions_.arrivals(), [this] { return sessions_.CheckRestored(); });
      }) {}

WebWorkers::~WebWorkers() { Stop(); }

WebWorkers::Reactor* WebWorkers::Serve() {
  const auto call = std::make_shared<Call>(*this);
  {
    const MutexLock lock(mutex_);
    if (is_stopped_) return new RefusedCall<Reactor>(ServerStopping());
    if (calls_.size() >= kMaxWorkers) {
      return new RefusedCall<Reactor>(
          {grpc::StatusCode::RESOURCE_EXHAUSTED, "too many workers already"});
    }
    calls_.emplace(call.get(), call);
  }
  call->Begin();
  return call.get();  // gRPC uses it until OnDone
}

void WebWorkers::Remove(const Call& call) {
  std::shared_ptr<Call> removed;  // possibly the last reference: destroyed without the lock
  {
    const MutexLock lock(mutex_);
    removed = std::move(calls_.at(&call));
    calls_.erase(&call);
  }
  sessions_.Detach(call);
}

void WebWorkers::Run(const std::stop_token& stop, CommitSignal& signal,
                     const std::function<MonotonicTime()>& work) {
  MonotonicTime next = RealTime();
  while (!stop.stop_requested()) {
    (void)signal.Wait(next);
    if (stop.stop_requested()) return;
    next = work();
  }
}

void WebWorkers::Stop() {
  std::vector<std::shared_ptr<Call>> calls;
  {
    const MutexLock lock(mutex_);
    is_stopped_ = true;
    for (const auto& [key, call] : calls_) calls.push_back(call);
  }
  for (std::jthread* const thread : {&rounds_, &checks_}) thread->request_stop();
  sessions_.changes().Raise();
  sessions_.arrivals().Raise();
  for (std::jthread* const thread : {&rounds_, &checks_}) {
    if (thread->joinable()) thread->join();
  }
  sessions_.Stop();
  for (const auto& call : calls) call->End(ServerStopping());
}

}  // namespace rtcroom
