#include "daemon/process/hand_over.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "daemon/base/system_error.h"
#include "daemon/process/bounded_command.h"
#include "daemon/process/c_strings.h"
#include "daemon/process/notify_socket.h"
#include "daemon/process/passed_sockets.h"
#include "daemon/process/process_start.h"

namespace rtcroom {
namespace {

std::vector<std::string> Texts(const char* const* texts) {
  std::vector<std::string> copies;
  for (; *texts != nullptr; ++texts) copies.emplace_back(*texts);
  return copies;
}

std::string_view FirstLine(std::string_view text) { return text.substr(0, text.find('\n')); }

}  // namespace

StartCommand OwnStartCommand(const char* const* arguments, const char* const* environment) {
  StartCommand command{.arguments = Texts(arguments), .environment = Texts(environment)};
  // Sockets that this process inherited are not the ones that it passes on.
  std::erase_if(command.environment, IsListenVariable);
  std::erase_if(command.environment, IsProcessStartVariable);
  std::error_code unknown;  // the path then stays empty, which CheckSuccessor reports
  command.program = std::filesystem::read_symlink("/proc/self/exe", unknown);
  return command;
}

HandOver::HandOver(StartCommand command, const Clock& clock)
    : command_(std::move(command)), clock_(clock) {}

Status HandOver::CheckSuccessor() {
  if (command_.program.empty()) {
    return Error{Errc::kUnavailable, "the path of this program is not known"};
  }
  // `check-config` accepts the options of `serve`.
  std::vector<std::string> arguments = command_.arguments;
  const auto serve =
      std::find(arguments.begin() + std::min<std::ptrdiff_t>(1, std::ssize(arguments)),
                arguments.end(), "serve");
  if (serve == arguments.end()) return Error{Errc::kUnavailable, "not started by `serve`"};
  *serve = "check-config";

  // Only the successor talks to the service manager, and no other child.
  std::vector<std::string> environment = command_.environment;
  std::erase_if(environment, IsNotifyVariable);

  const Result<CommandOutcome> checked = RunBounded({.program = command_.program,
                                                     .arguments = std::move(arguments),
                                                     .environment = std::move(environment),
                                                     .timeout = kCheckTimeout},
                                                    clock_);
  if (!checked) return checked.error();
  if (checked->exit_code == 0) return {};
  return Error{Errc::kUnavailable,
               fmt::format("{} check-config: exit code {}: {}", command_.program.string(),
                           checked->exit_code, FirstLine(checked->output))};
}

Error HandOver::Exec(std::span<const NamedSocket> sockets) {
  PassedSockets passed;
  if (const Status arranged = passed.Arrange(sockets); !arranged) return arranged.error();
  std::vector<std::string> variables = command_.environment;
  variables.insert(variables.end(), passed.variables().begin(), passed.variables().end());
  const CStrings arguments(command_.arguments);
  const CStrings environment(std::move(variables));

  execve(command_.program.c_str(), arguments.get(), environment.get());
  return SystemError(command_.program.string(), errno);
}

}  // namespace rtcroom
