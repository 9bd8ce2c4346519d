// Divides requests between rooms, the message channel, browsers' media, callbacks and pages.
#pragma once

#include <chrono>
#include <string_view>
#include <utility>

#include "daemon/http/http_handler.h"
#include "handlers/callback_handler.h"
#include "handlers/channel_router.h"
#include "handlers/demo_pages.h"
#include "handlers/router.h"
#include "handlers/web_router.h"
#include "handlers/welcome_page.h"

namespace rtcroom {

/// Gives the message channel, browsers' media, the callbacks and the pages the requests to their
/// paths, and the router of rooms all others.
///
/// @threads safe from any thread.
class PathSplit : public HttpHandler {
 public:
  /// All outlive this object.
  /// @param channel  null: none.
  /// @param welcome  likewise.
  /// @param demo     likewise.
  /// @param web      likewise.
  PathSplit(Router& rooms, ChannelRouter* channel, CallbackHandlers callbacks,
            WelcomePage* welcome = nullptr, DemoPages* demo = nullptr, WebRouter* web = nullptr)
      : rooms_(rooms),
        channel_(channel),
        callbacks_(std::move(callbacks)),
        welcome_(welcome),
        demo_(demo),
        web_(web) {}

  RequestPlan Resolve(HttpRequest& request) override { return For(request).Resolve(request); }
  /// Of requests for rooms: no others are paced.
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
    if (channel_ != nullptr && channel_->Serves(request.path)) return *channel_;
    if (web_ != nullptr && web_->Serves(request.path)) return *web_;
    if (CallbackHandler* const callbacks = callbacks_.For(request.path)) return *callbacks;
    if (welcome_ != nullptr && welcome_->Serves(request)) return *welcome_;
    if (demo_ != nullptr && demo_->Serves(request)) return *demo_;
    return rooms_;
  }

  Router& rooms_;
  ChannelRouter* const channel_;
  const CallbackHandlers callbacks_;
  WelcomePage* const welcome_;
  DemoPages* const demo_;
  WebRouter* const web_;
};

}  // namespace rtcroom
