#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include <unistd.h>

#include "daemon/cli/commands.h"

namespace rtcroom {
namespace {

constexpr const char* kProgram = "rtcroomd-web";

/// The pointers are for execve(2), which does not change the texts.
std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

int RunWebWorkerCommand(std::span<const std::string> arguments, const CliContext& context) {
  std::vector<std::string> words = {kProgram};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<std::string> variables;
  for (const auto& [name, value] : context.environment) {
    std::string variable = name;
    variable += '=';
    variable += value;
    variables.push_back(std::move(variable));
  }
  std::error_code failure;
  const std::filesystem::path own = std::filesystem::read_symlink("/proc/self/exe", failure);
  for (const std::filesystem::path& folder :
       {own.parent_path(), std::filesystem::path("/usr/libexec/rtcroomd")}) {
    ::execve((folder / kProgram).c_str(), Pointers(words).data(), Pointers(variables).data());
  }
  context.err << "web-worker: " << kProgram
              << " is not installed, neither beside rtcroomd nor in /usr/libexec/rtcroomd\n";
  return kExitFailed;
}

}  // namespace rtcroom
