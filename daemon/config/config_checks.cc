#include "daemon/config/config_checks.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "daemon/base/listen_address.h"
#include "daemon/base/text_file.h"
#include "daemon/config/config_value.h"
#include "daemon/config/configured_listeners.h"
#include "daemon/config/prefix_checks.h"
#include "daemon/config/web_checks.h"

namespace rtcroom {
namespace {

using Problems = std::vector<ConfigProblem>;

// Keys whose warnings say nothing to a developer at the own machine, and those that a start with
// --dev makes.
constexpr std::array<std::string_view, 7> kOfUsersOnly = {
    "server.http_listen", "live.bizid",    "live.push_key", "live.play_key",
    "live.api_key",       "im.secret_key", "wechat.app_id"};

// Certificate chains and keys are a few KiB; the limit only excludes files such as disk images.
constexpr std::size_t kMaxPemBytes = 1 << 20;

void CheckTls(const ServerConfig& server, RunMode mode, Problems& problems) {
  if (!server.tls_cert.empty() && server.tls_key.empty()) {
    problems.push_back({"server.tls_key", "missing: server.tls_cert needs it"});
  }
  if (server.tls_cert.empty() && !server.tls_key.empty()) {
    problems.push_back({"server.tls_cert", "missing: server.tls_key needs it"});
  }
  const bool without = server.tls_cert.empty() && server.tls_key.empty();
  if (!server.https_listen.empty() && without && mode == RunMode::kNormal) {
    problems.push_back({"server.tls_cert",
                        "missing: server.https_listen needs it and server.tls_key; or set "
                        "server.http_listen, and server.https_listen to \"\""});
  }
}

void CheckListeners(const Config& config, Problems& problems) {
  if (config.server.http_listen.empty() && config.server.https_listen.empty()) {
    problems.push_back({"server.https_listen", "off, and so is server.http_listen"});
  }
  const std::vector<ConfiguredListener> listeners = ConfiguredListeners(config);
  for (std::size_t later = 1; later < listeners.size(); ++later) {
    for (std::size_t earlier = 0; earlier < later; ++earlier) {
      const ConfiguredListener& one = listeners.at(earlier);
      const ConfiguredListener& other = listeners.at(later);
      if (Collide(one.address, other.address)) {
        problems.push_back({std::string(other.key),
                            one.key == other.key ? std::string("has an address twice")
                                                 : fmt::format("same address as {}", one.key)});
      }
    }
  }
}

/// Whether a token is valid in a header.
bool CanBeSent(const Secret& token) {
  const std::string& text = token.Reveal();
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; }) &&
         !text.starts_with(' ') && !text.ends_with(' ');
}

constexpr std::size_t kMinAdminToken = 16;

void CheckAdmin(const AdminConfig& admin, Problems& problems) {
  const std::string& token = admin.token.Reveal();
  if (token.empty()) return;
  if (!CanBeSent(admin.token)) {
    problems.push_back(
        {"admin.token",
         "must be printable ASCII, with no space at its ends: it travels in a header"});
  } else if (token.size() < kMinAdminToken) {
    problems.push_back(
        {"admin.token",
         fmt::format("must have at least {} characters: it opens everything", kMinAdminToken)});
  }
}

void CheckUtils(const UtilsConfig& utils, Problems& problems) {
  if (!CanBeSent(utils.admin_token)) {
    problems.push_back(
        {"utils.admin_token",
         "must be printable ASCII, with no space at its ends: it travels in a header"});
  }
}

