#include "daemon/auth/sessions.h"

namespace rtcroom {

bool IsUnknown(TokenOutcome outcome) {
  return outcome == TokenOutcome::kNoSession || outcome == TokenOutcome::kWrongToken;
}

Errc ErrcOf(TokenOutcome outcome) {
  switch (outcome) {
    case TokenOutcome::kMissing:
      return Errc::kNoCredentials;
    case TokenOutcome::kMalformed:
      return Errc::kTokenMalformed;
    case TokenOutcome::kUnknownApp:
      return Errc::kUnknownApp;
    case TokenOutcome::kNoSession:
      return Errc::kNoSession;
    case TokenOutcome::kWrongToken:
      return Errc::kTokenWrong;
    case TokenOutcome::kOk:
      break;
  }
  return Errc::kUnauthorized;
}

}  // namespace rtcroom
