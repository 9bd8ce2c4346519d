// All configuration values, with their defaults.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/logger.h"
#include "daemon/base/secret.h"
#include "daemon/config/config_types.h"
#include "daemon/config/store_url.h"
#include "daemon/core/auth_mode.h"
#include "daemon/core/group_access.h"

namespace rtcroom {

// One struct per section of the file; members are named after their keys. Their meaning and bounds
// are defined once: in the tables of config_keys*.cc, which `default-config` prints.
using ConfigDuration = std::chrono::milliseconds;

struct ServerConfig {
  // Several addresses of a listener are separated by commas.
  std::string http_listen = {};  ///< empty: no plain HTTP
  std::string https_listen = "0.0.0.0:5757";
  std::string tls_cert = {};
  std::string tls_key = {};
  std::string prefix = "/weapp";
  std::size_t max_body_bytes = 65536;
  std::size_t max_connections_per_address = 2000;
  std::size_t max_connections = 20000;
  ConfigDuration idle_timeout = std::chrono::seconds(75);
  ConfigDuration request_timeout = std::chrono::seconds(5);
  ConfigDuration drain_timeout = std::chrono::seconds(10);
  std::vector<std::string> trusted_proxies = {};
  bool proxy_protocol = false;
  std::string gen1_prefix = {};  ///< empty: no such prefix
  std::string gen2_prefix = {};  ///< empty: no such prefix
  std::vector<std::string> cors_origins = {"*"};
  std::size_t workers = 64;
  std::size_t max_held_bytes = 0;  ///< 0: derived from the available memory
};

struct AdminConfig {
  std::string listen = "127.0.0.1:5758";
  Secret token = {};
};

struct GrpcConfig {
  std::string listen = "unix:/run/rtcroomd/grpc.sock";
  std::string worker_listen = {};  ///< empty: none
  std::string tls_cert = {};
  std::string tls_key = {};
  std::string client_ca = {};
  Secret token = {};
};

struct StoreConfig {
  StoreUrl url = StoreUrl("sqlite:rtcroomd.db");  ///< a relative path is below `data_dir`
  std::string data_dir = "./data";
  ConfigDuration event_retention = std::chrono::hours(24);
  std::size_t max_events = 10'000'000;
  std::size_t max_event_bytes = std::size_t{4} << 30;
  bool warn_async = true;
  bool start_with_wrong_clock = false;
};

struct RoomConfig {
  ConfigDuration heartbeat_timeout = std::chrono::seconds(25);
  ConfigDuration sweep_period = std::chrono::seconds(5);
  ConfigDuration inactive_ttl = std::chrono::seconds(120);
  std::size_t max_pushers_double = 2;
  std::size_t max_pushers_multi = 4;
  std::size_t max_pushers_live = 4;
  std::size_t max_audiences = 1000;
  ConfigDuration audience_timeout = std::chrono::seconds(60);
  ConfigDuration audience_ttl = std::chrono::hours(12);
  std::size_t max_rooms = 1'000'000;
  bool creator_destroys_double = false;
  bool creator_destroys_multi = false;
};

struct AuthConfig {
  AuthMode mode = AuthMode::kMixed;
  Interop interop = Interop::kIsolated;
  ConfigDuration token_ttl = std::chrono::hours(7 * 24);
  bool trust_imuserid = false;
  bool trust_userid = false;
  bool gen1_login = false;
  bool gen1_bind = false;
  std::vector<std::string> deny_user_ids = {};
  std::size_t max_tokens = 200'000;
};

struct ImConfig {
  bool enabled = false;
  std::string base_url = "https://console.tim.qq.com";
  std::uint32_t sdk_app_id = 0;  ///< 0: no IM application
  std::string account_type = "0";
  std::string admin = "administrator";
  std::uint32_t sig_version = 2;      ///< 1 or 2
  Secret secret_key = {};             ///< for sig_version 2
  std::string private_key_file = {};  ///< for sig_version 1
  std::string public_key_file = {};   ///< for sig_version 1
  ConfigDuration user_sig_ttl = std::chrono::hours(30 * 24);
  OnCreateFailure on_create_failure = OnCreateFailure::kReject;
  NotifyVia notify_via = NotifyVia::kAuto;
  Secret callback_token = {};
};

struct ChannelConfig {
  bool enabled = false;
  bool sdks = false;
  bool create_groups = false;
  ConfigDuration created_idle = std::chrono::minutes(10);
  std::string prefix = {};  ///< empty: none
  GroupAccess join = GroupAccess::kAny;
  DirectAccess direct = DirectAccess::kAny;
  ConfigDuration hold = std::chrono::seconds(45);
  std::size_t max_instances = 1;
  ConfigDuration history = std::chrono::hours(24);
  std::size_t max_group_log = 1000;
  std::size_t max_messages = 1'000'000;
  std::size_t max_message_bytes = std::size_t{1} << 30;
  Rate account_rate = {.per_second = 10};
  Rate group_rate = {.per_second = 40};
};

struct LiveConfig {
  std::string bizid = {};
  Secret push_key = {};
  Secret play_key = {};  ///< empty: the same as `push_key`
  std::string push_host = {};
  std::string play_host = {};
  ConfigDuration url_ttl = std::chrono::hours(7 * 24);
  LiveApi api = LiveApi::kNone;
  std::string api_base_url = {};  ///< empty: the address that belongs to `api`
  Secret control_key = {};
  std::string app = "live";
  std::string mixed_play_url = "https://{host}/live/{stream}.flv";
  std::string hls_url = {};
  ConfigDuration unclaimed_ttl = std::chrono::seconds(60);
  ConfigDuration poll_period = std::chrono::seconds(5);
  ConfigDuration confirm_ttl = std::chrono::seconds(15);
  std::string app_id = {};
  Secret api_key = {};
  std::string secret_id = {};
  Secret secret_key = {};
  Secret callback_key = {};
  Secret rtmp_callback_secret = {};
  std::vector<std::string> callback_allow = {};
  bool check_play = false;
  CustomSet custom_set = CustomSet::kMembers;
};

struct LivenessConfig {
  LivenessPolicy policy = LivenessPolicy::kAssist;
  ConfigDuration grace = std::chrono::seconds(15);
  bool evict_on_media_off = false;
};

struct RecordingConfig {
  std::string root = {};      ///< empty: nothing is indexed
  std::string base_url = {};  ///< empty: recordings have no links
  ConfigDuration retention = std::chrono::seconds(0);
  std::size_t min_free_bytes = 0;  ///< 0: none are removed for lack of space
};

struct MixConfig {
  std::size_t max = 0;  ///< 0: no mixing
  std::size_t max_pixels = std::size_t{1920} * 1080;
  std::string server = "rtmp://127.0.0.1:1935";
  std::string ffmpeg = "/usr/bin/ffmpeg";
};

struct WebConfig {
  std::size_t max_sessions = 0;  ///< 0: browsers neither publish nor play
  std::size_t max_sessions_per_user = 16;
  std::size_t max_sessions_per_address = 64;
  std::string server = "rtmp://127.0.0.1:1935";
  std::vector<std::string> addresses = {};  ///< empty: all but loopback and link-local
  std::string public_address = {};          ///< empty: the local ones
  std::string ports = "50000-50199";
  bool tcp = false;
  std::vector<std::string> turn_urls = {};
  Secret turn_secret = {};
  ConfigDuration latency = std::chrono::milliseconds(250);
  std::size_t max_kbps = 2500;
  ConfigDuration url_ttl = std::chrono::hours(1);
  WebReorder reorder = WebReorder::kTranscode;
  std::size_t max_transcodes = 4;
  std::string srs_base_url = {};  ///< empty: sessions are those of web-worker
};

struct WechatConfig {
  std::string app_id = {};
  Secret secret = {};
  std::string base_url = "https://api.weixin.qq.com";
  bool strict = false;
  bool expose_session_key = false;
};

struct TrtcConfig {
  bool enabled = false;
  std::string base_url = "https://trtc.tencentcloudapi.com";
  std::string region = {};
  std::string secret_id = {};
  Secret secret_key = {};
  Secret callback_key = {};
};

struct LimitsConfig {
  Rate per_address_rate = {.per_second = 200};
  std::size_t per_address_burst = 1000;
  Rate per_user_rate = {.per_second = 20};
  std::size_t per_user_burst = 60;
  Rate pushers_rate = {.per_second = 10};
  std::size_t rooms_per_address = 10'000;  ///< 0: no limit
  std::size_t rooms_per_user = 10;         ///< 0: no limit
  Rate signing_rate = {.per_hour = 600};
};

struct LogConfig {
  LogLevel level = LogLevel::kInfo;
  LogFormat format = LogFormat::kJson;
};

struct UtilsConfig {
  bool enabled = false;
  Secret admin_token = {};
  std::string log_dir = {};
  std::string public_url = {};
};

/// A plain value: copy it, share it between threads as const.
struct Config {
  ServerConfig server = {};
  AdminConfig admin = {};
  GrpcConfig grpc = {};
  StoreConfig store = {};
  RoomConfig room = {};
  AuthConfig auth = {};
  ImConfig im = {};
  ChannelConfig channel = {};
  LiveConfig live = {};
  LivenessConfig liveness = {};
  RecordingConfig recording = {};
  MixConfig mix = {};
  WebConfig web = {};
  WechatConfig wechat = {};
  TrtcConfig trtc = {};
  LimitsConfig limits = {};
  LogConfig log = {};
  UtilsConfig utils = {};
  /// This is no key: the file that was read, when it holds secrets and all users of the machine may
  /// read it; empty otherwise.
  std::string exposed_file = {};
};

inline constexpr std::string_view kDevHost = "127.0.0.1";

/// The defaults of `--dev`: loopback listeners and readable logs, so that it works without any
/// configuration. Certificate and keys are made at start, not here.
/// @param host  the IPv4 address for phones: their listeners, and where they push and play. The
///              listeners of operators and programs stay on loopback.
Config DevDefaults(std::string_view host = kDevHost);

}  // namespace rtcroom