void CheckGrpc(const GrpcConfig& grpc, RunMode mode, Problems& problems) {
  if (grpc.listen.empty()) return;
  if (!CanBeSent(grpc.token)) {
    problems.push_back(
        {"grpc.token",
         "must be printable ASCII, with no space at its ends: it travels in metadata"});
  }
  const std::vector<ListenAddress> addresses = ParseListenAddresses(grpc.listen);
  const bool has_worker_port = !ParseListenAddresses(grpc.worker_listen).empty();
  const bool needs_all =
      has_worker_port || !std::ranges::all_of(addresses, &ListenAddress::IsLoopback);
  // Any of the three enables TLS.
  const bool has_tls = !grpc.tls_cert.empty() || !grpc.tls_key.empty() || !grpc.client_ca.empty();
  if (needs_all || has_tls) {
    const std::string why = has_worker_port ? "missing: grpc.worker_listen is a port"
                            : needs_all     ? "missing: grpc.listen is not on loopback"
                                            : "missing: TLS needs it";
    if (grpc.tls_cert.empty()) problems.push_back({"grpc.tls_cert", why});
    if (grpc.tls_key.empty()) problems.push_back({"grpc.tls_key", why});
    if (needs_all && grpc.client_ca.empty()) problems.push_back({"grpc.client_ca", why});
  }
  // Mutual TLS needs all three, and is enough anywhere, unless workers have certificates, too.
  const bool needs_token =
      !addresses.empty() && (has_worker_port || (!needs_all && grpc.client_ca.empty()));
  if (needs_token && grpc.token.empty() && mode == RunMode::kNormal) {
    problems.push_back(
        {"grpc.token", has_worker_port
                           ? "missing: grpc.listen accepts the certificates of workers, which "
                             "come to the port of grpc.worker_listen"
                           : "missing: grpc.listen is TCP on loopback, which every program of "
                             "this machine can reach; or listen on unix:PATH"});
  }
}

void CheckIm(const ImConfig& im, RunMode mode, Problems& problems) {
  if (im.enabled && im.sdk_app_id == 0) {
    problems.push_back({"im.sdk_app_id", "missing: im.enabled needs it"});
  }
  // Version 1 is set explicitly, in order to sign. A missing secret_key is only a warning, since
  // version 2 is the default and an application without a key still answers everything but logins.
  const bool signs = im.enabled || im.sdk_app_id != 0;
  if (im.sig_version == 1 && signs && im.private_key_file.empty()) {
    problems.push_back({"im.private_key_file", "missing: im.sig_version 1 signs with it"});
  }
  if (!im.callback_token.empty() && !im.enabled) {
    problems.push_back({"im.callback_token", "needs im.enabled: otherwise users make the groups"});
  }
  const bool makes_a_key = mode == RunMode::kDev;
  if (im.enabled && im.sig_version == 2 && im.secret_key.empty() && !makes_a_key) {
    problems.push_back({"im.secret_key", "missing: im.enabled needs it"});
  }
}

void CheckChannel(const Config& config, RunMode mode, Problems& problems) {
  const bool can_create_groups = config.channel.sdks && !config.im.enabled;
  if (config.channel.create_groups && !can_create_groups && mode == RunMode::kNormal) {
    problems.push_back({"channel.create_groups", "needs channel.sdks, and no im.enabled"});
  }
  if (!config.channel.enabled) {
    if (config.channel.sdks && mode == RunMode::kNormal) {
      problems.push_back({"channel.enabled", "missing: channel.sdks needs it"});
    }
    return;
  }
  const ImConfig& im = config.im;
  if (NeedsMadeApplication(config) || im.enabled) return;  // the latter is checked above
  const bool verifies = !im.secret_key.empty() || !im.private_key_file.empty();
  if (im.sdk_app_id == 0) {
    problems.push_back({"im.sdk_app_id", "missing: channel.enabled needs it, or no other IM key"});
  } else if (im.sig_version == 2 && !verifies && mode == RunMode::kNormal) {
    problems.push_back({"im.secret_key", "missing: channel.enabled needs it"});
  }
}

void CheckNodes(const Config& config, RunMode mode, Problems& problems) {
  if (!config.store.url.IsPostgres() || mode == RunMode::kDev) return;
  // Each would make a key of its own.
  if (NeedsMadeApplication(config)) {
    problems.push_back({"im.secret_key",
                        "missing: all nodes on a database need the same im.sdk_app_id and "
                        "im.secret_key, for channel.enabled"});
  }
}

void CheckLiveService(const LiveConfig& live, Problems& problems) {
  const auto needs = [&](std::string_view key, bool is_missing) {
    if (!is_missing) return;
    problems.push_back({std::string(key), fmt::format("missing: live.api {} needs it",
                                                      live.api == LiveApi::kV1 ? "v1" : "v3")});
  };
  if (live.api == LiveApi::kV1) {
    needs("live.app_id", live.app_id.empty());
    needs("live.api_key", live.api_key.empty());
  }
  if (live.api != LiveApi::kV3) return;
  needs("live.secret_id", live.secret_id.empty());
  needs("live.secret_key", live.secret_key.empty());
  needs("live.push_host", live.push_host.empty() && live.bizid.empty());
  if (live.api_base_url.find('/', std::string_view("https://").size()) != std::string::npos) {
    problems.push_back({"live.api_base_url", "must have no path: live.api v3 has none"});
  }
}

