// The program that makes a mix of streams: ffmpeg, and its arguments.
#pragma once

#include <string>
#include <vector>

#include <rtcroom/v1/room_admin.pb.h>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"

namespace rtcroom {

struct MixServer {
  std::string url = "rtmp://127.0.0.1:1935";  ///< of the media server, without application
  std::string app = "live";                   ///< the application of the streams to mix
  std::string ffmpeg = "/usr/bin/ffmpeg";     ///< the path of the program
};

/// The arguments, the program's name first, of an ffmpeg that plays the inputs of `mix` and
/// publishes the result in the application `mix`, until one of them ends or has sent nothing for
/// some seconds. A single input that is passed on as it is is not decoded.
///
/// Only names of streams are texts of others, and those are checked: none can be an option.
/// @errors kBadRequest when a field is out of the bounds of room_admin.proto; names it.
/// @source ffmpeg 5.1: ffmpeg(1), ffmpeg-filters(1), ffmpeg-protocols(1).
Result<std::vector<std::string>> MixArguments(const v1::Mix& mix, const MixServer& server);

/// The arguments for a start at that time: the timestamps of the output begin with it, in seconds
/// up to 10⁶. So they follow those of the program before, and players stay with the stream; with
/// timestamps that begin anew they wait until these have caught up.
std::vector<std::string> ArgumentsAt(std::vector<std::string> arguments, MonotonicTime start);

}  // namespace rtcroom
