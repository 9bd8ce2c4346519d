#include "handlers/token_outcome.h"

namespace rtcroom {

Status StatusOf(TokenOutcome outcome) {
  switch (outcome) {
    case TokenOutcome::kMissing:
      return Error{Errc::kNoCredentials, {}};
    case TokenOutcome::kMalformed:
      return Error{Errc::kTokenMalformed, {}};
    case TokenOutcome::kUnknownApp:
      return Error{Errc::kUnknownApp, {}};
    case TokenOutcome::kNoSession:
      return Error{Errc::kNoSession, {}};
    case TokenOutcome::kWrongToken:
      return Error{Errc::kTokenWrong, {}};
    case TokenOutcome::kOk:
      return {};
  }
  return Error{Errc::kInternal, "unknown outcome of a check of a token"};
}

}  // namespace rtcroom
