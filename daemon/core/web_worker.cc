#include "daemon/core/web_worker.h"

namespace rtcroom {

std::string_view WebEndReasonName(WebEndReason reason) {
  switch (reason) {
    case WebEndReason::kDeleted:
      return "deleted";
    case WebEndReason::kRemoved:
      return "kicked";
    case WebEndReason::kTakenOver:
      return "taken_over";
    case WebEndReason::kWorker:
      return "worker";
    case WebEndReason::kNeverConnected:
      return "never_connected";
    case WebEndReason::kSilent:
      return "silent";
    case WebEndReason::kMediaServer:
      return "rtmp";
    case WebEndReason::kNoStream:
      return "no_stream";
    case WebEndReason::kFingerprint:
      return "fingerprint";
    case WebEndReason::kTooFast:
      return "too_fast";
    case WebEndReason::kFailed:
      return "failed";
  }
  return "";
}

std::string_view WebOpenOutcomeName(WebOpenOutcome outcome) {
  switch (outcome) {
    case WebOpenOutcome::kOpened:
      return "opened";
    case WebOpenOutcome::kMalformed:
      return "refused_sdp";
    case WebOpenOutcome::kNoCodec:
      return "no_codec";
    case WebOpenOutcome::kNotAllowed:
      return "refused_signature";
    case WebOpenOutcome::kFull:
      return "full";
    case WebOpenOutcome::kTooManyOffers:
      return "too_many_offers";
    case WebOpenOutcome::kNoWorker:
      return "no_worker";
    case WebOpenOutcome::kFailed:
      return "failed";
  }
  return "";
}

}  // namespace rtcroom
