#include "daemon/mix/mix_processes.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/base/log_ration.h"

namespace rtcroom {
namespace {

constexpr int kSignalBase = 128;
constexpr int kExecFailed = 127;
constexpr int kNiceness = 10;
// Address space: there is no limit for what is resident.
constexpr rlim_t kMaxAddressSpace = rlim_t{4} << 30U;
// A program that has used a day of CPU time is replaced.
constexpr rlim_t kMaxCpuSeconds = 24 * 60 * 60;
constexpr int kUnrationedLines = 20;  // of one program
constexpr std::size_t kMaxLine = 512;

Error Failure(std::string_view what, int error) {
  return {Errc::kUnavailable, fmt::format("{}: {}", what, std::generic_category().message(error))};
}

/// Data for exec in the child; complete before the fork.
struct Image {
  std::vector<char*> arguments = {};
  pid_t parent = -1;
  int null = -1;
  int output = -1;
};

void Limit(decltype(RLIMIT_AS) resource, rlim_t most) {
  const rlimit limit{.rlim_cur = most, .rlim_max = most};
  ::setrlimit(resource, &limit);
}

// Between fork and exec only async-signal-safe functions are allowed: another thread may have held
// any lock at the time of the fork.
[[noreturn]] void Become(const Image& image) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != image.parent) ::_exit(kExecFailed);  // it ended before it could be bound to
  // A terminal's signals are for this process alone.
  ::setpgid(0, 0);
  ::setpriority(PRIO_PROCESS, 0, kNiceness);
  Limit(RLIMIT_AS, kMaxAddressSpace);
  Limit(RLIMIT_CPU, kMaxCpuSeconds);
  Limit(RLIMIT_CORE, 0);
  Limit(RLIMIT_FSIZE, 0);
  ::signal(SIGPIPE, SIG_DFL);
  ::signal(SIGXFSZ, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::dup2(image.null, STDIN_FILENO);
  ::dup2(image.null, STDOUT_FILENO);
  ::dup2(image.output, STDERR_FILENO);
  ::close_range(STDERR_FILENO + 1, ~0U, 0);
  char* const no_variables = nullptr;
  ::execve(image.arguments.front(), image.arguments.data(), &no_variables);
  ::_exit(kExecFailed);
}

}  // namespace

std::string WithoutQueries(std::string_view line) {
  std::string masked;
  while (true) {
    const std::size_t query = line.find('?');
    masked += line.substr(0, query);
    if (query == line.npos) return masked;
    line.remove_prefix(query);
    masked += "?***";
    line.remove_prefix(std::min(line.find_first_of(" \t'\""), line.size()));
  }
}

class MixProcesses::Process : public MixProgram {
 public:
  Process(MixProcesses& all, std::string stream, pid_t pid, FileDescriptor output)
      : all_(all),
        stream_(std::move(stream)),
        pid_(pid),
        // glibc 2.36 declares pidfd_open without C linkage, so that C++ cannot call it.
        descriptor_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))),
        output_(std::move(output)) {
    all_.processes_.push_back(this);
  }
  ~Process() override {
    std::erase(all_.processes_, this);
    Signal(SIGKILL);
    while (!exit_code_ && ::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }

  void Signal(int signal) override {
    if (!exit_code_) ::kill(pid_, signal);
  }

  std::optional<int> ExitCode() override {
    if (exit_code_) return exit_code_;
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
    ReadOutput();  // why it ended
    exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : kSignalBase + WTERMSIG(status);
    return exit_code_;
  }

  /// Readable when it has ended; invalid after that was noticed.
  [[nodiscard]] int end() const { return exit_code_ ? -1 : descriptor_.get(); }
  /// The descriptor of what it prints.
  [[nodiscard]] int output() const { return output_.get(); }

  void ReadOutput() {
    std::array<char, 4096> chunk{};
    while (output_.valid()) {
      const ssize_t got = ::read(output_.get(), chunk.data(), chunk.size());
      if (got < 0) {
        if (errno == EINTR) continue;
        return;  // there is no more now
      }
      if (got == 0) output_ = FileDescriptor();
      for (const char c : std::string_view(chunk.data(), static_cast<std::size_t>(got))) {
        if (c == '\n' || c == '\r') {
          LogLine();
        } else if (line_.size() < kMaxLine) {
          line_ += c;
        }
      }
    }
    LogLine();
  }

 private:
  void LogLine() {
    const std::string line = WithoutQueries(std::exchange(line_, {}));
    if (line.empty()) return;
    if (lines_ < kUnrationedLines) {
      ++lines_;
    } else if (ration_.Count(all_.clock_.Monotonic()) == 0) {
      return;
    }
    all_.logger_.Warn("mix_output", {{"stream", stream_}, {"line", line}});
  }

  MixProcesses& all_;
  const std::string stream_;
  const pid_t pid_;
  const FileDescriptor descriptor_;
  FileDescriptor output_;
  std::optional<int> exit_code_;
  std::string line_;  ///< the beginning of one
  int lines_ = 0;     ///< logged so far, until there are rationed
  LogRation ration_;
};

MixProcesses::MixProcesses(const Clock& clock, Logger& logger)
    : clock_(clock), logger_(logger), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!wake_.valid()) throw std::system_error(errno, std::generic_category(), "eventfd");
}

MixProcesses::~MixProcesses() = default;

Result<std::unique_ptr<MixProgram>> MixProcesses::Start(const std::string& stream,
                                                        const std::vector<std::string>& arguments) {
  std::vector<std::string> texts = arguments;
  Image image{.parent = ::getpid()};
  for (std::string& text : texts) image.arguments.push_back(text.data());
  image.arguments.push_back(nullptr);
  if (::access(texts.front().c_str(), X_OK) != 0) return Failure(texts.front(), errno);

  std::array<int, 2> ends = {-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return Failure("pipe", errno);
  FileDescriptor output(ends[0]);
  const FileDescriptor childs_end(ends[1]);
  const FileDescriptor null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null.valid()) return Failure("/dev/null", errno);
  if (::fcntl(output.get(), F_SETFL, O_NONBLOCK) != 0) return Failure("pipe", errno);
  image.null = null.get();
  image.output = childs_end.get();

  const pid_t pid = ::fork();
  if (pid == 0) Become(image);
  if (pid < 0) return Failure("fork", errno);
  return std::unique_ptr<MixProgram>(
      std::make_unique<Process>(*this, stream, pid, std::move(output)));
}

void MixProcesses::Wait(std::optional<MonotonicTime> until) {
  std::vector<pollfd> entries = {{.fd = wake_.get(), .events = POLLIN, .revents = 0}};
  for (const Process* const process : processes_) {
    // Negative ones are ignored by poll.
    entries.push_back({.fd = process->end(), .events = POLLIN, .revents = 0});
    entries.push_back({.fd = process->output(), .events = POLLIN, .revents = 0});
  }
  int timeout = -1;
  if (until) {
    constexpr std::chrono::milliseconds kLongest{60'000};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*until - clock_.Monotonic());
    timeout = static_cast<int>(std::clamp(left, std::chrono::milliseconds(0), kLongest).count());
  }
  if (::poll(entries.data(), entries.size(), timeout) <= 0) return;
  std::uint64_t ignored = 0;
  (void)!::read(wake_.get(), &ignored, sizeof(ignored));
  for (Process* const process : processes_) process->ReadOutput();
}

void MixProcesses::Wake() noexcept {
  const std::uint64_t one = 1;
  (void)!::write(wake_.get(), &one, sizeof(one));
}

}  // namespace rtcroom
