#include "daemon/http_client/outgoing_http.h"

#include <algorithm>
#include <csignal>
#include <exception>
#include <iterator>
#include <optional>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/http_client/outgoing_client.h"
#include "daemon/http_client/outgoing_target.h"

namespace rtcroom {
namespace {

/// A write to a closed connection raises SIGPIPE in the writing thread.
void BlockSigpipe() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

bool IsPrintable(std::string_view text) {
  return std::ranges::all_of(text, [](char byte) { return byte >= ' ' && byte <= '~'; });
}

bool IsWord(std::string_view text) {
  return !text.empty() && IsPrintable(text) && text.find(' ') == std::string_view::npos;
}

/// The library copies these texts into the head of the request.
bool IsWellFormed(const OutgoingCall& call) {
  return IsWord(call.method) && IsWord(call.path_and_query) && IsPrintable(call.content_type) &&
         std::ranges::all_of(call.headers, [](const OutgoingHeader& header) {
           return IsWord(header.name) && IsPrintable(header.value.Reveal());
         });
}

Error Stopped(Errc code) { return {code, "outgoing call: the server is stopping"}; }

}  // namespace

/// One request: `Run` on its own thread, while the caller is in `WaitUntil`.
class HttplibOutgoing::Call {
 public:
  Call(HttplibOutgoing& calls, OutgoingRequest request)
      : calls_(calls), request_(std::move(request)) {}
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  void Run() {
    BlockSigpipe();
    Result<OutgoingReply> outcome = Error{Errc::kUnavailable, "outgoing call: broke off"};
    try {
      outcome = Ask();
    } catch (const std::exception& exception) {
      outcome = Error{Errc::kUnavailable, fmt::format("outgoing call: {}", exception.what())};
    }
    if (!outcome) outcome = Error{FailureCode(), outcome.error().detail};
    const MutexLock lock(mutex_);
    if (connection_ >= 0) ::close(connection_);
    connection_ = -1;
    outcome_ = std::move(outcome);
    finished_.NotifyAll();
  }

  /// The outcome, or nullopt when there is none by `deadline` or the call is aborted before.
  std::optional<Result<OutgoingReply>> WaitUntil(MonotonicTime deadline) {
    const MutexLock lock(mutex_);
    while (!outcome_ && !given_up_) {
      if (!finished_.WaitUntil(mutex_, deadline)) break;
    }
    // Closing the connection makes the call fail, and that outcome may arrive first.
    if (given_up_) return std::nullopt;
    // The library's read timeout ends at about the same moment: either one is a timeout.
    if (outcome_ && !*outcome_ && calls_.clock_.Monotonic() >= deadline) return std::nullopt;
    return outcome_;
  }

  /// Aborts the request: ends it as soon as possible and sends nothing more of it.
  void GiveUp() {
    const MutexLock lock(mutex_);
    given_up_ = true;
    finished_.NotifyAll();
    if (connection_ >= 0) ::shutdown(connection_, SHUT_RDWR);
  }

  bool finished() {
    const MutexLock lock(mutex_);
    return outcome_.has_value();
  }

  /// Error code for this call, which is aborted or has an outcome.
  Errc FailureCode() {
    const MutexLock lock(mutex_);
    return is_sent_ ? Errc::kUnavailable : Errc::kUnreachable;
  }

 private:
  Result<OutgoingReply> Ask() {
    const bool keep_open = request_.call.after == AfterAnswer::kKeepOpen;
    std::unique_ptr<OutgoingClient> client = keep_open ? calls_.TakeIdle(request_.target) : nullptr;
    if (client != nullptr) {
      Watch(client->descriptor());
    } else {
      client = OutgoingClient::Create(request_.target);
    }
    Result<OutgoingReply> reply =
        client->Ask(request_, {.on_connecting = [this](int descriptor) { Watch(descriptor); },
                               .may_send = [this] { return MaySend(); }});
    // The library does not read a possible body of other statuses.
    if (keep_open && reply && reply->status == 200 && client->IsQuiet()) {
      calls_.KeepIdle(request_.target, std::move(client));
    }
    return reply;
  }

  /// Keeps a duplicate descriptor of the socket: the library may close its own at any moment, and
  /// the number may be reused.
  void Watch(int socket) {
    const MutexLock lock(mutex_);
    if (connection_ >= 0) ::close(connection_);
    connection_ = ::fcntl(socket, F_DUPFD_CLOEXEC, 0);
    if (!given_up_) return;
    // The library tries a host's addresses in turn. A descriptor that is no socket cannot connect.
    const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    if (nothing < 0) return;
    ::dup3(nothing, socket, O_CLOEXEC);
    ::close(nothing);
  }

  bool MaySend() {
    const MutexLock lock(mutex_);
    if (given_up_) return false;
    is_sent_ = true;
    return true;
  }

