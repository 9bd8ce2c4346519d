#include "tests/e2e/media_server.h"

#include <algorithm>
#include <chrono>
#include <iostream>
#include <stdexcept>
#include <utility>

#include <gtest/gtest.h>
#include <signal.h>

#include "tests/support/eventually.h"

namespace rtcroom {
namespace {

constexpr std::size_t kShownLogBytes = 4'000;

/// Those that are made for secrets.
bool IsKeyFile(const std::filesystem::path& file) {
  const std::string name = file.filename().string();
  return name.ends_with("-key") || name.ends_with("-secret") || name == "callback-header.conf" ||
         name == "control-key.conf";
}

}  // namespace

MediaServer::MediaServer(std::string api) : api_(std::move(api)) {
  std::filesystem::create_directory(recordings());
}

MediaServer::~MediaServer() {
  process_.reset();
  if (!testing::Test::HasFailure()) return;
  const std::string log = Log();
  std::cerr << "--- log of the media server\n"
            << log.substr(log.size() - std::min(log.size(), kShownLogBytes)) << "---\n";
}

Settings MediaServer::RoomSettings(Settings settings) const {
  settings.merge(Settings{{"admin.listen", callbacks_address()},
                          {"live.api", api_},
                          {"live.api_base_url", "http://" + control_address()},
                          {"live.control_key", SecretOf("control-key")},
                          {"live.rtmp_callback_secret", SecretOf("callback-secret")},
                          {"live.push_key", SecretOf("push-key")},
                          {"live.play_key", SecretOf("play-key")},
                          {"live.push_host", rtmp_address()},
                          {"live.play_host", rtmp_address()},
                          {"recording.root", recordings().string()}});
  return settings;
}

void MediaServer::Run(const ChildCommand& command, const std::function<bool()>& is_ready) {
  process_.emplace(command);
  const auto has_ended = [&] {
    return process_->WaitForExit(std::chrono::milliseconds(0)).has_value();
  };
  if (!Eventually([&] { return is_ready() || has_ended(); }) || has_ended()) {
    throw std::runtime_error("the media server has not started: " + Log());
  }
}

void MediaServer::End(int signal) {
  if (!process_) return;
  process_->Signal(signal);
  process_->WaitForExit();
  process_.reset();
}

void MediaServer::Kill9() { End(SIGKILL); }

std::optional<std::string> MediaServer::PublisherOf(const std::string& stream) const {
  const std::map<std::string, std::string> publishers = Publishers("live");
  const auto found = publishers.find(stream);
  return found == publishers.end() ? std::nullopt : std::optional(found->second);
}

std::string MediaServer::WrittenText() const {
  std::string text;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder())) {
    if (entry.is_regular_file() && !IsKeyFile(entry.path())) text += ReadWholeFile(entry.path());
  }
  return text;
}

}  // namespace rtcroom
