// Divides the requests of clients between rooms and the message channel.
#pragma once

#include <chrono>
#include <string_view>

#include "daemon/http/http_handler.h"
#include "handlers/channel_router.h"
#include "handlers/router.h"

namespace rtcroom {

/// Gives the message channel the requests to its paths, and the router of rooms all others.
///
/// @threads safe from any thread.
class PathSplit : public HttpHandler {
 public:
  /// Both outlive this object.
  PathSplit(Router& rooms, ChannelRouter& channel) : rooms_(rooms), channel_(channel) {}

  RequestPlan Resolve(HttpRequest& request) override { return For(request).Resolve(request); }
  /// Of requests for rooms: the channel's are not paced.
  std::chrono::nanoseconds Delay(std::string_view client_address) override {
    return rooms_.Delay(client_address);
  }
  void Handle(HttpRequest& request, Responder& responder) override {
    For(request).Handle(request, responder);
  }
  /// For clients of either, since the path is not known here.
  HttpReply Refuse(int status, std::string_view reason) override;

 private:
  HttpHandler& For(const HttpRequest& request) {
    return channel_.Serves(request.path) ? static_cast<HttpHandler&>(channel_) : rooms_;
  }

  Router& rooms_;
  ChannelRouter& channel_;
};

}  // namespace rtcroom
