#include "daemon/process/process_start.h"

#include <charconv>
#include <chrono>
#include <ctime>
#include <fstream>
#include <iterator>
#include <sstream>
#include <system_error>

#include <fmt/format.h>
#include <unistd.h>

namespace rtcroom {
namespace {

using std::chrono::milliseconds;

constexpr const char* kVariable = "RTCROOM_PROCESS_START";

std::optional<std::uint64_t> TicksOfStart() {
  // The second field is the program's name in parentheses, and may hold any character.
  std::ifstream file("/proc/self/stat");
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  std::istringstream rest(text.substr(text.rfind(')') + 1));
  std::string ignored;
  for (int field = 3; field < 22; ++field) rest >> ignored;
  std::uint64_t ticks = 0;
  return rest >> ticks ? std::optional(ticks) : std::nullopt;
}

/// The time since that start.
std::optional<milliseconds> AgeOf(std::uint64_t ticks) {
  timespec since_boot{};
  if (clock_gettime(CLOCK_BOOTTIME, &since_boot) != 0) return std::nullopt;
  const auto now =
      std::chrono::seconds(since_boot.tv_sec) + std::chrono::nanoseconds(since_boot.tv_nsec);
  const std::chrono::duration<double> start(static_cast<double>(ticks) /
                                            static_cast<double>(sysconf(_SC_CLK_TCK)));
  return std::chrono::duration_cast<milliseconds>(now - start);
}

/// Consumes `number` and the text `follows` at the beginning of `text`.
template <typename Number>
bool Take(std::string_view& text, Number& number, std::string_view follows) {
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (failure != std::errc() || !text.starts_with(follows)) return false;
  text.remove_prefix(follows.size());
  return true;
}

std::optional<ProcessStart> Read(std::string_view text) {
  ProcessStart start;
  milliseconds::rep at_ms = 0;
  if (!Take(text, start.ticks, ":") || !Take(text, at_ms, "") || !text.empty()) {
    return std::nullopt;
  }
  start.at = TimePoint(milliseconds(at_ms));
  return start;
}

}  // namespace

std::string ProcessStart::Variable() const {
  return fmt::format("{}={}:{}", kVariable, ticks, at.time_since_epoch().count());
}

std::optional<ProcessStart> FindProcessStart(const Environment& environment, const Clock& clock) {
  const std::optional<std::uint64_t> ticks = TicksOfStart();
  if (!ticks) return std::nullopt;
  if (const auto passed = environment.find(kVariable); passed != environment.end()) {
    const std::optional<ProcessStart> start = Read(passed->second);
    // The value of another process does not apply to this one.
    if (start && start->ticks == *ticks) return start;
  }
  const std::optional<milliseconds> age = AgeOf(*ticks);
  if (!age) return std::nullopt;
  return ProcessStart{.ticks = *ticks, .at = clock.Now() - *age};
}

bool IsProcessStartVariable(std::string_view text) {
  return text.substr(0, text.find('=')) == kVariable;
}

}  // namespace rtcroom
