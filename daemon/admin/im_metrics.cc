#include "daemon/admin/im_metrics.h"

#include <string>

#include "daemon/admin/families.h"

namespace rtcroom {

ImMetrics::ImMetrics(prometheus::Registry& registry) {
  CounterFamily& calls = AddCounters(registry, "rtcroomd_im_calls_total",
                                     "Calls to the IM service by command and outcome.");
  CounterFamily& retries = AddCounters(registry, "rtcroomd_im_retries_total",
                                       "Calls that will be made again, by command.");
  CounterFamily& dropped = AddCounters(registry, "rtcroomd_im_dropped_total",
                                       "Calls given up without an effect, by command.");
  for (std::size_t command = 0; command < kGroupCommandCount; ++command) {
    const std::string name(GroupCommandName(static_cast<GroupCommand>(command)));
    for (std::size_t outcome = 0; outcome < kImOutcomeCount; ++outcome) {
      const std::string result(ImOutcomeName(static_cast<ImOutcome>(outcome)));
      calls_.at(command).at(outcome) = &calls.Add({{"command", name}, {"outcome", result}});
    }
    retries_.at(command) = &retries.Add({{"command", name}});
    dropped_.at(command) = &dropped.Add({{"command", name}});
  }
}

void ImMetrics::OnImCall(GroupCommand command, ImOutcome outcome) {
  calls_.at(static_cast<std::size_t>(command)).at(static_cast<std::size_t>(outcome))->Increment();
}

void ImMetrics::OnImRetry(GroupCommand command) {
  retries_.at(static_cast<std::size_t>(command))->Increment();
}

void ImMetrics::OnImDropped(GroupCommand command) {
  dropped_.at(static_cast<std::size_t>(command))->Increment();
}

}  // namespace rtcroom
