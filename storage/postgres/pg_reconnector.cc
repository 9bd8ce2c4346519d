#include "storage/postgres/pg_reconnector.h"

#include <algorithm>

namespace rtcroom {
namespace {

/// The time limit of one attempt: for two hosts that do not answer, or one that prepares slowly.
constexpr std::chrono::seconds kConnectTime = 2 * PgConnection::kHostTime;

}  // namespace

ConnectOutcome PgConnectOutcome(const Status& connected, const PgFailure& failure) {
  if (connected) return ConnectOutcome::kConnected;
  if (failure.meaning == PgMeaning::kBroken) return ConnectOutcome::kRefused;
  return failure.sqlstate.empty() ? ConnectOutcome::kUnreachable : ConnectOutcome::kNotReady;
}

PgReconnector::PgReconnector(PgConnection& connection, const PgPace& pace, const Clock& clock)
    : connection_(connection), pace_(pace), clock_(clock), thread_([this] { Reconnect(); }) {
  connection_.StopWhen([this] {
    const MutexLock lock(mutex_);
    return stopping_;
  });
}

PgReconnector::~PgReconnector() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    changed_.NotifyAll();
  }
  thread_.join();
  connection_.StopWhen({});
}

bool PgReconnector::connected() const {
  const MutexLock lock(mutex_);
  return !is_connecting_ && connection_.connected();
}

Status PgReconnector::Await(MonotonicTime deadline) {
  const MutexLock lock(mutex_);
  if (!is_connecting_) {
    if (connection_.connected()) return {};
    is_connecting_ = true;
    lost_at_ = clock_.Monotonic();
    failure_.reset();
    changed_.NotifyAll();
  }
  const MonotonicTime end = std::min(deadline, lost_at_ + pace_.give_up);
  while (is_connecting_) {
    if (failure_ && failure_->code == Errc::kStoreBroken) return *failure_;
    if (clock_.Monotonic() >= end) {
      return failure_.value_or(Error{Errc::kStoreBusy, "the database did not answer in time"});
    }
    (void)changed_.WaitUntil(mutex_, end);
  }
  return {};
}

void PgReconnector::Reconnect() {
  while (AwaitTurn()) {
    const Status connected = connection_.Connect(clock_.Monotonic() + kConnectTime);
    if (pace_.observer != nullptr) {
      pace_.observer->OnConnect(PgConnectOutcome(connected, connection_.failure()));
    }
    const MutexLock lock(mutex_);
    is_connecting_ = !connected;
    if (!connected) failure_ = connected.error();
    changed_.NotifyAll();
  }
}

bool PgReconnector::AwaitTurn() {
  const MutexLock lock(mutex_);
  while (!stopping_) {
    if (!is_connecting_) {
      changed_.Wait(mutex_);
      continue;
    }
    const std::optional<MonotonicTime> last = connection_.LastTry();
    if (!last || *last + pause_ <= clock_.Monotonic()) {
      pause_ = Pause();
      return true;
    }
    (void)changed_.WaitUntil(mutex_, *last + pause_);
  }
  return false;
}

std::chrono::milliseconds PgReconnector::Pause() const {
  if (pace_.random == nullptr) return pace_.pause;
  const auto spread = static_cast<std::uint64_t>(pace_.pause.count() / 2 + 1);
  return pace_.pause + std::chrono::milliseconds(RandomUint32(*pace_.random) % spread);
}

}  // namespace rtcroom
