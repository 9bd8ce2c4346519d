// Programs that mix streams, as child processes.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/file_descriptor.h"
#include "daemon/base/logger.h"
#include "daemon/mix/mix_programs.h"

namespace rtcroom {

/// A line that a program has printed, without what may be secret: the query of each URL.
std::string WithoutQueries(std::string_view line);

/// Starts programs without input, with an empty environment and a lower priority. Their standard
/// error goes to the log, as far as it is not too much. They cannot write files, have limits for
/// memory and CPU time, and the kernel kills them when the thread that started them ends.
///
/// @threads `Wake` from any thread, the rest for one thread. Outlives its programs.
class MixProcesses : public MixPrograms {
 public:
  /// Both outlive this object.
  /// @throws std::system_error when there is no free descriptor.
  MixProcesses(const Clock& clock, Logger& logger);
  ~MixProcesses() override;
  MixProcesses(const MixProcesses&) = delete;
  MixProcesses& operator=(const MixProcesses&) = delete;

  Result<std::unique_ptr<MixProgram>> Start(const std::string& stream,
                                            const std::vector<std::string>& arguments) override;

  /// Waits until a program has ended or printed something, `Wake` was called, or the clock shows
  /// `until`; may also return early.
  void Wait(std::optional<MonotonicTime> until);
  void Wake() noexcept;

 private:
  class Process;

  const Clock& clock_;
  Logger& logger_;
  const FileDescriptor wake_;
  std::vector<Process*> processes_;
};

}  // namespace rtcroom
