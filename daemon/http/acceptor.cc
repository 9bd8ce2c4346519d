#include "daemon/http/acceptor.h"

#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

#include <fcntl.h>

namespace rtcroom {
namespace {

/// The delay before a retry when the reserve descriptor does not help.
constexpr std::chrono::milliseconds kPause{100};
/// Connections accepted before the loop serves other tasks.
constexpr int kAcceptsInATurn = 64;
/// Connections accepted at a stop: the size of the backlog.
constexpr int kMostLateAccepts = 4096;

bool IsShortage(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

FileDescriptor OpenReserve() { return FileDescriptor(open("/dev/null", O_RDONLY | O_CLOEXEC)); }

}  // namespace

Acceptor::Acceptor(EventLoop& loop, const ListeningSocket& listening, ConnectionCounts& counts,
                   Logger& logger, Take take)
    : listening_(listening),
      counts_(counts),
      logger_(logger),
      take_(std::move(take)),
      watch_(loop.context(), listening.socket.get()),
      pause_(loop.context()),
      reserve_(OpenReserve()) {}

Acceptor::~Acceptor() {
  // The descriptor belongs to `listening_`.
  if (watch_.is_open()) (void)watch_.release();
}

void Acceptor::Begin() { AwaitMore(); }

void Acceptor::Stop(Backlog backlog) {
  stopped_ = true;
  pause_.cancel();
  (void)watch_.release();
  if (backlog == Backlog::kLeft) return;
  for (int turn = 0; turn < kMostLateAccepts; ++turn) {
    AcceptedSocket accepted = Accept(listening_.socket);
    const int error = errno;
    if (accepted.socket.valid()) {
      take_(std::move(accepted));
    } else if (IsShortage(error) || error == EAGAIN || error == EWOULDBLOCK) {
      return;
    }
  }
}

void Acceptor::AwaitMore() {
  watch_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                    [self = shared_from_this()](const auto& error) {
                      if (!error) self->AcceptWaiting();
                    });
}

void Acceptor::AcceptWaiting() {
  if (stopped_) return;
  bool had_shortage = false;
  for (int turn = 0; turn < kAcceptsInATurn; ++turn) {
    AcceptedSocket accepted = Accept(listening_.socket);
    const int error = errno;
    if (accepted.socket.valid()) {
      take_(std::move(accepted));
    } else if (IsShortage(error)) {
      had_shortage = true;
      RecordShortage(error);
      if (!RejectOne()) return Pause();
    } else if (error == EAGAIN || error == EWOULDBLOCK) {
      // The queue is empty: an earlier shortage is over.
      is_short_ = had_shortage;
      break;
    }
    // Any other error concerns that one connection, which has already ended.
  }
  AwaitMore();
}

void Acceptor::Pause() {
  pause_.expires_after(kPause);
  pause_.async_wait([self = shared_from_this()](const auto& error) {
    if (!error) self->AcceptWaiting();
  });
}

bool Acceptor::RejectOne() {
  if (!reserve_.valid()) reserve_ = OpenReserve();
  if (!reserve_.valid()) return false;
  reserve_ = FileDescriptor();
  const bool rejected = Accept(listening_.socket).socket.valid();
  reserve_ = OpenReserve();
  if (rejected) counts_.Count(RefusalCause::kDescriptors);
  return rejected;
}

void Acceptor::RecordShortage(int error) {
  if (std::exchange(is_short_, true)) return;  // logged once, not for each client
  logger_.Warn("accept_failed", {{"listen", listening_.address},
                                 {"reason", std::generic_category().message(error)}});
}

}  // namespace rtcroom