void CheckCallbacks(const LiveConfig& live, Problems& problems) {
  if (live.callback_key.empty()) return;
  const bool has_own_server = IsMediaServer(live.api) || !live.rtmp_callback_secret.empty();
  if (!has_own_server) return;
  problems.push_back({"live.callback_key",
                      "of the live service, but live.api or live.rtmp_callback_secret is of a "
                      "media server of one's own: streams are on one of the two"});
}

void CheckMedia(const Config& config, Problems& problems) {
  const LiveConfig& live = config.live;
  const bool is_polled = IsMediaServer(live.api);
  if (is_polled && live.api_base_url.empty()) {
    problems.push_back({"live.api_base_url", "missing: live.api needs the server's address"});
  }
  if (is_polled && live.confirm_ttl <= live.poll_period) {
    problems.push_back({"live.confirm_ttl", "must be longer than live.poll_period"});
  }
  if (live.check_play && !HasMediaCallbacks(live)) {
    problems.push_back({"live.check_play",
                        "needs live.rtmp_callback_secret or live.callback_allow: nothing asks "
                        "about players otherwise"});
  }
  if (config.liveness.policy == LivenessPolicy::kStream && live.api == LiveApi::kNone &&
      !HasMediaCallbacks(live)) {
    problems.push_back({"liveness.policy",
                        "stream needs live.api or the callbacks of a media server: no stream is "
                        "known otherwise"});
  }
}

void CheckRecording(const Config& config, Problems& problems) {
  const RecordingConfig& recording = config.recording;
  if (!recording.root.empty() && !HasMediaServer(config.live)) {
    problems.push_back({"recording.root",
                        "needs a media server as live.api, or its callbacks: nothing is recorded "
                        "otherwise"});
  }
  if (recording.root.empty() && recording.retention.count() != 0) {
    problems.push_back({"recording.retention", "needs recording.root"});
  }
  if (recording.root.empty() && recording.min_free_bytes != 0) {
    problems.push_back({"recording.min_free_bytes", "needs recording.root"});
  }
}

void CheckMix(const Config& config, Problems& problems) {
  if (config.mix.max == 0) return;
  if (config.live.api != LiveApi::kNginxRtmp) {
    problems.push_back(
        {"mix.max", "needs nginx-rtmp as live.api: its streams are mixed", ProblemScope::kServer});
  }
  if (config.live.check_play) {
    problems.push_back({"mix.max", "not with live.check_play: mixes are played without signatures",
                        ProblemScope::kServer});
  }
  if (config.grpc.listen.empty()) {
    problems.push_back({"mix.max", "needs grpc.listen: mix-worker follows the mixes over it",
                        ProblemScope::kServer});
  }
}

void CheckTrtc(const Config& config, Problems& problems) {
  const TrtcConfig& trtc = config.trtc;
  if (!trtc.enabled) return;
  if (config.im.sdk_app_id == 0) {
    problems.push_back({"im.sdk_app_id", "missing: trtc.enabled needs it"});
  }
  if (trtc.region.empty()) problems.push_back({"trtc.region", "missing: trtc.enabled needs it"});
  if (trtc.secret_id.empty()) {
    problems.push_back({"trtc.secret_id", "missing: trtc.enabled needs it"});
  }
  if (trtc.secret_key.empty()) {
    problems.push_back({"trtc.secret_key", "missing: trtc.enabled needs it"});
  }
}

void CheckWechat(const WechatConfig& wechat, Problems& problems) {
  if (!wechat.app_id.empty() && wechat.secret.empty()) {
    problems.push_back({"wechat.secret", "missing: wechat.app_id needs it"});
  }
  if (wechat.app_id.empty() && !wechat.secret.empty()) {
    problems.push_back({"wechat.app_id", "missing: wechat.secret needs it"});
  }
  if (wechat.strict && wechat.app_id.empty() && wechat.secret.empty()) {
    problems.push_back({"wechat.app_id", "missing: with wechat.strict no login would succeed"});
  }
}

