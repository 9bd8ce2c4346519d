// Keeps the programs running that make the wanted mixes.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/log_ration.h"
#include "daemon/base/logger.h"
#include "daemon/mix/mix_programs.h"

namespace rtcroom {

/// The arguments of the program of each mix (`MixArguments`), by the mix's stream.
using WantedPrograms = std::map<std::string, std::vector<std::string>>;

struct MixSupervisorOptions {
  std::size_t max = 16;                     ///< most programs at a time
  std::chrono::milliseconds grace{3000};    ///< between SIGTERM and SIGKILL
  std::chrono::milliseconds backoff{1000};  ///< after the first failure; doubles with each further
  std::chrono::milliseconds max_backoff{30'000};
  /// A program that ran for that long has not failed, and the next failure is a first one.
  std::chrono::milliseconds steady{60'000};
};

/// All of it outlives the supervisor.
struct MixSupervisorDeps {
  MixPrograms& programs;
  const Clock& clock;
  Logger& logger;
};

/// One program for each wanted mix. Of a mix whose arguments change, the old program has ended
/// before the new one starts: the media server has one publisher of a stream.
///
/// Programs that end by themselves are started again, after a time that grows.
///
/// @threads for one thread: the programs live no longer than it.
class MixSupervisor {
 public:
  MixSupervisor(const MixSupervisorOptions& options, const MixSupervisorDeps& deps)
      : options_(options), deps_(deps) {}

  /// Replaces the set of wanted mixes; takes effect at the next `Step`.
  void Want(const WantedPrograms& wanted);

  /// Starts, stops and replaces programs as far as it is time to; never waits. To be called when a
  /// program has ended, too.
  /// @return when to call it again at the latest; nullopt: when something else happens.
  std::optional<MonotonicTime> Step();

  /// Programs that have not ended.
  [[nodiscard]] std::size_t running() const;

 private:
  struct Mix {
    std::optional<std::vector<std::string>> wanted = {};
    std::unique_ptr<MixProgram> program = {};
    std::vector<std::string> arguments = {};  ///< of `program`
    MonotonicTime started_at{};
    std::optional<MonotonicTime> kill_at = {};  ///< it has been asked to end
    bool is_killed = false;
    std::chrono::milliseconds backoff{};  ///< 0: the last program did not fail
    MonotonicTime start_at{};
  };

  void CheckEnd(const std::string& stream, Mix& mix, MonotonicTime now);
  void CheckStop(const std::string& stream, Mix& mix, MonotonicTime now);
  void CheckStart(const std::string& stream, Mix& mix, MonotonicTime now);
  void Delay(Mix& mix, MonotonicTime now) const;

  const MixSupervisorOptions options_;
  const MixSupervisorDeps deps_;
  std::map<std::string, Mix> mixes_;
  LogRation over_limit_;
};

}  // namespace rtcroom
