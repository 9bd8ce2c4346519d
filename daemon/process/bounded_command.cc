#include "daemon/process/bounded_command.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <optional>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/base/file_descriptor.h"
#include "daemon/process/c_strings.h"

namespace rtcroom {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kMaxOutput = 4096;
constexpr int kSignalBase = 128;

Error Failure(const BoundedCommand& command, const std::string& reason) {
  return {Errc::kUnavailable, fmt::format("{}: {}", command.program.string(), reason)};
}

std::string Reason(int error) { return std::generic_category().message(error); }

/// Attributes of a new process that differ from this one.
class SpawnSettings {
 public:
  explicit SpawnSettings(int output) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, output, STDERR_FILENO);
    // This process blocks its signals and ignores these; the other program must do neither.
    sigset_t none;
    sigemptyset(&none);
    sigset_t ignored;
    sigemptyset(&ignored);
    sigaddset(&ignored, SIGPIPE);
    sigaddset(&ignored, SIGXFSZ);
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &ignored);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnSettings() {
    posix_spawnattr_destroy(&attributes_);
    posix_spawn_file_actions_destroy(&actions_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  [[nodiscard]] const posix_spawn_file_actions_t* actions() const { return &actions_; }
  [[nodiscard]] const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

/// A child process that is killed, unless it has ended, and always reaped.
class Child {
 public:
  explicit Child(pid_t pid)
      // glibc 2.36 declares pidfd_open without C linkage, so that C++ cannot call it.
      : pid_(pid), descriptor_(static_cast<int>(syscall(SYS_pidfd_open, pid, 0))) {}
  ~Child() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    (void)Wait();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// Readable once the process has ended.
  [[nodiscard]] const FileDescriptor& descriptor() const { return descriptor_; }

  int Wait() {
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : kSignalBase + WTERMSIG(status);
  }

 private:
  pid_t pid_;
  FileDescriptor descriptor_;
};

/// Drains the pipe, so that the child never blocks on it; keeps the beginning of the output.
/// @return false at the end of the output.
bool Drain(int from, std::string& output) {
  std::array<char, kMaxOutput> chunk{};
  while (true) {
    const ssize_t got = read(from, chunk.data(), chunk.size());
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    if (got == 0) return false;
    output.append(chunk.data(),
                  std::min(static_cast<std::size_t>(got), kMaxOutput - output.size()));
  }
}

/// @return false when the time ran out first.
bool AwaitEnd(const Child& child, int output, milliseconds timeout, const Clock& clock,
              std::string& text) {
  const MonotonicTime deadline = clock.Monotonic() + timeout;
  bool has_more = true;
  while (true) {
    std::array<pollfd, 2> entries = {{
        {.fd = child.descriptor().get(), .events = POLLIN, .revents = 0},
        {.fd = has_more ? output : -1, .events = POLLIN, .revents = 0},  // negative: ignored by
                                                                         // poll
    }};
    const auto left = std::chrono::ceil<milliseconds>(deadline - clock.Monotonic());
    if (left.count() <= 0) return false;
    if (poll(entries.data(), entries.size(), static_cast<int>(left.count())) <= 0) continue;
    if (has_more) has_more = Drain(output, text);
    if (entries[0].revents != 0) return true;
  }
}

}  // namespace

Result<CommandOutcome> RunBounded(const BoundedCommand& command, const Clock& clock) {
  std::array<int, 2> pipe_ends = {-1, -1};
  if (pipe2(pipe_ends.data(), O_CLOEXEC) != 0) return Failure(command, Reason(errno));
  const FileDescriptor output(pipe_ends[0]);
  std::optional<FileDescriptor> childs_end(pipe_ends[1]);
  // This end alone is non-blocking: programs do not expect a non-blocking output.
  if (fcntl(output.get(), F_SETFL, O_NONBLOCK) != 0) return Failure(command, Reason(errno));

  const SpawnSettings settings(childs_end->get());
  const CStrings arguments(command.arguments);
  const CStrings environment(command.environment);
  pid_t pid = -1;
  if (const int failed = posix_spawn(&pid, command.program.c_str(), settings.actions(),
                                     settings.attributes(), arguments.get(), environment.get());
      failed != 0) {
    return Failure(command, "cannot be started: " + Reason(failed));
  }
  Child child(pid);
  if (!child.descriptor().valid()) return Failure(command, "cannot be watched: " + Reason(errno));
  childs_end.reset();  // otherwise the output would never end

  CommandOutcome outcome;
  if (!AwaitEnd(child, output.get(), command.timeout, clock, outcome.output)) {
    return Failure(command, fmt::format("did not end within {} ms", command.timeout.count()));
  }
  outcome.exit_code = child.Wait();
  return outcome;
}

}  // namespace rtcroom