bool CanSign(const ImConfig& im) {
  if (im.sdk_app_id == 0) return false;
  return im.sig_version == 1 ? !im.private_key_file.empty() : !im.secret_key.empty();
}

void WarnOfIm(const Config& config, Problems& warnings) {
  const ImConfig& im = config.im;
  if (CanSign(im) || NeedsMadeApplication(config)) return;
  if (im.sdk_app_id == 0) {
    warnings.push_back(
        {"im.sdk_app_id", "missing: get_im_login_info, get_login_info and login answer code 6"});
    return;
  }
  // Without a signing key, tickets signed elsewhere may still be verified with another key.
  warnings.push_back({im.sig_version == 1 ? "im.private_key_file" : "im.secret_key",
                      "missing: get_im_login_info and get_login_info answer code 6"});
}

void WarnOfLive(const LiveConfig& live, Problems& warnings) {
  const bool hosted = !live.bizid.empty();
  if (!hosted && live.push_host.empty()) {
    warnings.push_back(
        {"live.push_host", "missing, and so is live.bizid: get_push_url answers code 6"});
  }
  if (!hosted && live.play_host.empty()) {
    warnings.push_back(
        {"live.play_host", "missing, and so is live.bizid: replies have no play URLs"});
  }
  if (!hosted && !(live.push_host.empty() && live.play_host.empty())) {
    warnings.push_back({"live.bizid", "missing: the stream name is the userID alone"});
  }
  if (live.push_key.empty() && (hosted || !live.push_host.empty())) {
    warnings.push_back({"live.push_key", "missing: push URLs have no txSecret and no txTime"});
  }
}

void WarnOfLiveness(const Config& config, Problems& warnings) {
  const LivenessConfig& liveness = config.liveness;
  const LiveConfig& live = config.live;
  const bool only_asks =
      IsLiveService(live.api) && !HasMediaCallbacks(live) && live.callback_key.empty();
  if (!only_asks || liveness.policy != LivenessPolicy::kAssist) return;
  if (!liveness.evict_on_media_off) return;
  warnings.push_back({"liveness.evict_on_media_off",
                      "without effect: the live service is asked about silent members only"});
}

/// Each server looks at its viewers twice in their timeout, with a sweep, and tells the others who
/// is there within a second or two.
void WarnOfViewers(const Config& config, Problems& warnings) {
  const ConfigDuration timeout = config.room.audience_timeout;
  if (!config.store.url.IsPostgres() || !config.channel.enabled || timeout.count() == 0) return;
  if (timeout >= 2 * (config.room.sweep_period + std::chrono::seconds(2))) return;
  warnings.push_back({"room.audience_timeout",
                      "too short for room.sweep_period: servers would remove viewers that are "
                      "connected to another one"});
}

void WarnOfPlayKey(const LiveConfig& live, Problems& warnings) {
  if (live.push_key.empty()) return;
  if (!live.play_key.empty() && live.play_key != live.push_key) return;
  warnings.push_back({"live.play_key",
                      "not different from live.push_key: the signature of a play URL is good for "
                      "pushing, too; give the stream service a play key of its own"});
}

void WarnOfUtils(const Config& config, Problems& warnings) {
  if (!config.utils.enabled) return;
  if (config.live.api_key.empty()) {
    warnings.push_back({"live.api_key", "missing: POST get_login_info answers code 6"});
  }
  if (!config.utils.log_dir.empty() && config.utils.admin_token.empty()) {
    warnings.push_back({"utils.admin_token", "missing: the log endpoints refuse every caller"});
  }
}

void WarnOfAuth(const AuthConfig& auth, Problems& warnings) {
  if (auth.mode == AuthMode::kToken && auth.gen1_login) {
    warnings.push_back({"auth.gen1_login", "without effect: auth.mode refuses gen-1"});
  }
}

void WarnOfListeners(const Config& config, Problems& warnings) {
  const auto is_local = [](const std::string& listen) {
    return std::ranges::all_of(ParseListenAddresses(listen), &ListenAddress::IsLoopback);
  };
  if (!is_local(config.server.http_listen)) {
    warnings.push_back({"server.http_listen", "not on loopback: requests travel unencrypted"});
  }
  if (!is_local(config.admin.listen)) {
    warnings.push_back({"admin.listen", config.admin.token.empty()
                                            ? "not on loopback: other machines can read it"
                                            : "not on loopback: other machines can read it, and "
                                              "admin.token travels unencrypted"});
  }
}

