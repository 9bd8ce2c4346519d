#include "daemon/outgoing_http.h"

#include <algorithm>
#include <csignal>
#include <exception>
#include <optional>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <httplib.h>
#include <sys/socket.h>
#include <unistd.h>

namespace rtcroom {
namespace {

struct Target {
  std::string origin;  ///< scheme, host and port
  std::string path;    ///< the base's path with the call's behind it
};

Target SplitBase(std::string_view base_url, std::string_view path_and_query) {
  while (base_url.ends_with('/')) base_url.remove_suffix(1);
  const std::size_t scheme_end = base_url.find("://");
  const std::size_t host = scheme_end == std::string_view::npos ? 0 : scheme_end + 3;
  const std::size_t path = std::min(base_url.find('/', host), base_url.size());
  return {std::string(base_url.substr(0, path)),
          fmt::format("{}{}", base_url.substr(path), path_and_query)};
}

/// A write to a connection that is cut raises SIGPIPE in the thread that writes.
void BlockSigpipe() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

Error Stopped() { return {Errc::kUnavailable, "outgoing call: the server is stopping"}; }

}  // namespace

/// One request: `Run` by its own thread, while the caller is in `WaitUntil`.
class HttplibOutgoing::Call {
 public:
  Call(Target target, std::chrono::milliseconds timeout)
      : target_(std::move(target)), timeout_(timeout) {}
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
    const MutexLock lock(mutex_);
    if (connection_ >= 0) ::close(connection_);
    connection_ = -1;
    outcome_ = std::move(outcome);
    finished_.NotifyAll();
  }

  /// The outcome, or nothing when it is not there by `deadline` or before the call is given up.
  std::optional<Result<OutgoingReply>> WaitUntil(MonotonicTime deadline) {
    const MutexLock lock(mutex_);
    while (!outcome_ && !given_up_) {
      if (!finished_.WaitUntil(mutex_, deadline)) break;
    }
    // Cutting the connection has an outcome as well, which may be there first: a failed read.
    if (given_up_) return std::nullopt;
    return outcome_;
  }

  /// Nobody is to wait any more: ends the request as soon as can be.
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

 private:
  Result<OutgoingReply> Ask() {
    httplib::Client client(target_.origin);
    if (!client.is_valid()) return Error{Errc::kUnavailable, "outgoing call: bad base URL"};
    client.set_connection_timeout(timeout_);
    client.set_read_timeout(timeout_);
    client.set_write_timeout(timeout_);
    client.set_follow_location(false);
    client.set_url_encode(false);
    client.set_decompress(false);
    client.enable_server_certificate_verification(true);
    client.set_socket_options([this](socket_t socket) { Watch(socket); });

    OutgoingReply reply;
    const auto take = [&reply](const char* piece, std::size_t length) {
      if (reply.body.size() + length > kMaxOutgoingReplyBytes) return false;
      reply.body.append(piece, length);
      return true;
    };
    const httplib::Headers headers = {{"Accept-Encoding", "identity"}};
    const httplib::Result answer = client.Get(target_.path, headers, take);
    if (answer.error() == httplib::Error::Canceled) {
      return Error{Errc::kUnavailable, "outgoing call: the answer is too long"};
    }
    if (!answer) {
      return Error{Errc::kUnavailable,
                   fmt::format("outgoing call: {}", httplib::to_string(answer.error()))};
    }
    reply.status = answer->status;
    return reply;
  }

  /// Called with each socket before it connects. Keeps a descriptor of its own for it, since the
  /// library may close its one, and the number be another's, at any moment.
  void Watch(socket_t socket) {
    const MutexLock lock(mutex_);
    if (connection_ >= 0) ::close(connection_);
    connection_ = ::fcntl(socket, F_DUPFD_CLOEXEC, 0);
    if (!given_up_) return;
    // The library tries a host's addresses in turn. What is no socket cannot be connected.
    const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    if (nothing < 0) return;
    ::dup3(nothing, socket, O_CLOEXEC);
    ::close(nothing);
  }

  const Target target_;
  const std::chrono::milliseconds timeout_;
  Mutex mutex_;
  CondVar finished_;
  std::optional<Result<OutgoingReply>> outcome_ GUARDED_BY(mutex_);
  bool given_up_ GUARDED_BY(mutex_) = false;
  int connection_ GUARDED_BY(mutex_) = -1;
};

struct HttplibOutgoing::RunningCall {
  /// Shared by the caller, who may leave first, and the list, which the thread may leave first.
  std::shared_ptr<Call> call;
  std::jthread thread;
};

HttplibOutgoing::HttplibOutgoing(const Clock& clock) : clock_(clock) {}

HttplibOutgoing::~HttplibOutgoing() {
  Stop();
  const MutexLock lock(mutex_);
  calls_.clear();
}

void HttplibOutgoing::Stop() {
  const MutexLock lock(mutex_);
  stopped_ = true;
  for (const RunningCall& running : calls_) running.call->GiveUp();
}

Result<OutgoingReply> HttplibOutgoing::Get(const std::string& base_url,
                                           const std::string& path_and_query,
                                           std::chrono::milliseconds timeout) {
  const MonotonicTime deadline = clock_.Monotonic() + timeout;
  const auto call = std::make_shared<Call>(SplitBase(base_url, path_and_query), timeout);
  {
    const MutexLock lock(mutex_);
    if (stopped_) return Stopped();
    CollectLocked();
    if (calls_.size() >= kMaxCalls) {
      return Error{Errc::kUnavailable, "outgoing call: too many under way"};
    }
    try {
      calls_.push_back({call, std::jthread([call] { call->Run(); })});
    } catch (const std::system_error& error) {
      return Error{Errc::kUnavailable, fmt::format("outgoing call: {}", error.what())};
    }
  }
  std::optional<Result<OutgoingReply>> outcome = call->WaitUntil(deadline);
  if (outcome) return *std::move(outcome);
  call->GiveUp();
  const MutexLock lock(mutex_);
  if (stopped_) return Stopped();
  return Error{Errc::kUnavailable, "outgoing call: no answer in time"};
}

void HttplibOutgoing::CollectLocked() {
  std::erase_if(calls_, [](const RunningCall& running) { return running.call->finished(); });
}

}  // namespace rtcroom
