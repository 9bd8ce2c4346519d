#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include <unistd.h>

#include "daemon/cli/commands.h"

namespace rtcroom {
namespace {

constexpr const char* kProgram = "rtcroomd-web";

}  // namespace

int RunWebWorkerCommand(std::span<const std::string> arguments, const CliContext& context) {
  std::vector<std::string> words = {kProgram};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;  // for execv(3), which does not change the texts
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  std::error_code failure;
  const std::filesystem::path own = std::filesystem::read_symlink("/proc/self/exe", failure);
  for (const std::filesystem::path& folder :
       {own.parent_path(), std::filesystem::path("/usr/libexec/rtcroomd")}) {
    ::execv((folder / kProgram).c_str(), pointers.data());
  }
  context.err << "web-worker: " << kProgram
              << " is not installed, neither beside rtcroomd nor in /usr/libexec/rtcroomd\n";
  return kExitFailed;
}

}  // namespace rtcroom
