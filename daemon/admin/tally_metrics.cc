#include "daemon/admin/tally_metrics.h"

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "daemon/im/im_service.h"

namespace rtcroom {
namespace {

prometheus::Labels LabelsOf(const char* first, const char* second, const Tally::Names& names) {
  prometheus::Labels labels{{first, std::string(names.first)}};
  if (!names.second.empty()) labels.emplace(second, names.second);
  return labels;
}

}  // namespace

TallyMetrics::TallyMetrics(prometheus::Registry& registry, Tallies& tallies) {
  const auto add = [&](Tally& tally, const char* name, const char* help, const char* first,
                       const char* second = "") -> const Row& {
    return rows_.emplace_back(Row{.tally = tally,
                                  .family = AddCounters(registry, name, help),
                                  .first = first,
                                  .second = second});
  };
  // A first failure is visible to increase() if the series was there before.
  const auto expect = [](const Row& row, const Tally::Names& names) { row.tally.Expect(names); };
  const Row calls = add(tallies.im.calls, "rtcroomd_im_calls_total",
                        "Calls to the IM service by command and outcome.", "command", "outcome");
  const Row retries = add(tallies.im.retries, "rtcroomd_im_retries_total",
                          "Calls that will be made again, by command.", "command");
  const Row dropped = add(tallies.im.dropped, "rtcroomd_im_dropped_total",
                          "Calls given up without an effect, by command.", "command");
  for (std::size_t command = 0; command < kGroupCommandCount; ++command) {
    const std::string_view name = GroupCommandName(static_cast<GroupCommand>(command));
    for (std::size_t outcome = 0; outcome < kImOutcomeCount; ++outcome) {
      expect(calls, {name, ImOutcomeName(static_cast<ImOutcome>(outcome))});
    }
    expect(retries, {name, {}});
    expect(dropped, {name, {}});
  }
  add(tallies.media_drops, "rtcroomd_media_drops_total",
      "Clients that the media server was asked to disconnect, by reason.", "reason", "result");
  add(tallies.callbacks, "rtcroomd_media_callbacks_total",
      "Callbacks of media servers and clouds, by call and result.", "call", "result");
  const Row trtc = add(tallies.trtc_calls, "rtcroomd_trtc_calls_total",
                       "Calls to the TRTC service, by action and result.", "action", "result");
  for (const char* const action : {"remove_user", "dismiss_room"}) {
    for (const char* const result : {"done", "failed", "given_up"}) expect(trtc, {action, result});
  }
  add(tallies.recordings, "rtcroomd_recordings_total", "Files of recordings, by result.", "result");
  const Row mixes = add(tallies.mix_requests, "rtcroomd_mix_requests_total",
                        "Requests for mixes at the live service, by result.", "result");
  for (const char* const result : {"mixed", "refused", "failed"}) expect(mixes, {result, {}});
  add(tallies.stream_states, "rtcroomd_stream_states_total",
      "Replies of the live service on streams, by state.", "state");
  const Row offers = add(tallies.web.offers, "rtcroomd_web_opened_total",
                         "Offers of browsers, by direction and result.", "direction", "result");
  for (std::size_t outcome = 0; outcome < kWebOpenOutcomes; ++outcome) {
    for (const WebDirection direction : {WebDirection::kPublish, WebDirection::kPlay}) {
      expect(offers, {WebDirectionName(direction),
                      WebOpenOutcomeName(static_cast<WebOpenOutcome>(outcome))});
    }
  }
  const Row ends = add(tallies.web.ends, "rtcroomd_web_ended_total",
                       "Sessions of browsers that have ended, by reason.", "reason");
  for (std::size_t reason = 0; reason < kWebEndReasons; ++reason) {
    expect(ends, {WebEndReasonName(static_cast<WebEndReason>(reason)), {}});
  }
  const Row connects = add(tallies.store.connects, "rtcroomd_store_connects_total",
                           "Attempts to connect to a shared store, by outcome.", "outcome");
  for (const ConnectOutcome outcome : kAllConnectOutcomes) {
    expect(connects, {ConnectOutcomeName(outcome), {}});
  }
  const Row errors =
      add(tallies.store.errors, "rtcroomd_store_errors_total",
          "Calls that the store failed, by operation and error.", "operation", "error");
  for (const StoreOperation operation : {StoreOperation::kRead, StoreOperation::kWrite}) {
    for (const Errc error : {Errc::kStoreBusy, Errc::kStoreBroken, Errc::kOutcomeUnknown}) {
      expect(errors, {StoreOperationName(operation), ErrcName(error)});
    }
  }
}

void TallyMetrics::Set() {
  for (const Row& row : rows_) {
    for (const auto& [names, count] : row.tally.Read()) {
      RaiseTo(row.family.Add(LabelsOf(row.first, row.second, names)), count);
    }
  }
}

}  // namespace rtcroom
