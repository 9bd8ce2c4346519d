// check_config: missing parts, and the IM service's verdict on the rest.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <vector>

#include "daemon/base/call_pool.h"
#include "daemon/base/mutex.h"
#include "daemon/config/config.h"
#include "daemon/im/im_probe.h"
#include "handlers/rooms/config_probe.h"

namespace rtcroom {

/// The required but missing parts: an address for streams, a key with an address of the hosted
/// media service, an IM application and the key of its tickets. A self-hosted media server needs no
/// key.
std::vector<ConfigFinding> FindMissingParts(const Config& config);

/// The part of the configuration that an IM error number indicates; nullopt for 0.
/// @source protocol A.5, D.7.
std::optional<ConfigFinding> FindingOfImAnswer(const ImProbeAnswer& answer);

/// Sends one query at a time to the IM service: concurrent callers share its answer.
///
/// @threads safe from any thread.
class ConfigCheck : public ConfigProbe {
 public:
  static constexpr std::chrono::seconds kMaxQuestionTime{5};

  using AskIm = std::function<Result<ImProbeAnswer>(std::chrono::milliseconds timeout)>;

  /// @param missing  the result of `FindMissingParts`.
  /// @param ask_im   empty: there is no IM service. Must work until the pool is stopped.
  /// @param calls    must live until it is stopped, and so must this object.
  ConfigCheck(std::vector<ConfigFinding> missing, AskIm ask_im, CallPool& calls);

  void Check(Done done) override EXCLUDES(mutex_);

 private:
  /// Blocks until the answer is known.
  std::optional<ConfigFinding> Ask() const;
  void Answer(const std::optional<ConfigFinding>& of_im) EXCLUDES(mutex_);

  const std::vector<ConfigFinding> missing_;
  const AskIm ask_im_;
  CallPool& calls_;
  Mutex mutex_;
  std::vector<Done> waiting_ GUARDED_BY(mutex_);  ///< while a query is pending
};

}  // namespace rtcroom
