#include "daemon/mix/mix_supervisor.h"

#include <algorithm>
#include <csignal>
#include <utility>

#include "daemon/mix/mix_arguments.h"

namespace rtcroom {

void MixSupervisor::Want(const WantedPrograms& wanted) {
  for (auto& [stream, mix] : mixes_) {
    if (!wanted.contains(stream)) mix.wanted.reset();
  }
  for (const auto& [stream, arguments] : wanted) {
    Mix& mix = mixes_[stream];
    // A mix that has failed may work with other inputs.
    if (mix.wanted != arguments) {
      mix.backoff = {};
      mix.start_at = {};
    }
    mix.wanted = arguments;
  }
}

std::optional<MonotonicTime> MixSupervisor::Step() {
  const MonotonicTime now = deps_.clock.Monotonic();
  for (auto& [stream, mix] : mixes_) {
    CheckEnd(stream, mix, now);
    CheckStop(stream, mix, now);
  }
  std::erase_if(mixes_, [](const auto& each) {
    return each.second.program == nullptr && !each.second.wanted;
  });
  // The starts come after the stops, which make room.
  for (auto& [stream, mix] : mixes_) CheckStart(stream, mix, now);

  std::optional<MonotonicTime> next;
  for (const auto& [stream, mix] : mixes_) {
    std::optional<MonotonicTime> due;
    if (mix.program != nullptr) {
      if (!mix.is_killed) due = mix.kill_at;
    } else if (mix.start_at > now) {
      due = mix.start_at;
    }  // else it waits for the end of another one
    if (due && (!next || *due < *next)) next = due;
  }
  return next;
}

std::size_t MixSupervisor::running() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      mixes_, [](const auto& each) { return each.second.program != nullptr; }));
}

void MixSupervisor::CheckEnd(const std::string& stream, Mix& mix, MonotonicTime now) {
  if (mix.program == nullptr) return;
  const std::optional<int> exit_code = mix.program->ExitCode();
  if (!exit_code) return;
  mix.program.reset();
  if (mix.kill_at) {
    deps_.logger.Info("mix_stopped", {{"stream", stream}, {"exit_code", *exit_code}});
    return;
  }
  if (now - mix.started_at >= options_.steady) mix.backoff = {};
  Delay(mix, now);
  deps_.logger.Warn(
      "mix_ended",
      {{"stream", stream}, {"exit_code", *exit_code}, {"next_try_ms", mix.backoff.count()}});
}

void MixSupervisor::CheckStop(const std::string& stream, Mix& mix, MonotonicTime now) {
  if (mix.program == nullptr) return;
  if (!mix.kill_at && mix.wanted != mix.arguments) {
    mix.program->Signal(SIGTERM);
    mix.kill_at = now + options_.grace;
  } else if (mix.kill_at && !mix.is_killed && now >= *mix.kill_at) {
    deps_.logger.Warn("mix_killed", {{"stream", stream}});
    mix.program->Signal(SIGKILL);
    mix.is_killed = true;
  }
}

void MixSupervisor::CheckStart(const std::string& stream, Mix& mix, MonotonicTime now) {
  if (mix.program != nullptr || !mix.wanted || now < mix.start_at) return;
  if (running() >= options_.max) {
    if (const std::uint64_t events = over_limit_.Count(now); events != 0) {
      deps_.logger.Warn("mix_limit_reached", {{"stream", stream}, {"max", options_.max}});
    }
    return;
  }
  Result<std::unique_ptr<MixProgram>> program =
      deps_.programs.Start(stream, ArgumentsAt(*mix.wanted, now));
  if (!program) {
    Delay(mix, now);
    deps_.logger.Warn("mix_not_started", {{"stream", stream},
                                          {"reason", program.error().detail},
                                          {"next_try_ms", mix.backoff.count()}});
    return;
  }
  mix.program = *std::move(program);
  mix.arguments = *mix.wanted;
  mix.started_at = now;
  mix.kill_at.reset();
  mix.is_killed = false;
  deps_.logger.Info("mix_started", {{"stream", stream}});
}

void MixSupervisor::Delay(Mix& mix, MonotonicTime now) const {
  mix.backoff =
      mix.backoff.count() == 0 ? options_.backoff : std::min(2 * mix.backoff, options_.max_backoff);
  mix.start_at = now + mix.backoff;
}

}  // namespace rtcroom
