// Mixing at a live service of the cloud.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "daemon/base/call_pool.h"
#include "daemon/base/logger.h"
#include "daemon/base/mutex.h"
#include "daemon/base/result.h"
#include "daemon/base/sip_hash.h"
#include "daemon/base/tally.h"
#include "daemon/media/live_service.h"
#include "daemon/media/stream_mixer.h"

namespace rtcroom {

struct MixQueueOptions {
  int tries = 2;  ///< tries of a mix without a readable reply: repeating changes nothing
  std::chrono::milliseconds try_timeout{2500};
  /// Requests that wait for another mix with the same output.
  std::size_t max_waiting = 256;
  std::size_t max_of_output = 8;  ///< most of these, so that one client does not take all places
};

/// Asks a live service for mixes, on the threads of a pool.
///
/// Mixes with one output are asked for in their order, one at a time, or the service could end with
/// an older one. One that waits is replaced by a newer one, and gets its reply.
///
/// @threads safe from any thread.
class MixQueue : public StreamMixer {
 public:
  /// @param outcomes  counts requests: "mixed", "refused" by the service, or "failed" without a
  ///                  reply of it.
  /// All arguments must live until the pool is stopped, and so must this object.
  MixQueue(MixQueueOptions options, LiveService& service, CallPool& calls, Tally& outcomes,
           Logger& logger);

  /// `done` is called by a thread of the pool or by the one that stops it; by the caller when too
  /// many requests wait.
  void Mix(const RoomKey& room, MixRequest request, Done done) override EXCLUDES(mutex_);

 private:
  /// A mix, and the requests that it answers.
  struct Job {
    RoomKey room{};
    MixRequest mix{};
    std::vector<Done> dones{};
    std::string request_id{};  ///< ID of the latest, for the log
  };

  /// Has the job run, or answers it: it is the only one with its output.
  void Submit(Job job);
  void Run(const Job& job);
  /// Answers the job and goes on with the one that waits for it.
  void Finish(const Job& job, const Result<MixReply>& reply);
  /// The job that waits for one with that output, which has ended.
  std::optional<Job> TakeNext(const std::string& output) EXCLUDES(mutex_);
  void Answer(const Job& job, const Result<MixReply>& reply);

  const MixQueueOptions options_;
  LiveService& service_;
  CallPool& calls_;
  Tally& outcomes_;
  Logger& logger_;
  Mutex mutex_;
  /// The outputs of submitted jobs, each with the job that waits for it.
  std::unordered_map<std::string, std::optional<Job>, NameHash, std::equal_to<>> next_
      GUARDED_BY(mutex_);
  std::size_t waiting_ GUARDED_BY(mutex_) = 0;  ///< requests in `next_`
};

}  // namespace rtcroom
