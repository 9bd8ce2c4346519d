#include "daemon/process/auth_module.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/atomic_file.h"
#include "daemon/base/sip_hash.h"
#include "daemon/config/config_checks.h"

namespace rtcroom {
namespace {

/// The life of a ticket for webrtc rooms (protocol B.8).
constexpr std::chrono::hours kWebrtcTicketLife{1};

/// Many clients share one address, and arrive together when a meeting begins.
constexpr std::uint32_t kTicketsAtOnce = 100;

SipHashKey RandomKey(RandomSource& random) {
  SipHashKey key;
  random.Fill(std::as_writable_bytes(std::span(&key, 1)));
  return key;
}

std::chrono::seconds WholeSeconds(ConfigDuration duration) {
  return std::chrono::duration_cast<std::chrono::seconds>(duration);
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

AdmissionLimits MakeAdmissionLimits(const LimitsConfig& limits) {
  return {.per_address = {.per_second = limits.per_address_rate.per_second,
                          .burst = static_cast<std::uint32_t>(limits.per_address_burst)},
          .per_user = {.per_second = limits.per_user_rate.per_second,
                       .burst = static_cast<std::uint32_t>(limits.per_user_burst)},
          .tickets = {.per_second = limits.signing_rate.per_second,
                      .burst = kTicketsAtOnce,
                      .per_hour = limits.signing_rate.per_hour}};
}

/// A thousand phones behind one address stay below its ceiling: old ones in a room with five texts
/// a second poll 5,000 times a second.
AdmissionLimits MakeChannelLimits(const LimitsConfig& limits) {
  constexpr std::uint32_t kPhonesPerCaller = 50;
  AdmissionLimits result = MakeAdmissionLimits(limits);
  result.per_address.per_second *= kPhonesPerCaller;
  result.per_address.burst *= kPhonesPerCaller;
  result.tickets = {};
  return result;
}

SessionOptions MakeSessionOptions(const Config& config, bool store_is_shared) {
  return {.sdk_app_id = config.im.sdk_app_id,
          .account_type = config.im.account_type,
          .store_is_shared = store_is_shared,
          .table = {.max_sessions = config.auth.max_tokens, .ttl = config.auth.token_ttl}};
}

StreamUrlOptions MakeStreamUrlOptions(const LiveConfig& live) {
  return {.bizid = live.bizid,
          .push_key = live.push_key,
          .play_key = live.play_key,
          .push_host = live.push_host,
          .play_host = live.play_host,
          .url_ttl = WholeSeconds(live.url_ttl),
          .app = live.app,
          .mixed_play_url = live.mixed_play_url,
          .hls_url = live.hls_url,
          .sign_hls = live.check_play,
          .bind_push_urls = HasMediaServer(live)};
}

/// Only the channel tells marked tickets apart. Nodes of the version before refuse them.
std::function<bool()> MakeMarks(const Config& config, const NodeLease& lease) {
  if (!config.channel.enabled || config.auth.interop == Interop::kShared) return nullptr;
  return [&lease] { return lease.AllKnowMarkedTickets(); };
}

LoginPolicy MakeLoginPolicy(const Config& config, const NodeLease& lease) {
  return {.trust_imuserid = config.auth.trust_imuserid,
          .trust_userid = config.auth.trust_userid,
          .strict_wechat = config.wechat.strict,
          .expose_session_key = config.wechat.expose_session_key,
          .administrator = {config.im.admin},
          .deny_user_ids = UserIds(config.auth.deny_user_ids),
          .marks_anonymous = MakeMarks(config, lease)};
}

}  // namespace

Result<ImSigners> ImSigners::Create(const ImConfig& im, Interop interop,
                                    const AccountValidities& validities) {
  Result<std::string> private_key = ReadPem(im.private_key_file);
  if (!private_key) return private_key.error();
  Result<std::string> public_key = ReadPem(im.public_key_file);
  if (!public_key) return public_key.error();
  const Secret private_key_pem(*std::move(private_key));
  const auto make_signer = [&](std::chrono::seconds ttl) {
    return ImLoginSigner::Create({.sdk_app_id = im.sdk_app_id,
                                  .account_type = im.account_type,
                                  .sig_version = static_cast<int>(im.sig_version),
                                  .secret_key = im.secret_key,
                                  .private_key_pem = private_key_pem,
                                  .user_sig_ttl = ttl});
  };
  Result<std::unique_ptr<ImLoginSigner>> login = make_signer(WholeSeconds(im.user_sig_ttl));
  if (!login) return login.error();
  Result<std::unique_ptr<ImLoginSigner>> webrtc_ticket = make_signer(kWebrtcTicketLife);
  if (!webrtc_ticket) return webrtc_ticket.error();
  Result<std::unique_ptr<UserSigVerifier>> verifier =
      UserSigVerifier::Create({.sdk_app_id = im.sdk_app_id,
                               .secret_key = im.secret_key,
                               .public_key_pem = *std::move(public_key),
                               .private_key_pem = private_key_pem,
                               .interop = interop,
                               .validities = &validities});
  if (!verifier) return verifier.error();
  return ImSigners{.login = *std::move(login),
                   .webrtc_ticket = *std::move(webrtc_ticket),
                   .verifier = *std::move(verifier)};
}

AuthModule::AuthModule(const Config& config, ImSigners signers, StoreModule& store,
                       Runtime& runtime)
    : signers_(std::move(signers)),
      session_crypto_(runtime.random),
      sessions_(SessionServiceDeps{.verifier = *signers_.verifier,
                                   .store = store.storage().sessions(),
                                   .crypto = session_crypto_,
                                   .clock = runtime.clock,
                                   .dates = store.dates()},
                MakeSessionOptions(config, store.IsShared())),
      streams_(MakeStreamUrlOptions(config.live)),
      outgoing_(runtime.clock),
      calls_(runtime.clock, runtime.logger),
      codes_(WechatOptions{.base_url = config.wechat.base_url,
                           .app_id = config.wechat.app_id,
                           .secret = config.wechat.secret},
             outgoing_, calls_, runtime.logger),
      admission_(runtime.clock, RandomKey(runtime.random), MakeAdmissionLimits(config.limits)),
      channel_costs_(runtime.clock, RandomKey(runtime.random), MakeChannelLimits(config.limits)),
      logins_(codes_, *signers_.login, runtime.clock, runtime.ids, admission_,
              MakeLoginPolicy(config, store.lease())) {}

void AuthModule::SetLimits(const LimitsConfig& limits) {
  admission_.SetLimits(MakeAdmissionLimits(limits));
  channel_costs_.SetLimits(MakeChannelLimits(limits));
}

}  // namespace rtcroom
