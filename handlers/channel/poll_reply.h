// How a poll is answered that waits.
#pragma once

#include <functional>
#include <string>

namespace rtcroom {

/// The right to answer a waiting poll: call it once, with the whole body.
using PollReply = std::function<void(std::string body)>;

}  // namespace rtcroom
