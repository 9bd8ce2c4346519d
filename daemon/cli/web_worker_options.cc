#include "daemon/cli/web_worker_options.h"

#include "daemon/cli/access_options.h"

namespace rtcroom {

void AddWebWorkerOptions(CLI::App& command, WebWorkerCommand& options) {
  AddAccessOptions(command, options.access);
  command.add_option("--server", options.server,
                     "The media server: rtmp://HOST:PORT (default: web.server)");
}

}  // namespace rtcroom