void WarnOfProxies(const ServerConfig& server, Problems& warnings) {
  if (server.proxy_protocol && server.trusted_proxies.empty()) {
    warnings.push_back(
        {"server.proxy_protocol",
         "without server.trusted_proxies: a client that reaches the port can claim any "
         "address"});
  }
}

}  // namespace

bool HasMediaCallbacks(const LiveConfig& live) {
  // With the live service's key, the addresses are those of its callbacks.
  return !live.rtmp_callback_secret.empty() ||
         (!live.callback_allow.empty() && live.callback_key.empty());
}

bool HasMediaServer(const LiveConfig& live) {
  return IsMediaServer(live.api) || HasMediaCallbacks(live);
}

bool NeedsMadeApplication(const Config& config) {
  const ImConfig& im = config.im;
  return config.channel.enabled && im.sdk_app_id == 0 && im.sig_version == 2 &&
         im.secret_key.empty() && im.private_key_file.empty() && im.public_key_file.empty();
}

std::vector<ConfigProblem> FindConflicts(const Config& config, RunMode mode) {
  Problems problems;
  CheckTls(config.server, mode, problems);
  CheckListeners(config, problems);
  CheckAdmin(config.admin, problems);
  CheckGrpc(config.grpc, mode, problems);
  CheckPrefixes(config, problems);
  if (config.room.sweep_period > config.room.heartbeat_timeout) {
    problems.push_back({"room.sweep_period", "must not be longer than room.heartbeat_timeout"});
  }
  CheckIm(config.im, mode, problems);
  CheckChannel(config, mode, problems);
  CheckNodes(config, mode, problems);
  CheckLiveService(config.live, problems);
  CheckMedia(config, problems);
  CheckCallbacks(config.live, problems);
  CheckRecording(config, problems);
  CheckMix(config, problems);
  CheckWeb(config, problems);
  CheckTrtc(config, problems);
  CheckWechat(config.wechat, problems);
  CheckUtils(config.utils, problems);
  return problems;
}

std::vector<ConfigProblem> FindUnreadableFiles(const Config& config) {
  const std::array<std::pair<std::string_view, const std::string&>, 7> files = {{
      {"server.tls_cert", config.server.tls_cert},
      {"server.tls_key", config.server.tls_key},
      {"grpc.tls_cert", config.grpc.tls_cert},
      {"grpc.tls_key", config.grpc.tls_key},
      {"grpc.client_ca", config.grpc.client_ca},
      {"im.private_key_file", config.im.private_key_file},
      {"im.public_key_file", config.im.public_key_file},
  }};
  Problems problems;
  for (const auto& [key, path] : files) {
    if (path.empty()) continue;
    const Result<std::string> content = ReadTextFile(path, kMaxPemBytes);
    if (!content) problems.push_back({std::string(key), content.error().detail});
  }
  return problems;
}

std::vector<ConfigProblem> FindWarnings(const Config& config, RunMode mode) {
  Problems warnings;
  WarnOfListeners(config, warnings);
  WarnOfProxies(config.server, warnings);
  WarnOfAuth(config.auth, warnings);
  WarnOfIm(config, warnings);
  WarnOfLive(config.live, warnings);
  WarnOfLiveness(config, warnings);
  WarnOfViewers(config, warnings);
  WarnOfPlayKey(config.live, warnings);
  WarnOfUtils(config, warnings);
  if (config.wechat.app_id.empty()) {
    warnings.push_back({"wechat.app_id", "missing: login codes give no openid but a fresh userID"});
  }
  if (!config.exposed_file.empty()) {
    warnings.push_back(
        {"configuration", fmt::format("{} holds secrets, and every user of this machine "
                                      "may read it: chmod 640, with the server's group",
                                      config.exposed_file)});
  }
  if (mode == RunMode::kDev) {
    std::erase_if(warnings, [](const ConfigProblem& warning) {
      return std::ranges::find(kOfUsersOnly, warning.key) != kOfUsersOnly.end();
    });
  }
  return warnings;
}

}  // namespace rtcroom
