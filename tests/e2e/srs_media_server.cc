#include "tests/e2e/srs_media_server.h"

#include <nlohmann/json.hpp>

#include "daemon/base/base64.h"

namespace rtcroom {

SrsMediaServer::SrsMediaServer(std::chrono::milliseconds patience)
    : MediaServer("srs"), patience_(patience) {
  Start();
}

void SrsMediaServer::Start() {
  const std::string callbacks =
      "http://" + callbacks_address() + "/callback/srs/" + SecretOf("callback-secret");
  const std::filesystem::path out = folder() / "out";
  std::filesystem::remove(out);
  Run({.program = RTCROOM_NODE,
       .arguments = {RTCROOM_SRS_SERVER, rtmp_address(), control_address(), callbacks,
                     SecretOf("control-key"), recordings().string(),
                     std::to_string(patience_.count())},
       .stdout_file = out,
       .stderr_file = log_file()},
      [&] { return ReadWholeFile(out) == "ready\n"; });
}

std::map<std::string, std::string> SrsMediaServer::Publishers(
    const std::string& application) const {
  const ApiReply reply = Ask("GET", "/api/v1/streams/");
  std::map<std::string, std::string> publishers;
  if (reply.status != 200) return publishers;
  for (const nlohmann::json& stream : reply.json["streams"]) {
    const nlohmann::json& publish = stream["publish"];
    if (stream["app"] != application || publish["active"] != true) continue;
    publishers[stream["name"]] = publish["cid"];
  }
  return publishers;
}

std::set<std::string> SrsMediaServer::Players() const {
  const ApiReply reply = Ask("GET", "/api/v1/clients/");
  std::set<std::string> players;
  for (const nlohmann::json& client : reply.json.at("clients")) {
    if (client.at("type") == "rtc-play") players.insert(client.at("id"));
  }
  return players;
}

void SrsMediaServer::Drop(const std::string& client) const {
  (void)Ask("DELETE", "/api/v1/clients/" + client);
}

ApiReply SrsMediaServer::Ask(const std::string& method, const std::string& target) const {
  return Control().Send(
      {.method = method,
       .target = target,
       .headers = {{"Authorization", "Basic " + EncodeBase64(SecretOf("control-key"))}}});
}

std::string SrsMediaServer::SecretOf(const std::string& name) const {
  // Random ones would show nothing more: each media server has ports of its own.
  if (name == "control-key") return "rtcroomd:the-password-of-the-api";
  return "the-" + name + "-of-the-tests";
}

}  // namespace rtcroom
