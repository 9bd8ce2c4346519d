#include "tests/support/process_stats.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

namespace rtcroom {
namespace {

constexpr std::size_t kBytesPerKilobyte = 1024;

std::filesystem::path FileOf(pid_t process, std::string_view name) {
  return fmt::format("/proc/{}/{}", process, name);
}

std::ifstream OpenOf(pid_t process, std::string_view name) {
  std::ifstream file(FileOf(process, name));
  if (!file) throw std::runtime_error(fmt::format("process {}: no {}", process, name));
  return file;
}

struct CpuTime {
  std::chrono::milliseconds own{};
  std::chrono::milliseconds ended_children{};
};

/// @source proc(5), stat.
CpuTime ReadCpuTime(pid_t process) {
  std::ifstream file = OpenOf(process, "stat");
  const std::string stat{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  // The second field is the program's name in parentheses and may contain blanks.
  std::istringstream words(stat.substr(stat.rfind(')') + 1));
  constexpr int kFieldsUpToUserTime = 11;
  std::string skipped;
  for (int i = 0; i < kFieldsUpToUserTime; ++i) words >> skipped;
  const auto read_time = [&words] {
    long user = 0;
    long system = 0;
    words >> user >> system;
    constexpr long kMillisecondsPerSecond = 1000;
    return std::chrono::milliseconds((user + system) * kMillisecondsPerSecond /
                                     ::sysconf(_SC_CLK_TCK));
  };
  const std::chrono::milliseconds own = read_time();
  return {.own = own, .ended_children = read_time()};
}

}  // namespace

MemoryUsage MemoryOf(pid_t process) {
  MemoryUsage stats;
  std::ifstream file = OpenOf(process, "smaps_rollup");
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string name;
    std::size_t kilobytes = 0;
    if (!(words >> name >> kilobytes)) continue;
    const std::size_t bytes = kilobytes * kBytesPerKilobyte;
    if (name == "Rss:") stats.resident_bytes = bytes;
    if (name == "Pss:") stats.proportional_bytes = bytes;
    if (name == "Private_Clean:" || name == "Private_Dirty:") stats.private_bytes += bytes;
  }
  return stats;
}

bool StopsGrowing(pid_t process, const std::function<void()>& round) {
  constexpr int kMostRounds = 10;
  constexpr std::size_t kReserve = 512 * 1024;
  for (int i = 0; i < kMostRounds; ++i) {
    const std::size_t before = MemoryOf(process).resident_bytes;
    round();
    if (MemoryOf(process).resident_bytes < before + kReserve) return true;
  }
  return false;
}

std::chrono::milliseconds CpuTimeOf(pid_t process) { return ReadCpuTime(process).own; }

std::chrono::milliseconds CpuTimeWithChildren(pid_t process) {
  const CpuTime time = ReadCpuTime(process);
  std::chrono::milliseconds sum = time.own + time.ended_children;
  std::ifstream children(FileOf(process, fmt::format("task/{}/children", process)));
  for (pid_t child = 0; children >> child;) {
    try {
      sum += CpuTimeOf(child);
    } catch (const std::runtime_error&) {
      // It has just ended: the next call has its time.
    }
  }
  return sum;
}

std::size_t OpenDescriptorsOf(pid_t process) {
  std::error_code failed;
  const std::filesystem::directory_iterator entries(FileOf(process, "fd"), failed);
  if (failed) throw std::runtime_error(fmt::format("process {}: {}", process, failed.message()));
  return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
}

std::size_t RaiseLimitOfDescriptors() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

std::string ConnectionLimitProblem(std::size_t connections) {
  constexpr std::size_t kForEverythingElse = 500;
  const std::size_t limit = RaiseLimitOfDescriptors();
  if (connections + kForEverythingElse <= limit) return "";
  return fmt::format("{} connections need more than the {} descriptors that the system allows",
                     connections, limit);
}

}  // namespace rtcroom
