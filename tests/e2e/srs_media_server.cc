#include "tests/e2e/srs_media_server.h"

#include <iostream>
#include <stdexcept>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <signal.h>

#include "daemon/base/base64.h"
#include "tests/support/eventually.h"

namespace rtcroom {

SrsMediaServer::SrsMediaServer() {
  std::filesystem::create_directory(recordings());
  Start();
}

SrsMediaServer::~SrsMediaServer() {
  node_.reset();
  if (testing::Test::HasFailure()) {
    std::cerr << "--- log of the media server\n" << WrittenText() << "---\n";
  }
}

Settings SrsMediaServer::RoomSettings(Settings settings) const {
  settings.merge(Settings{{"admin.listen", AddressOf(callbacks_)},
                          {"live.api", "srs"},
                          {"live.api_base_url", "http://" + AddressOf(api_)},
                          {"live.control_key", SecretOf("control-key")},
                          {"live.rtmp_callback_secret", SecretOf("callback-secret")},
                          {"live.push_key", SecretOf("push-key")},
                          {"live.play_key", SecretOf("play-key")},
                          {"live.push_host", AddressOf(rtmp_)},
                          {"live.play_host", AddressOf(rtmp_)},
                          {"recording.root", recordings().string()}});
  return settings;
}

void SrsMediaServer::Start() {
  const std::string callbacks =
      "http://" + AddressOf(callbacks_) + "/callback/srs/" + SecretOf("callback-secret");
  const std::filesystem::path out = folder_.path() / "out";
  std::filesystem::remove(out);
  node_.emplace(
      ChildCommand{.program = RTCROOM_NODE,
                   .arguments = {RTCROOM_SRS_SERVER, AddressOf(rtmp_), AddressOf(api_), callbacks,
                                 SecretOf("control-key"), recordings().string()},
                   .stdout_file = out,
                   .stderr_file = log_file()});
  const bool is_up = Eventually([&] {
    return ReadWholeFile(out) == "ready\n" ||
           node_->WaitForExit(std::chrono::milliseconds(0)).has_value();
  });
  if (!is_up || node_->WaitForExit(std::chrono::milliseconds(0))) {
    throw std::runtime_error("the media server has not started (`npm ci --prefix tests/media`?): " +
                             WrittenText());
  }
}

void SrsMediaServer::Kill9() {
  node_->Signal(SIGKILL);
  node_->WaitForExit();
  node_.reset();
}

std::map<std::string, std::string> SrsMediaServer::Publishers() const {
  const ApiReply reply =
      Control().Send({.method = "GET", .target = "/api/v1/streams/", .headers = Login()});
  std::map<std::string, std::string> publishers;
  if (reply.status != 200) return publishers;
  for (const nlohmann::json& stream : reply.json["streams"]) {
    const nlohmann::json& publish = stream["publish"];
    if (publish["active"] == true) publishers[stream["name"]] = publish["cid"];
  }
  return publishers;
}

std::optional<std::string> SrsMediaServer::PublisherOf(const std::string& stream) const {
  const std::map<std::string, std::string> publishers = Publishers();
  const auto found = publishers.find(stream);
  return found == publishers.end() ? std::nullopt : std::optional(found->second);
}

std::map<std::string, std::string> SrsMediaServer::Login() {
  return {{"Authorization", "Basic " + EncodeBase64(SecretOf("control-key"))}};
}

std::string SrsMediaServer::SecretOf(const std::string& name) {
  // Random ones would show nothing more: each media server has ports of its own.
  if (name == "control-key") return "rtcroomd:the-password-of-the-api";
  return "the-" + name + "-of-the-tests";
}

}  // namespace rtcroom
