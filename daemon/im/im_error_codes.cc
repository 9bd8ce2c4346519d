#include "daemon/im/im_error_codes.h"

namespace rtcroom {

ImOutcome OutcomeOfErrorCode(GroupCommand command, int error_code) {
  switch (error_code) {
    case 0:
      return ImOutcome::kDone;
    case 10025:  // the id is taken, and the group is ours
      return command == GroupCommand::kCreate ? ImOutcome::kDone : ImOutcome::kRefused;
    case 10021:  // the id is taken, and the group is not ours
      return ImOutcome::kTakenByAnother;
    case 10010:  // no such group
    case 10015:  // not the id of a group
      return command == GroupCommand::kDestroy ? ImOutcome::kDone : ImOutcome::kGroupMissing;
    case 10002:  // internal error of the service
    case 60008:  // the service timed out
      return ImOutcome::kPassing;
    case 60007:
    case 60011:
      return ImOutcome::kTooFast;
    case 10026:
      return ImOutcome::kCommandDisabled;
    case 10007:  // not permitted: newer applications have no system notices
      return command == GroupCommand::kSystemNotice ? ImOutcome::kCommandDisabled
                                                    : ImOutcome::kRefused;
    case 10036:
      return ImOutcome::kQuotaUsedUp;
    case 60006:  // unknown application
    case 60010:  // the caller is not an administrator
    case 60020:  // an application that may not call
      return ImOutcome::kMisconfigured;
    default:
      // Any error of a signature.
      if (error_code >= 70001 && error_code <= 70020) return ImOutcome::kMisconfigured;
      return ImOutcome::kRefused;  // such as 10004, an invalid field
  }
}

bool NeedsNewSignature(int error_code) { return error_code == 70001 || error_code == 70003; }

}  // namespace rtcroom
