#include "daemon/process/config_check.h"

#include <algorithm>
#include <exception>
#include <utility>

namespace rtcroom {
namespace {

constexpr ConfigFinding kNoAnswer{.part = ConfigPart::kImService,
                                  .fault = ConfigFault::kUnreachable};

bool IsOfIm(const ConfigFinding& finding) {
  return finding.part != ConfigPart::kLiveAddress && finding.part != ConfigPart::kLiveKey;
}

/// Nullopt when the number indicates no part of the configuration.
std::optional<ConfigPart> FaultyPart(int error_code) {
  switch (error_code) {
    case 60006:  // unknown application
    case 60020:  // application that may not call
    case 70014:  // ticket of another application
    case 70020:
      return ConfigPart::kImApplication;
    case 60010:  // the caller is not an administrator
    case 70013:  // ticket of another user
      return ConfigPart::kImAdministrator;
    default:
      break;
  }
  // Any other fault of a ticket, mainly 70009: signed with another key.
  if (error_code >= 70001 && error_code <= 70019) return ConfigPart::kImKey;
  return std::nullopt;
}

}  // namespace

std::vector<ConfigFinding> FindMissingParts(const Config& config) {
  std::vector<ConfigFinding> missing;
  const LiveConfig& live = config.live;
  if (live.bizid.empty() && live.push_host.empty()) {
    missing.push_back({.part = ConfigPart::kLiveAddress});
  }
  if (!live.bizid.empty() && live.push_key.empty()) {
    missing.push_back({.part = ConfigPart::kLiveKey});
  }
  const ImConfig& im = config.im;
  if (im.sdk_app_id == 0) missing.push_back({.part = ConfigPart::kImApplication});
  const bool has_key = im.sig_version == 1 ? !im.private_key_file.empty() : !im.secret_key.empty();
  if (!has_key) missing.push_back({.part = ConfigPart::kImKey});
  return missing;
}

std::optional<ConfigFinding> FindingOfImAnswer(const ImProbeAnswer& answer) {
  if (!answer.answered) return kNoAnswer;
  if (answer.error_code == 0) return std::nullopt;
  return ConfigFinding{.part = FaultyPart(answer.error_code).value_or(ConfigPart::kImService),
                       .fault = ConfigFault::kRefused,
                       .error_code = answer.error_code};
}

ConfigCheck::ConfigCheck(std::vector<ConfigFinding> missing, AskIm ask_im, CallPool& calls)
    : missing_(std::move(missing)), ask_im_(std::move(ask_im)), calls_(calls) {}

void ConfigCheck::Check(Done done) {
  // Without application or key no query is possible.
  if (!ask_im_ || std::ranges::any_of(missing_, IsOfIm)) return done(missing_);
  {
    const MutexLock lock(mutex_);
    waiting_.push_back(std::move(done));
    if (waiting_.size() > 1) return;
  }
  const auto give_up = [this] { Answer(kNoAnswer); };
  const bool is_taken = calls_.TrySubmit({.run = [this] { Answer(Ask()); }, .expired = give_up});
  if (!is_taken) give_up();
}

std::optional<ConfigFinding> ConfigCheck::Ask() const {
  try {
    const Result<ImProbeAnswer> answer = ask_im_(kMaxQuestionTime);
    if (answer) return FindingOfImAnswer(*answer);
    return ConfigFinding{.part = ConfigPart::kImKey, .fault = ConfigFault::kMissing};
  } catch (const std::exception&) {
    return kNoAnswer;  // otherwise the waiting callers would never get an answer
  }
}

void ConfigCheck::Answer(const std::optional<ConfigFinding>& of_im) {
  std::vector<Done> waiting;
  {
    const MutexLock lock(mutex_);
    waiting.swap(waiting_);
  }
  std::vector<ConfigFinding> findings = missing_;
  if (of_im) findings.push_back(*of_im);
  for (const Done& done : waiting) done(findings);
}

}  // namespace rtcroom
