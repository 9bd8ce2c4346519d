#include "tests/support/child_process.h"

#include <cerrno>
#include <charconv>
#include <fstream>
#include <iterator>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/temp_directory.h"

namespace rtcroom {
namespace {

constexpr int kSignalBase = 128;
constexpr int kExecFailed = 127;
constexpr mode_t kOutputMode = 0600;

// The pid is known only in the child, which overwrites these digits with it.
constexpr std::string_view kListenPid = "LISTEN_PID=";
constexpr std::string_view kPidDigits = "0000000000";

void AddSockets(const std::vector<PassedSocket>& sockets, std::vector<std::string>& variables) {
  if (sockets.empty()) return;
  std::string names;
  for (const PassedSocket& socket : sockets) names += (names.empty() ? "" : ":") + socket.name;
  variables.push_back(fmt::format("LISTEN_FDS={}", sockets.size()));
  variables.push_back(fmt::format("LISTEN_FDNAMES={}", names));
  variables.push_back(fmt::format("{}{}", kListenPid, kPidDigits));
}

std::vector<std::string> Environment(const ChildCommand& command) {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (!std::string_view(*variable).starts_with("RTCROOMD_")) variables.emplace_back(*variable);
  }
  for (const auto& [name, value] : command.environment) {
    variables.push_back(fmt::format("{}={}", name, value));
  }
  AddSockets(command.sockets, variables);
  return variables;
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

int OpenOutput(const std::filesystem::path& file) {
  const int descriptor =
      ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, kOutputMode);
  if (descriptor < 0) throw std::system_error(errno, std::generic_category(), file.string());
  return descriptor;
}

/// Duplicates the sockets to numbers above those that the child expects.
std::vector<int> OutOfTheWay(const std::vector<PassedSocket>& sockets) {
  constexpr int kFirstSpare = 100;
  std::vector<int> duplicates;
  for (const PassedSocket& socket : sockets) {
    const int duplicate = ::fcntl(socket.descriptor, F_DUPFD_CLOEXEC, kFirstSpare);
    if (duplicate < 0) throw std::system_error(errno, std::generic_category(), socket.name);
    duplicates.push_back(duplicate);
  }
  return duplicates;
}

/// Data for exec in the child; allocated completely before the fork.
struct ChildImage {
  std::vector<char*> arguments = {};
  std::vector<char*> environment = {};
  int out = -1;
  int err = -1;
  std::vector<int> sockets = {};
};

// Between fork and exec only async-signal-safe functions are allowed: another thread of the test
// may have held any lock at the time of the fork.
[[noreturn]] void BecomeChild(const ChildImage& image) {
  constexpr int kFirstSocket = STDERR_FILENO + 1;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::signal(SIGPIPE, SIG_DFL);  // the child would inherit ignored signals
  ::dup2(image.out, STDOUT_FILENO);
  ::dup2(image.err, STDERR_FILENO);
  for (std::size_t i = 0; i < image.sockets.size(); ++i) {
    ::dup2(image.sockets[i], kFirstSocket + static_cast<int>(i));
  }
  if (!image.sockets.empty()) {
    char* const digits = image.environment[image.environment.size() - 2] + kListenPid.size();
    *std::to_chars(digits, digits + kPidDigits.size(), ::getpid()).ptr = '\0';
  }
  ::execve(image.arguments.front(), image.arguments.data(), image.environment.data());
  ::_exit(kExecFailed);
}

}  // namespace

ChildProcess::ChildProcess(const ChildCommand& command) {
  std::vector<std::string> arguments = {command.program.string()};
  arguments.insert(arguments.end(), command.arguments.begin(), command.arguments.end());
  std::vector<std::string> environment = Environment(command);
  const ChildImage image{.arguments = Pointers(arguments),
                         .environment = Pointers(environment),
                         .out = OpenOutput(command.stdout_file),
                         .err = OpenOutput(command.stderr_file),
                         .sockets = OutOfTheWay(command.sockets)};

  pid_ = ::fork();
  if (pid_ == 0) BecomeChild(image);
  const int fork_error = errno;
  ::close(image.out);
  ::close(image.err);
  for (const int socket : image.sockets) ::close(socket);
  if (pid_ < 0) throw std::system_error(fork_error, std::generic_category(), "fork");

  // glibc 2.36 declares pidfd_open without C linkage, so C++ cannot call it.
  pid_descriptor_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  if (pid_descriptor_ < 0) {
    const int open_error = errno;
    Signal(SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    throw std::system_error(open_error, std::generic_category(), "pidfd_open");
  }
}

ChildProcess::~ChildProcess() {
  Signal(SIGKILL);
  WaitForExit();
  ::close(pid_descriptor_);
}

void ChildProcess::Signal(int signal) const {
  if (!exit_code_) ::kill(pid_, signal);
}

std::optional<int> ChildProcess::WaitForExit(std::chrono::milliseconds timeout) {
  if (exit_code_) return exit_code_;
  pollfd ended{.fd = pid_descriptor_, .events = POLLIN, .revents = 0};
  if (::poll(&ended, 1, static_cast<int>(timeout.count())) <= 0) return std::nullopt;
  int status = 0;
  if (::waitpid(pid_, &status, 0) != pid_) return std::nullopt;
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : kSignalBase + WTERMSIG(status);
  return exit_code_;
}

FinishedCommand RunToEnd(ChildCommand command, std::chrono::milliseconds timeout) {
  const TempDirectory directory;
  command.stdout_file = directory.path() / "stdout";
  command.stderr_file = directory.path() / "stderr";
  ChildProcess child(command);
  FinishedCommand finished;
  finished.exit_code = child.WaitForExit(timeout).value_or(-1);
  finished.out = ReadWholeFile(command.stdout_file);
  finished.err = ReadWholeFile(command.stderr_file);
  return finished;
}

std::string ReadWholeFile(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

}  // namespace rtcroom
