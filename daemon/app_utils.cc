// What of `App` the endpoints under `utils` need.
#include "daemon/app.h"

namespace rtcroom {

std::unique_ptr<UtilsLink> App::MakeUtils() {
  UtilsParts parts{.streams = *streams_, .random = random_, .calls = *calls_};
  if (im_ != nullptr) {
    parts.ask_im = [&probe = im_->probe()](std::chrono::milliseconds timeout) {
      return probe.Ask(timeout);
    };
  }
  return std::make_unique<UtilsLink>(config_, parts);
}

}  // namespace rtcroom
