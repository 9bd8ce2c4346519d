#include "daemon/base/log_writer.h"

#include <cerrno>
#include <deque>
#include <optional>
#include <string>
#include <utility>

#include <poll.h>
#include <unistd.h>

#include "daemon/base/mutex.h"
#include "daemon/base/thread_signals.h"

namespace rtcroom {
namespace {

constexpr std::size_t kLevels = 4;
/// How often a thread that waits for a non-blocking reader checks for a stop.
constexpr int kPollMs = 100;

std::size_t IndexOf(LogLevel level) { return static_cast<std::size_t>(level); }

}  // namespace

class LogWriter::State {
 public:
  State(int to, std::size_t max) : descriptor_(to), max_bytes_(max) {}

  void Put(LogLevel level, std::string_view text) EXCLUDES(mutex_);
  void Run() EXCLUDES(mutex_);
  bool WaitUntilIdle(std::chrono::milliseconds timeout) EXCLUDES(mutex_);
  /// Ends the thread after the current line.
  /// @return whether no line is left, so that the thread ends at once.
  bool Stop() EXCLUDES(mutex_);
  std::uint64_t Dropped(LogLevel level) EXCLUDES(mutex_);

 private:
  struct Line {
    std::uint64_t number = 0;  ///< orders lines across levels
    LogLevel level = LogLevel::kDebug;
    std::string text = {};

    [[nodiscard]] std::size_t cost() const { return text.size() + sizeof(Line); }
  };

  [[nodiscard]] bool IsIdleLocked() const REQUIRES(mutex_) { return bytes_ == 0 && !is_writing_; }
  /// @return whether a line below that level was dropped.
  bool DropOldestBelowLocked(LogLevel level) REQUIRES(mutex_);
  /// Waits for the oldest line; nullopt at the end.
  std::optional<Line> Take() EXCLUDES(mutex_);
  void RecordWritten(LogLevel level, bool was_written) EXCLUDES(mutex_);
  [[nodiscard]] bool WriteWhole(std::string_view text) EXCLUDES(mutex_);
  bool IsStopping() EXCLUDES(mutex_);

  const int descriptor_;
  const std::size_t max_bytes_;
  Mutex mutex_;
  CondVar changed_;
  std::array<std::deque<Line>, kLevels> waiting_ GUARDED_BY(mutex_);
  std::size_t bytes_ GUARDED_BY(mutex_) = 0;  ///< of all waiting lines
  std::uint64_t next_number_ GUARDED_BY(mutex_) = 0;
  bool is_writing_ GUARDED_BY(mutex_) = false;
  bool is_stopping_ GUARDED_BY(mutex_) = false;
  std::array<std::uint64_t, kLevels> dropped_ GUARDED_BY(mutex_) = {};
};

void LogWriter::State::Put(LogLevel level, std::string_view text) {
  Line line{.level = level, .text = std::string(text)};
  const MutexLock lock(mutex_);
  while (bytes_ + line.cost() > max_bytes_) {
    if (DropOldestBelowLocked(level)) continue;
    ++dropped_.at(IndexOf(level));
    return;
  }
  line.number = next_number_++;
  bytes_ += line.cost();
  waiting_.at(IndexOf(level)).push_back(std::move(line));
  changed_.NotifyAll();
}

bool LogWriter::State::DropOldestBelowLocked(LogLevel level) {
  for (std::size_t lower = 0; lower < IndexOf(level); ++lower) {
    if (waiting_.at(lower).empty()) continue;
    bytes_ -= waiting_.at(lower).front().cost();
    waiting_.at(lower).pop_front();
    ++dropped_.at(lower);
    return true;
  }
  return false;
}

void LogWriter::State::Run() {
  while (const std::optional<Line> line = Take()) {
    RecordWritten(line->level, WriteWhole(line->text));
  }
}

std::optional<LogWriter::State::Line> LogWriter::State::Take() {
  const MutexLock lock(mutex_);
  while (bytes_ == 0 && !is_stopping_) changed_.Wait(mutex_);
  if (is_stopping_) return std::nullopt;
  std::deque<Line>* oldest = nullptr;
  for (std::deque<Line>& lines : waiting_) {
    if (lines.empty()) continue;
    if (oldest == nullptr || lines.front().number < oldest->front().number) oldest = &lines;
  }
  Line line = std::move(oldest->front());
  oldest->pop_front();
  bytes_ -= line.cost();
  is_writing_ = true;
  return line;
}

void LogWriter::State::RecordWritten(LogLevel level, bool was_written) {
  const MutexLock lock(mutex_);
  is_writing_ = false;
  if (!was_written) ++dropped_.at(IndexOf(level));
  if (IsIdleLocked()) changed_.NotifyAll();
}

bool LogWriter::State::WriteWhole(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor_, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      if (IsStopping()) return false;
      pollfd room{.fd = descriptor_, .events = POLLOUT, .revents = 0};
      (void)::poll(&room, 1, kPollMs);
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

bool LogWriter::State::IsStopping() {
  const MutexLock lock(mutex_);
  return is_stopping_;
}

bool LogWriter::State::WaitUntilIdle(std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  const MutexLock lock(mutex_);
  while (!IsIdleLocked()) {
    if (!changed_.WaitUntil(mutex_, deadline)) return IsIdleLocked();
  }
  return true;
}

bool LogWriter::State::Stop() {
  const MutexLock lock(mutex_);
  is_stopping_ = true;
  changed_.NotifyAll();
  return IsIdleLocked();
}

std::uint64_t LogWriter::State::Dropped(LogLevel level) {
  const MutexLock lock(mutex_);
  return dropped_.at(IndexOf(level));
}

LogWriter::LogWriter(int descriptor, std::size_t max_waiting_bytes)
    : state_(std::make_shared<State>(descriptor, max_waiting_bytes)), thread_([state = state_] {
        BlockSignalsInThisThread();
        state->Run();
      }) {}

LogWriter::~LogWriter() {
  (void)state_->WaitUntilIdle(kFlushTimeout);
  if (state_->Stop()) {
    thread_.join();
  } else {
    thread_.detach();
  }
}

void LogWriter::Write(LogLevel level, std::string_view line) { state_->Put(level, line); }

std::uint64_t LogWriter::dropped(LogLevel level) const { return state_->Dropped(level); }

bool LogWriter::Flush(std::chrono::milliseconds timeout) const {
  return state_->WaitUntilIdle(timeout);
}

}  // namespace rtcroom
