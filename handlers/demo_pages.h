// Serves an example client as a page, to try the server with.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "daemon/http/embedded_file.h"
#include "daemon/http/http_handler.h"

namespace rtcroom {

/// The settings by which the page finds what it needs.
struct DemoSettings {
  std::string prefix{};    ///< of the room API
  std::string playlist{};  ///< `live.hls_url`
};

/// Answers GET of the files below `/demo/`, of the folder itself, and of `/demo/settings.json`.
/// From memory, and without any limit of callers: it is for developers at their own machine.
///
/// @threads immutable: safe from any thread.
class DemoPages : public RequestHandler {
 public:
  /// @param files  in static storage, with `/demo/index.html`.
  /// @param media  sources of video, as `PagePolicy`.
  DemoPages(std::span<const EmbeddedFile> files, const DemoSettings& settings,
            const std::string& media);

  /// False for other methods and unknown files, which are refused as without this object.
  [[nodiscard]] bool Serves(const HttpRequest& request) const override;
  void Handle(HttpRequest& request, Responder& responder) override;

 private:
  [[nodiscard]] const EmbeddedFile* FileOf(std::string_view path) const;

  const std::span<const EmbeddedFile> files_;
  const std::string settings_;  ///< JSON
  const Headers headers_;
};

}  // namespace rtcroom
