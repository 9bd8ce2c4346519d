#include "daemon/admin/tally_metrics.h"

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "daemon/im/im_service.h"

namespace rtcroom {
namespace {

prometheus::Labels LabelsOf(const char* first, const char* second, const Tally::Names& names) {
  if (names.first.empty()) return {};
  prometheus::Labels labels{{first, std::string(names.first)}};
  if (!names.second.empty()) labels.emplace(second, names.second);
  return labels;
}

}  // namespace

TallyMetrics::TallyMetrics(prometheus::Registry& registry, Tallies& tallies) {
  const auto add = [&](Tally& tally, const char* name, const char* help, const char* first = "",
                       const char* second = "") -> Tally& {
    rows_.push_back({.tally = tally,
                     .family = AddCounters(registry, name, help),
                     .first = first,
                     .second = second});
    return tally;
  };
  // A first failure is visible to increase() if the series was there before.
  Tally& calls = add(tallies.im.calls, "rtcroomd_im_calls_total",
                     "Calls to the IM service by command and outcome.", "command", "outcome");
  Tally& retries = add(tallies.im.retries, "rtcroomd_im_retries_total",
                       "Calls that will be made again, by command.", "command");
  Tally& dropped = add(tallies.im.dropped, "rtcroomd_im_dropped_total",
                       "Calls given up without an effect, by command.", "command");
  for (std::size_t command = 0; command < kGroupCommandCount; ++command) {
    const std::string_view name = GroupCommandName(static_cast<GroupCommand>(command));
    for (std::size_t outcome = 0; outcome < kImOutcomeCount; ++outcome) {
      calls.Expect({name, ImOutcomeName(static_cast<ImOutcome>(outcome))});
    }
    retries.Expect({name, {}});
    dropped.Expect({name, {}});
  }
  add(tallies.media_drops, "rtcroomd_media_drops_total",
      "Clients that the media server was asked to disconnect, by reason.", "reason", "result");
  add(tallies.callbacks, "rtcroomd_media_callbacks_total",
      "Callbacks of media servers and clouds, by call and result.", "call", "result");
  Tally& trtc = add(tallies.trtc_calls, "rtcroomd_trtc_calls_total",
                    "Calls to the TRTC service, by action and result.", "action", "result");
  for (const char* const action : {"remove_user", "dismiss_room"}) {
    for (const char* const result : {"done", "failed", "given_up"}) trtc.Expect({action, result});
  }
  add(tallies.recordings, "rtcroomd_recordings_total", "Files of recordings, by result.", "result");
  Tally& mixes = add(tallies.mix_requests, "rtcroomd_mix_requests_total",
                     "Requests for mixes at the live service, by result.", "result");
  for (const char* const result : {"mixed", "refused", "failed"}) mixes.Expect({result, {}});
  add(tallies.stream_states, "rtcroomd_stream_states_total",
      "Replies of the live service on streams, by state.", "state");
  Tally& offers = add(tallies.web.offers, "rtcroomd_web_opened_total",
                      "Offers of browsers, by direction and result.", "direction", "result");
  for (std::size_t outcome = 0; outcome < kWebOpenOutcomes; ++outcome) {
    for (const WebDirection direction : {WebDirection::kPublish, WebDirection::kPlay}) {
      offers.Expect(
          {WebDirectionName(direction), WebOpenOutcomeName(static_cast<WebOpenOutcome>(outcome))});
    }
  }
  Tally& ends = add(tallies.web.ends, "rtcroomd_web_ended_total",
                    "Sessions of browsers that have ended, by reason.", "reason");
  for (std::size_t reason = 0; reason < kWebEndReasons; ++reason) {
    ends.Expect({WebEndReasonName(static_cast<WebEndReason>(reason)), {}});
  }
  add(tallies.web.key_requests, "rtcroomd_web_key_requests_total",
      "Key frames that were asked of browsers and by them.")
      .Expect({});
  add(tallies.web.without_pictures, "rtcroomd_web_without_pictures_total",
      "Sessions that went on without pictures, which have B-frames and were not encoded anew.")
      .Expect({});
  Tally& connects = add(tallies.store.connects, "rtcroomd_store_connects_total",
                        "Attempts to connect to a shared store, by outcome.", "outcome");
  for (const ConnectOutcome outcome : kAllConnectOutcomes) {
    connects.Expect({ConnectOutcomeName(outcome), {}});
  }
  add(tallies.store.second_tries, "rtcroomd_store_second_tries_total",
      "Groups of writes to a shared store that were tried again.")
      .Expect({});
  add(tallies.store.fenced, "rtcroomd_store_fenced_total",
      "Refusals of a shared store to write, because the other servers had given this one up.")
      .Expect({});
  Tally& errors = add(tallies.store.errors, "rtcroomd_store_errors_total",
                      "Calls that the store failed, by operation and error.", "operation", "error");
  for (const StoreOperation operation : {StoreOperation::kRead, StoreOperation::kWrite}) {
    for (const Errc error : {Errc::kStoreBusy, Errc::kStoreBroken, Errc::kOutcomeUnknown}) {
      errors.Expect({StoreOperationName(operation), ErrcName(error)});
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
