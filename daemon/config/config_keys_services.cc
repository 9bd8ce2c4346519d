#include <chrono>

#include "daemon/config/config_keys.h"

namespace rtcroom {

// NOLINTNEXTLINE(google-build-using-namespace): the literals of durations
using namespace std::chrono_literals;

void AddImKeys(std::vector<ConfigKey>& keys) {
  using S = ImConfig;
  SectionKeys<&Config::im> im("im", keys);
  im.Add<&S::enabled>("enabled", SwitchRule{},
                      "Calls the IM service: groups and notices of membership.");
  im.Add<&S::base_url>("base_url", PlainTextRule{CheckBaseUrl},
                       "The IM service; its overseas addresses are others.");
  im.Add<&S::sdk_app_id>("sdk_app_id", CountRule{0, UINT32_MAX},
                         "The IM application; 0 = none, and no user can be signed in.");
  im.Add<&S::account_type>("account_type", PlainTextRule{CheckDigits},
                           "Of the IM application; newer ones have \"0\".");
  im.Add<&S::admin>("admin", PlainTextRule{CheckUserId},
                    "The IM application's administrator; clients are never signed in as it.");
  im.Add<&S::sig_version>("sig_version", CountRule{1, 2},
                          "The form of signatures: 2 = HMAC with secret_key, 1 = ECDSA with "
                          "private_key_file. Both are verified, given their keys.");
  im.Add<&S::secret_key>("secret_key", SecretRule{}, "Key of version 2.");
  im.Add<&S::private_key_file>("private_key_file", PlainTextRule{}, "PEM file of version 1.");
  im.Add<&S::public_key_file>(
      "public_key_file", PlainTextRule{},
      "PEM file of version 1, to verify with; \"\" = the private key's half.");
  im.Add<&S::user_sig_ttl>("user_sig_ttl", DurationRule{1s, 8760h}, "Life of a client's UserSig.");
  im.Add<&S::on_create_failure>("on_create_failure", ChoiceRule{{"reject", "degrade"}},
                                "What create_room does while the IM service fails.");
  im.Add<&S::notify_via>("notify_via", ChoiceRule{{"auto", "system", "custom_msg", "both"}},
                         "The form of notices; unmodified clients understand system only.");
  im.Add<&S::callback_token>(
      "callback_token", SecretRule{},
      "The token that signs the IM service's callbacks; \"\" = no /callback/im.");
}

void AddChannelKeys(std::vector<ConfigKey>& keys) {
  using S = ChannelConfig;
  SectionKeys<&Config::channel> channel("channel", keys);
  channel.Add<&S::enabled>("enabled", SwitchRule{},
                           "Serves the IM protocol itself: logins, groups of rooms, messages and "
                           "notices. Without any IM key a key is made and kept in data_dir.");
  channel.Add<&S::sdks>("sdks", SwitchRule{},
                        "Serves today's IM SDKs, too: a WebSocket at PREFIX/binfo.");
  channel.Add<&S::create_groups>("create_groups", SwitchRule{},
                                 "Lets their users make groups, live rooms without seats taken.");
  channel.Add<&S::created_idle>("created_idle", DurationRule{1s, 24h},
                                "How long such a group lasts without anybody in it.");
  channel.Add<&S::prefix>("prefix", PlainTextRule{CheckOptionalPrefix},
                          "What its paths, /v4/... and /v1/..., begin with; \"\" = nothing.");
  channel.Add<&S::join>("join", ChoiceRule{{"any", "members"}},
                        "Who may join the group of a room: any account, or pushers and viewers of "
                        "the room and its creator.");
  channel.Add<&S::direct>("direct", ChoiceRule{{"any", "shared"}},
                          "Who may be sent direct messages: any account, or those in a group with "
                          "the sender, pushers and creators of rooms.");
  channel.Add<&S::hold>("hold", DurationRule{5s, 55s},
                        "How long a poll waits for something new; clients give up after 60s, and "
                        "proxies must wait longer.");
  channel.Add<&S::max_instances>("max_instances", CountRule{1, 100},
                                 "Logins of one account at a time; one more ends the oldest.");
  channel.Add<&S::history>("history", DurationRule{1min, 720h}, "How long messages are kept.");
  channel.Add<&S::max_group_log>("max_group_log", CountRule{1, 100'000},
                                 "Most messages kept of one group.");
  channel.Add<&S::max_messages>("max_messages", CountRule{1000, 1'000'000'000},
                                "Most messages kept in all.");
  channel.Add<&S::max_message_bytes>("max_message_bytes", CountRule{1'048'576, 1'099'511'627'776},
                                     "Most bytes of messages; the oldest are removed first.");
  channel.Add<&S::account_rate>("account_rate", RateRule{},
                                "Messages of one account; four times as many at once.");
  channel.Add<&S::group_rate>("group_rate", RateRule{}, "Messages in one group.");
}

void AddLiveKeys(std::vector<ConfigKey>& keys) {
  using S = LiveConfig;
  SectionKeys<&Config::live> live("live", keys);
  live.Add<&S::bizid>("bizid", PlainTextRule{CheckStreamPart},
                      "Prefix of stream names; \"\" = the name is the userID alone.");
  live.Add<&S::push_key>("push_key", SecretRule{},
                         "Signs push URLs; \"\" = unsigned, for a media server of one's own.");
  live.Add<&S::play_key>(
      "play_key", SecretRule{},
      "Signs play URLs; \"\" = push_key, and then they are good for pushing, too.");
  live.Add<&S::push_host>("push_host", PlainTextRule{CheckOptionalHost},
                          "\"\" = BIZID.livepush.myqcloud.com.");
  live.Add<&S::play_host>("play_host", PlainTextRule{CheckOptionalHost},
                          "\"\" = BIZID.liveplay.myqcloud.com.");
  live.Add<&S::url_ttl>("url_ttl", DurationRule{1s, 8760h}, "Life of a signed URL.");
  live.Add<&S::api>("api", ChoiceRule{{"none", "nginx-rtmp", "srs", "v1", "v3"}},
                    "What is asked about streams: a media server, or Tencent's live service.");
  live.AddOfMachine<&S::api_base_url>(
      "api_base_url", PlainTextRule{CheckOptionalBaseUrl},
      "Its address: nginx-rtmp has /control and /stat there; \"\" = Tencent's.");
  live.Add<&S::control_key>("control_key", SecretRule{},
                            "Of nginx-rtmp, a bearer token; of srs user:password; \"\" = none.");
  live.Add<&S::app>("app", PlainTextRule{CheckStreamApp},
                    "The media server's application; streams of others are refused.");
  live.Add<&S::mixed_play_url>("mixed_play_url", PlainTextRule{CheckStreamTemplate},
                               "What viewers play: {host} is play_host, {stream} the host's.");
  live.Add<&S::hls_url>("hls_url", PlainTextRule{CheckOptionalHlsTemplate},
                        "What the console plays: http(s)://…/{stream}.m3u8; \"\" = nothing.");
  live.Add<&S::unclaimed_ttl>("unclaimed_ttl", DurationRule{0s, 24h},
                              "How long a stream without a member stays on; 0s = for ever.");
  live.Add<&S::poll_period>("poll_period", DurationRule{100ms, 1h}, "Between two such questions.");
  live.Add<&S::confirm_ttl>("confirm_ttl", DurationRule{200ms, 1h},
                            "How long a stream counts as on without a sign of it.");
  live.Add<&S::app_id>("app_id", PlainTextRule{}, "For api v1: the account's number.");
  live.Add<&S::api_key>("api_key", SecretRule{}, "For api v1 and POST get_login_info.");
  live.Add<&S::secret_id>("secret_id", PlainTextRule{}, "For api v3: the caller's ID.");
  live.Add<&S::secret_key>("secret_key", SecretRule{}, "For api v3: the caller's key.");
  live.Add<&S::callback_key>("callback_key", SecretRule{},
                             "Signs the live service's callbacks; \"\" = no /callback/live.");
  live.Add<&S::rtmp_callback_secret>(
      "rtmp_callback_secret", SecretRule{},
      "Of a media server's callbacks: a bearer token, or the last part of their path.");
  live.AddOfMachine<&S::callback_allow>(
      "callback_allow", ListRule{CheckAddressRange},
      "Addresses that may send them, or, with callback_key, the live "
      "service's; with a secret or key both must hold.");
  live.Add<&S::check_play>("check_play", SwitchRule{},
                           "Players need an URL signed with the play key, too.");
  live.Add<&S::custom_set>("custom_set", ChoiceRule{{"members", "anyone"}},
                           "Who may set the custom fields of a room.");
}

void AddRecordingKeys(std::vector<ConfigKey>& keys) {
  using S = RecordingConfig;
  SectionKeys<&Config::recording> recording("recording", keys);
  recording.AddOfMachine<&S::root>(
      "root", PlainTextRule{CheckOptionalFolder},
      "The folder that a media server records into; \"\" = none is indexed.");
  recording.Add<&S::base_url>("base_url", PlainTextRule{CheckOptionalBaseUrl},
                              "What links to recordings begin with; \"\" = there are no links.");
  recording.Add<&S::retention>("retention", DurationRule{0s, 87600h},
                               "Older recordings are deleted; 0s = none.");
  recording.AddOfMachine<&S::min_free_bytes>(
      "min_free_bytes", CountRule{0, std::size_t{1} << 40},
      "While less is free on their disk, the oldest are deleted; 0 = none.");
}

void AddMixKeys(std::vector<ConfigKey>& keys) {
  using S = MixConfig;
  SectionKeys<&Config::mix> mix("mix", keys);
  mix.Add<&S::max>("max", CountRule{0, 64},
                   "Most live rooms whose streams rtcroomd mix-worker mixes; 0 = none.");
  mix.Add<&S::max_pixels>("max_pixels", CountRule{std::size_t{360} * 640, std::size_t{3000} * 3000},
                          "Most pixels of a mix, width times height.");
  mix.AddOfMachine<&S::server>(
      "server", PlainTextRule{CheckRtmpServer},
      "Of rtcroomd mix-worker: the media server that it plays from and pushes to.");
  mix.AddOfMachine<&S::ffmpeg>("ffmpeg", PlainTextRule{CheckProgram},
                               "Likewise: the program that mixes.");
}

void AddWebKeys(std::vector<ConfigKey>& keys) {
  using S = WebConfig;
  SectionKeys<&Config::web> web("web", keys);
  web.Add<&S::max_sessions>("max_sessions", CountRule{0, 1000},
                            "Most streams that browsers publish and play at a time, through one "
                            "rtcroomd web-worker; 0 = none.");
  web.Add<&S::max_sessions_per_user>("max_sessions_per_user", CountRule{1, 1000},
                                     "Most of them of one user.");
  web.Add<&S::max_sessions_per_address>("max_sessions_per_address", CountRule{1, 1000},
                                        "Most of them of one address.");
  web.AddOfMachine<&S::server>(
      "server", PlainTextRule{CheckRtmpServer},
      "Of rtcroomd web-worker: the media server that it plays from and pushes to.");
  web.AddOfMachine<&S::addresses>("addresses", ListRule{CheckAddress},
                                  "Likewise: its addresses for browsers; [] = all of the machine "
                                  "but loopback and link-local ones.");
  web.AddOfMachine<&S::public_address>("public_address", PlainTextRule{CheckPublicAddress},
                                       "The address that browsers are told instead, behind NAT: "
                                       "one of IPv4, of IPv6, or both with a "
                                       "comma between; \"\" = the addresses themselves.");
  web.AddOfMachine<&S::ports>("ports", PlainTextRule{CheckPortRange},
                              "UDP ports of a worker for browsers, one for each session.");
  web.AddOfMachine<&S::tcp>("tcp", SwitchRule{},
                            "The worker takes TCP on the same ports, too, where UDP is closed.");
  web.Add<&S::turn_urls>("turn_urls", ListRule{CheckIceUrl},
                         "Relays that browsers may use, such as turn:HOST:3478?transport=udp.");
  web.Add<&S::turn_secret>("turn_secret", SecretRule{},
                           "Signs the credentials for them (use-auth-secret of coturn).");
  web.AddOfMachine<&S::latency>(
      "latency", DurationRule{20ms, 2s},
      "How long the worker waits for packets of a browser that are lost.");
  web.AddOfMachine<&S::max_kbps>(
      "max_kbps", CountRule{100, 50'000},
      "Most kbit/s that a browser is asked to send; twice as much ends it.");
  web.Add<&S::url_ttl>("url_ttl", DurationRule{1min, 24h},
                       "Life of an address to play from and of credentials of relays.");
  web.AddOfMachine<&S::reorder>("reorder", ChoiceRule{{"transcode", "refuse"}},
                                "Streams with B-frames, which browsers cannot play.");
  web.AddOfMachine<&S::max_transcodes>("max_transcodes", CountRule{0, 64},
                                       "Most such streams that are transcoded at a time.");
  web.Add<&S::srs_base_url>("srs_base_url", PlainTextRule{CheckOptionalBaseUrl},
                            "With live.api srs, instead of rtcroomd web-worker: where browsers "
                            "reach its HTTP API.");
}

void AddWechatKeys(std::vector<ConfigKey>& keys) {
  using S = WechatConfig;
  SectionKeys<&Config::wechat> wechat("wechat", keys);
  wechat.Add<&S::app_id>("app_id", PlainTextRule{}, "The mini-program.");
  wechat.Add<&S::secret>("secret", SecretRule{}, "Of the mini-program.");
  wechat.Add<&S::base_url>("base_url", PlainTextRule{CheckBaseUrl}, "Where login codes are asked.");
  wechat.Add<&S::strict>("strict", SwitchRule{},
                         "A login code that WeChat refuses fails the login.");
  wechat.Add<&S::expose_session_key>("expose_session_key", SwitchRule{},
                                     "get_im_login_info also answers sessionKey.");
}

void AddTrtcKeys(std::vector<ConfigKey>& keys) {
  using S = TrtcConfig;
  SectionKeys<&Config::trtc> trtc("trtc", keys);
  trtc.Add<&S::enabled>("enabled", SwitchRule{},
                        "Calls the TRTC service: members of webrtc rooms who are kicked or evicted "
                        "leave its rooms, and rooms that are dismissed end there.");
  trtc.Add<&S::base_url>("base_url", PlainTextRule{CheckBaseUrl},
                         "The TRTC service; its international address is another.");
  trtc.Add<&S::region>("region", PlainTextRule{CheckStreamPart}, "Its region, as ap-guangzhou.");
  trtc.Add<&S::secret_id>("secret_id", PlainTextRule{}, "Of the key that signs the calls.");
  trtc.Add<&S::secret_key>("secret_key", SecretRule{}, "The key that signs the calls.");
  trtc.Add<&S::callback_key>("callback_key", SecretRule{},
                             "Signs its callbacks; \"\" = no /callback/trtc.");
}

void AddUtilsKeys(std::vector<ConfigKey>& keys) {
  using S = UtilsConfig;
  SectionKeys<&Config::utils> utils("utils", keys);
  utils.Add<&S::enabled>("enabled", SwitchRule{},
                         "Serves the test, log and check endpoints and POST get_login_info.");
  utils.Add<&S::admin_token>(
      "admin_token", SecretRule{},
      "The token of callers of the log endpoints and of check_config, sent as "
      "\"Authorization: Bearer TOKEN\"; \"\" = no logs for any caller.");
  utils.AddOfMachine<&S::log_dir>("log_dir", PlainTextRule{},
                                  "The folder of the log endpoints; \"\" = they list nothing.");
  utils.AddOfMachine<&S::public_url>("public_url", PlainTextRule{CheckOptionalBaseUrl},
                                     "The start of links in the list of logs, before the prefix.");
}

}  // namespace rtcroom
