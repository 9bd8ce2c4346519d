// The parts of `App` that answer requests: signers, logins, sessions, rooms, the router.
#include <chrono>
#include <span>
#include <utility>

#include "daemon/admin/admin_key.h"
#include "daemon/base/atomic_file.h"
#include "daemon/process/app.h"

namespace rtcroom {
namespace {

/// Of a ticket for webrtc rooms (protocol B.8).
constexpr std::chrono::hours kWebrtcTicketLife{1};

SipHashKey RandomKey(RandomSource& random) {
  SipHashKey key;
  random.Fill(std::as_writable_bytes(std::span(&key, 1)));
  return key;
}

std::chrono::seconds WholeSeconds(ConfigDuration duration) {
  return std::chrono::duration_cast<std::chrono::seconds>(duration);
}

RoomPolicy PolicyOf(const Config& config) {
  const RoomConfig& room = config.room;
  return {.limits = {.max_pushers_double = room.max_pushers_double,
                     .max_pushers_multi = room.max_pushers_multi,
                     .max_pushers_live = room.max_pushers_live,
                     .max_audiences = room.max_audiences},
          .interop = config.auth.interop,
          .custom_set = config.live.custom_set,
          .creator_destroys_double = room.creator_destroys_double,
          .creator_destroys_multi = room.creator_destroys_multi};
}

std::vector<UserId> UserIds(const std::vector<std::string>& texts) {
  std::vector<UserId> ids;
  ids.reserve(texts.size());
  for (const std::string& text : texts) ids.push_back({text});
  return ids;
}

/// Empty for an empty path.
Result<std::string> ReadPem(const std::string& path) {
  if (path.empty()) return std::string();
  return ReadSmallFile(path);
}

}  // namespace

Status App::BuildServices() {
  if (Status status = MakeSigners(); !status) return status;
  if (Status status = MakeSessions(); !status) return status;
  admission_ =
      std::make_unique<RateLimitedAdmission>(clock_, RandomKey(random_), AdmissionLimitsNow());
  MakeLogins();
  if (Status status = MakeRooms(); !status) return status;
  utils_ = MakeUtils();
  // Eight digits distinguish the runs that write to the same log.
  request_ids_ = std::make_unique<RequestIds>(NewEpoch(random_).substr(0, 8));
  recorder_ = std::make_unique<RequestRecorder>(*request_ids_, *metrics_, clock_, logger_);
  router_ = std::make_unique<Router>(Services{.rooms = *rooms_,
                                              .logins = *logins_,
                                              .sessions = *sessions_,
                                              .webrtc_ticket_signer = *webrtc_ticket_signer_,
                                              .private_map_keys = *login_signer_,
                                              .streams = *streams_,
                                              .clock = clock_,
                                              .ids = ids_,
                                              .admission = *admission_,
                                              .utils = &utils_->services()},
                                     RouterOptionsNow(), *recorder_);
  MakeAdminRouter();
  return {};
}

Status App::MakeSigners() {
  const ImConfig& im = config_.im;
  Result<std::string> private_key = ReadPem(im.private_key_file);
  if (!private_key) return private_key.error();
  Result<std::string> public_key = ReadPem(im.public_key_file);
  if (!public_key) return public_key.error();
  const Secret private_key_pem(*std::move(private_key));
  const auto make = [&](std::chrono::seconds ttl, std::unique_ptr<ImLoginSigner>& made) -> Status {
    Result<std::unique_ptr<ImLoginSigner>> signer =
        ImLoginSigner::Create({.sdk_app_id = im.sdk_app_id,
                               .account_type = im.account_type,
                               .sig_version = static_cast<int>(im.sig_version),
                               .secret_key = im.secret_key,
                               .private_key_pem = private_key_pem,
                               .user_sig_ttl = ttl});
    if (!signer) return signer.error();
    made = *std::move(signer);
    return {};
  };
  if (Status made = make(WholeSeconds(im.user_sig_ttl), login_signer_); !made) return made;
  if (Status made = make(kWebrtcTicketLife, webrtc_ticket_signer_); !made) return made;
  Result<std::unique_ptr<UserSigVerifier>> verifier =
      UserSigVerifier::Create({.sdk_app_id = im.sdk_app_id,
                               .secret_key = im.secret_key,
                               .public_key_pem = *std::move(public_key),
                               .private_key_pem = private_key_pem});
  if (!verifier) return verifier.error();
  login_verifier_ = *std::move(verifier);
  return {};
}

Status App::MakeSessions() {
  sessions_ = std::make_unique<SessionService>(
      SessionServiceDeps{.verifier = *login_verifier_,
                         .store = *store_,
                         .crypto = session_crypto_,
                         .clock = clock_},
      SessionOptions{
          .sdk_app_id = config_.im.sdk_app_id,
          .account_type = config_.im.account_type,
          .table = {.max_sessions = config_.auth.max_tokens, .ttl = config_.auth.token_ttl}});
  return sessions_->Restore();
}

void App::MakeLogins() {
  const LiveConfig& live = config_.live;
  streams_ = std::make_unique<SignedStreamUrls>(StreamUrlOptions{
      .bizid = live.bizid,
      .push_key = live.push_key,
      .play_key = live.play_key,
      .push_host = live.push_host,
      .play_host = live.play_host,
      .url_ttl = WholeSeconds(live.url_ttl),
  });
  calls_ = std::make_unique<CallPool>(clock_, logger_);
  codes_ = std::make_unique<WechatCodeExchange>(WechatOptions{.base_url = config_.wechat.base_url,
                                                              .app_id = config_.wechat.app_id,
                                                              .secret = config_.wechat.secret},
                                                outgoing_, *calls_, logger_);
  logins_ = std::make_unique<LoginService>(
      *codes_, *login_signer_, clock_, ids_, *admission_,
      LoginPolicy{.trust_imuserid = config_.auth.trust_imuserid,
                  .trust_userid = config_.auth.trust_userid,
                  .strict_wechat = config_.wechat.strict,
                  .expose_session_key = config_.wechat.expose_session_key,
                  .administrator = {config_.im.admin},
                  .deny_user_ids = UserIds(config_.auth.deny_user_ids)});
}

Status App::MakeRooms() {
  if (config_.im.enabled) {
    im_ = std::make_unique<ImModule>(config_.im, ImModuleDeps{.store = *store_,
                                                              .deliveries = *store_,
                                                              .enqueued = enqueued_,
                                                              .signer = *login_signer_,
                                                              .clock = clock_,
                                                              .random = random_,
                                                              .observer = metrics_->im_observer(),
                                                              .logger = logger_});
    if (Status status = im_->Start(); !status) return status;
  }
  rooms_ = std::make_unique<RoomService>(
      RoomServiceDeps{.store = *store_,
                      .ban_store = *store_,
                      .bans = bans_,
                      .leases = leases_,
                      .groups = im_ != nullptr ? im_->groups() : no_groups_,
                      .streams = *streams_,
                      .clock = clock_,
                      .ids = ids_,
                      .quota = &quota_},
      RoomServiceOptions{.policy = PolicyOf(config_), .enqueues_deliveries = im_ != nullptr},
      logger_);
  return {};
}

void App::MakeAdminRouter() {
  admin_access_ = std::make_unique<AdminAccess>(
      config_.admin.token, RenewAdminKey(data_directory_->path(), random_, logger_));
  admin_router_ = std::make_unique<AdminRouter>(*admin_access_, clock_, logger_);
  backup_endpoint_ = std::make_unique<BackupEndpoint>(
      [this](const std::stop_token& stop) { return backup_->Make(stop); }, logger_);
  admin_router_->Add(backup_endpoint_->Route());
}

std::unique_ptr<UtilsModule> App::MakeUtils() {
  UtilsModuleDeps deps{.streams = *streams_, .random = random_, .calls = *calls_};
  if (im_ != nullptr) {
    deps.ask_im = [&probe = im_->probe()](std::chrono::milliseconds timeout) {
      return probe.Ask(timeout);
    };
  }
  return std::make_unique<UtilsModule>(config_, deps);
}

RouterOptions App::RouterOptionsNow() const {
  return {.prefix = config_.server.prefix,
          .gen1_prefix = config_.server.gen1_prefix,
          .gen2_prefix = config_.server.gen2_prefix,
          .cors_origins = config_.server.cors_origins,
          .auth_mode = config_.auth.mode,
          .sdk_app_id = config_.im.sdk_app_id,
          .account_type = config_.im.account_type,
          .custom_set = config_.live.custom_set,
          .gen1_login = config_.auth.gen1_login,
          .trust_userid = config_.auth.trust_userid,
          .gen1_bind = config_.auth.gen1_bind};
}

}  // namespace rtcroom
