#include "handlers/path_split.h"

#include <string>

#include "daemon/channel/channel_json.h"
#include "handlers/channel_codes.h"

namespace rtcroom {

HttpReply PathSplit::Refuse(int status, std::string_view reason) {
  HttpReply reply = rooms_.Refuse(status, reason);
  if (channel_ == nullptr) return reply;
  const ChannelCode& code = ChannelCodeOf({}, status < 500 ? Errc::kNotJson : Errc::kUnavailable);
  // Both are objects, which become one.
  reply.body.pop_back();
  reply.body.append(",").append(FailureReply(code.code, code.info).substr(1));
  return reply;
}

}  // namespace rtcroom
