#include <chrono>
#include <filesystem>
#include <memory>
#include <string_view>

#include "daemon/auth/dev_identity.h"
#include "daemon/auth/im_login_signer.h"
#include "daemon/auth/made_key.h"
#include "daemon/auth/user_sig_verifier.h"
#include "daemon/base/atomic_file.h"
#include "daemon/cli/commands.h"
#include "daemon/cli/section_config.h"
#include "daemon/config/text_rules.h"
#include "daemon/process/running_config.h"

namespace rtcroom {
namespace {

// The keys that sign and verify tickets.
struct SigKeys {
  ImConfig im = {};
  std::string private_key_pem = {};
  std::string public_key_pem = {};
};

// The files were readable at load; one that has vanished since reads as a missing key.
std::string ReadPem(const std::string& path) {
  Result<std::string> pem = ReadSmallFile(path);
  return pem ? *std::move(pem) : std::string();
}

/// Fills in the key that a server with this configuration has made for itself, if it makes one.
Status FillInMadeKey(RunMode mode, Config& config) {
  RunningConfig running(config, mode);
  const std::filesystem::path folder = config.store.data_dir;
  if (NeedsMadeApplication(config)) {
    const Result<Secret> key = LoadKey(folder / kMadeApplicationKeyFile);
    if (!key) return key.error();
    running.FillInApplication(*key);
  } else if (running.is_dev() && config.im.sig_version == 2 && config.im.secret_key.empty()) {
    const Result<Secret> key = LoadKey(folder / kDevFolder / kDevSigKeyFile);
    if (!key) return key.error();
    running.FillIn({.sig_key = *key});
  }
  config = *running;
  return {};
}

std::optional<SigKeys> LoadKeys(const TicketOptions& options, const CliContext& context) {
  if (const std::string_view wrong = CheckUserId(options.user_id); !wrong.empty()) {
    context.err << "--user-id: " << wrong << '\n';
    return std::nullopt;
  }
  std::optional<Config> config = LoadSection("im", options.config, context, options.mode);
  if (!config) return std::nullopt;
  if (const Status filled = FillInMadeKey(options.mode, *config); !filled) {
    context.err << "im: no key is configured, and no server has made one here: "
                << filled.error().detail << '\n';
    return std::nullopt;
  }
  SigKeys keys = {.im = std::move(config->im)};
  if (!keys.im.private_key_file.empty()) keys.private_key_pem = ReadPem(keys.im.private_key_file);
  if (!keys.im.public_key_file.empty()) keys.public_key_pem = ReadPem(keys.im.public_key_file);
  return keys;
}

int Refuse(const Error& error, const CliContext& context) {
  context.err << "im: " << error.detail << '\n';
  return kExitUsage;
}

}  // namespace

int RunUserSigSign(const SignOptions& options, const CliContext& context) {
  const std::optional<SigKeys> keys = LoadKeys(options.ticket, context);
  if (!keys) return kExitUsage;
  const ImConfig& im = keys->im;
  const auto usual_life = std::chrono::floor<std::chrono::seconds>(im.user_sig_ttl);
  const auto signer = ImLoginSigner::Create({.sdk_app_id = im.sdk_app_id,
                                             .account_type = im.account_type,
                                             .sig_version = static_cast<int>(im.sig_version),
                                             .secret_key = im.secret_key,
                                             .private_key_pem = Secret(keys->private_key_pem),
                                             .user_sig_ttl = options.life.value_or(usual_life)});
  if (!signer) return Refuse(signer.error(), context);
  const Result<std::string> sig =
      (*signer)->SignUserSig(UserId{options.ticket.user_id}, context.clock.Now());
  if (!sig) return Refuse(sig.error(), context);
  context.out << *sig << '\n';
  return kExitOk;
}

int RunUserSigVerify(const VerifyOptions& options, const CliContext& context) {
  const std::optional<SigKeys> keys = LoadKeys(options.ticket, context);
  if (!keys) return kExitUsage;
  const auto verifier = UserSigVerifier::Create({.sdk_app_id = keys->im.sdk_app_id,
                                                 .secret_key = keys->im.secret_key,
                                                 .public_key_pem = keys->public_key_pem,
                                                 .private_key_pem = Secret(keys->private_key_pem)});
  if (!verifier) return Refuse(verifier.error(), context);
  if (const Status ready = (*verifier)->CanVerify(); !ready) return Refuse(ready.error(), context);
  const UserSigOutcome outcome = (*verifier)->VerifyAnyTicket(
      options.sig, UserId{options.ticket.user_id}, context.clock.Now());
  context.out << UserSigOutcomeName(outcome) << '\n';
  return outcome == UserSigOutcome::kOk ? kExitOk : kExitFailed;
}

}  // namespace rtcroom