  HttplibOutgoing& calls_;
  const OutgoingRequest request_;
  Mutex mutex_;
  CondVar finished_;
  std::optional<Result<OutgoingReply>> outcome_ GUARDED_BY(mutex_);
  bool given_up_ GUARDED_BY(mutex_) = false;
  bool is_sent_ GUARDED_BY(mutex_) = false;
  int connection_ GUARDED_BY(mutex_) = -1;
};

struct HttplibOutgoing::RunningCall {
  /// Shared by the caller and the list, since either may release it first.
  std::shared_ptr<Call> call;
  std::jthread thread;
};

struct HttplibOutgoing::IdleClient {
  OutgoingTarget target{};
  std::unique_ptr<OutgoingClient> client{};
  MonotonicTime since{};
};

HttplibOutgoing::HttplibOutgoing(const Clock& clock) : clock_(clock) {}

HttplibOutgoing::~HttplibOutgoing() {
  Stop();
  std::list<RunningCall> calls;  // joined without the lock, which an ending call may take
  const MutexLock lock(mutex_);
  calls.swap(calls_);
}

void HttplibOutgoing::Stop() {
  std::vector<IdleClient> idle;  // closed without the lock
  const MutexLock lock(mutex_);
  stopped_ = true;
  idle.swap(idle_);
  for (const RunningCall& running : calls_) running.call->GiveUp();
}

Result<OutgoingReply> HttplibOutgoing::Get(const std::string& base_url,
                                           const std::string& path_and_query,
                                           std::chrono::milliseconds timeout) {
  return Send(base_url, {.path_and_query = path_and_query}, timeout);
}

Result<OutgoingReply> HttplibOutgoing::Post(const std::string& base_url,
                                            const std::string& path_and_query,
                                            const std::string& content_type,
                                            const std::string& body,
                                            std::chrono::milliseconds timeout) {
  return Send(base_url,
              {.method = "POST",
               .path_and_query = path_and_query,
               .content_type = content_type,
               .body = body,
               .after = AfterAnswer::kKeepOpen},
              timeout);
}

Result<OutgoingReply> HttplibOutgoing::PostAs(const Secret& bearer, const std::string& base_url,
                                              const std::string& path_and_query,
                                              std::chrono::milliseconds timeout) {
  OutgoingCall call{.method = "POST", .path_and_query = path_and_query};
  if (!bearer.empty()) {
    call.headers.push_back({"Authorization", Secret("Bearer " + bearer.Reveal())});
  }
  return Send(base_url, call, timeout);
}

Result<OutgoingReply> HttplibOutgoing::Send(const std::string& base_url,
                                            const OutgoingCall& outgoing,
                                            std::chrono::milliseconds timeout) {
  const MonotonicTime deadline = clock_.Monotonic() + timeout;
  if (!IsWellFormed(outgoing)) return Error{Errc::kUnreachable, "outgoing call: malformed"};
  std::optional<OutgoingTarget> target = ParseOutgoingTarget(base_url, outgoing.path_and_query);
  if (!target) return Error{Errc::kUnreachable, "outgoing call: bad base URL"};
  OutgoingRequest request{.call = outgoing, .target = *std::move(target), .timeout = timeout};
  const auto call = std::make_shared<Call>(*this, std::move(request));
  {
    const MutexLock lock(mutex_);
    if (stopped_) return Stopped(Errc::kUnreachable);
    CollectLocked();
    if (calls_.size() >= kMaxCalls) {
      return Error{Errc::kUnreachable, "outgoing call: too many under way"};
    }
    try {
      calls_.push_back({call, std::jthread([call] { call->Run(); })});
    } catch (const std::system_error& error) {
      return Error{Errc::kUnreachable, fmt::format("outgoing call: {}", error.what())};
    }
  }
  std::optional<Result<OutgoingReply>> outcome = call->WaitUntil(deadline);
  if (outcome) return *std::move(outcome);
  call->GiveUp();
  const Errc code = call->FailureCode();
  const MutexLock lock(mutex_);
  if (stopped_) return Stopped(code);
  return Error{code, "outgoing call: no answer in time"};
}

void HttplibOutgoing::CollectLocked() {
  std::erase_if(calls_, [](const RunningCall& running) { return running.call->finished(); });
}

std::unique_ptr<OutgoingClient> HttplibOutgoing::TakeIdle(const OutgoingTarget& target) {
  std::vector<IdleClient> closing;  // closed without the lock
  const MutexLock lock(mutex_);
  const MonotonicTime now = clock_.Monotonic();
  const auto young = std::ranges::find_if(
      idle_, [now](const IdleClient& idle) { return now - idle.since < kMaxIdleTime; });
  std::move(idle_.begin(), young, std::back_inserter(closing));
  idle_.erase(idle_.begin(), young);
  // Newest first, so that the surplus of a burst ages out.
  for (auto after = idle_.end(); after != idle_.begin();) {
    const auto idle = std::prev(after);
    after = idle;
    if (!idle->target.SameOrigin(target)) continue;
    IdleClient taken = std::move(*idle);
    after = idle_.erase(idle);
    if (taken.client->IsQuiet()) return std::move(taken.client);
    closing.push_back(std::move(taken));
  }
  return nullptr;
}

void HttplibOutgoing::KeepIdle(const OutgoingTarget& target,
                               std::unique_ptr<OutgoingClient> client) {
  IdleClient surplus;  // closed without the lock
  const MutexLock lock(mutex_);
  if (stopped_) {
    surplus.client = std::move(client);
    return;
  }
  if (idle_.size() >= kMaxIdle) {
    surplus = std::move(idle_.front());
    idle_.erase(idle_.begin());
  }
  idle_.push_back({.target = target, .client = std::move(client), .since = clock_.Monotonic()});
}

}  // namespace rtcroom
