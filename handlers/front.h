// The one entrance for the requests of clients.
#pragma once

#include <chrono>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/http/http_handler.h"
#include "handlers/rooms/router.h"
#include "handlers/webim/webim_router.h"

namespace rtcroom {

/// The handlers that answer requests, each at its own paths; all of them outlive the front.
struct FrontHandlers {
  Router& rooms;  ///< answers what no other one serves
  WebimRouter* webim = nullptr;
  std::vector<RequestHandler*> others{};  ///< in the order in which they are asked
};

/// Finds once for each request the handler that serves its path.
///
/// @threads safe from any thread.
class Front : public HttpHandler {
 public:
  explicit Front(FrontHandlers handlers) : handlers_(std::move(handlers)) {}

  RequestPlan Resolve(HttpRequest& request) override;
  /// Only requests to rooms are paced.
  std::chrono::nanoseconds Delay(std::string_view client_address) override {
    return handlers_.rooms.Delay(client_address);
  }
  /// The reply suits clients of the room API and of the SDK of 2018, since the path is not known
  /// here.
  HttpReply Refuse(int status, std::string_view reason) override;

 private:
  const FrontHandlers handlers_;
};

}  // namespace rtcroom
