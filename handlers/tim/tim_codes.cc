#include "handlers/channel/channel_codes.h"
#include "handlers/tim/tim_command.h"

namespace rtcroom::tim {
namespace {

int CodeOf(Errc error) {
  // By these two the SDK knows that its login is over, and why.
  if (error == Errc::kNoSession) return code::kNotLoggedIn;
  if (error == Errc::kInstanceKicked) return code::kKicked;
  return ChannelCodeOf({}, error).code;
}

std::string InfoOf(const Error& error) {
  const bool is_of_request = error.code == Errc::kBadRequest || error.code == Errc::kNotJson;
  if (is_of_request && !error.detail.empty()) return error.detail;
  return std::string(ChannelCodeOf({}, error.code).info);
}

}  // namespace

Failure::Failure(const Error& error) : code(CodeOf(error.code)), info(InfoOf(error)) {}

}  // namespace rtcroom::tim
