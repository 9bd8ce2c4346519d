#include "handlers/demo_pages.h"

#include <algorithm>

#include "daemon/base/json_text.h"

namespace rtcroom {
namespace {

constexpr std::string_view kFolder = "/demo/";
constexpr std::string_view kFolderWithoutSlash = "/demo";
constexpr std::string_view kIndexPage = "/demo/index.html";
constexpr std::string_view kSettings = "/demo/settings.json";

/// Scripts may load from the media server, too: where a browser plays no HLS, one gives it the
/// video.
PagePolicy PolicyFor(const std::string& media) {
  // Not all browsers include sockets in 'self'.
  PagePolicy policy{.connect = "'self' ws: wss:"};
  if (!media.empty()) {
    policy.connect += " " + media;
    policy.media = "blob: " + media;
  }
  return policy;
}

std::string SettingsJson(const DemoSettings& settings) {
  JsonText members;
  members.Field("prefix", settings.prefix).Field("playlist", settings.playlist);
  return members.AsObject();
}

}  // namespace

DemoPages::DemoPages(std::span<const EmbeddedFile> files, const DemoSettings& settings,
                     const std::string& media)
    : files_(files), settings_(SettingsJson(settings)), headers_(PageHeaders(PolicyFor(media))) {}

const EmbeddedFile* DemoPages::FileOf(std::string_view path) const {
  const auto found =
      std::ranges::find(files_, path == kFolder ? kIndexPage : path, &EmbeddedFile::path);
  return found == files_.end() ? nullptr : &*found;
}

bool DemoPages::Serves(const HttpRequest& request) const {
  const std::string_view path = request.path;
  if (!path.starts_with(kFolderWithoutSlash)) return false;
  if (request.method != "GET" && request.method != "HEAD") return false;
  return path == kFolderWithoutSlash || path == kSettings || FileOf(path) != nullptr;
}

void DemoPages::Handle(HttpRequest& request, Responder& responder) {
  if (request.path == kSettings) {
    responder.Send({.headers = headers_, .body = settings_});
  } else if (const EmbeddedFile* const file = FileOf(request.path)) {
    responder.Send(ReplyWith(*file, request, headers_));
  } else {
    responder.Send(RedirectToFolder(kFolder, headers_));
  }
}

}  // namespace rtcroom
