#include "daemon/admin/cloud_metrics.h"

namespace rtcroom {
namespace {

const char* ResultName(MixOutcome outcome) {
  switch (outcome) {
    case MixOutcome::kMixed:
      return "mixed";
    case MixOutcome::kRefused:
      return "refused";
    case MixOutcome::kFailed:
      break;
  }
  return "failed";
}

const char* StateName(StreamState state) {
  switch (state) {
    case StreamState::kLive:
      return "live";
    case StreamState::kNotLive:
      return "not_live";
    case StreamState::kUnknown:
      break;
  }
  return "unknown";
}

}  // namespace

CloudMetrics::CloudMetrics(prometheus::Registry& registry)
    : mixes_(AddCounters(registry, "rtcroomd_mix_requests_total",
                         "Requests for mixes at the live service, by result.")),
      states_(AddCounters(registry, "rtcroomd_stream_states_total",
                          "Replies of the live service on streams, by state.")) {
  // A first failure is visible to increase() if the series was there before.
  for (const MixOutcome outcome : {MixOutcome::kMixed, MixOutcome::kRefused, MixOutcome::kFailed}) {
    mixes_.Add({{"result", ResultName(outcome)}});
  }
}

void CloudMetrics::OnMix(MixOutcome outcome) {
  mixes_.Add({{"result", ResultName(outcome)}}).Increment();
}

void CloudMetrics::OnState(StreamState state) {
  states_.Add({{"state", StateName(state)}}).Increment();
}

}  // namespace rtcroom
