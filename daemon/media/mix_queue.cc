#include "daemon/media/mix_queue.h"

#include <memory>
#include <utility>

#include "daemon/base/exception_type.h"
#include "daemon/base/log_scope.h"

namespace rtcroom {
namespace {

Error TooManyMixes() { return {Errc::kTooManyRequests, "too many mixes are waiting"}; }

std::string_view OutcomeOf(const Result<MixReply>& reply) {
  if (!reply) return "failed";
  return reply->code == 0 ? "mixed" : "refused";
}

}  // namespace

MixQueue::MixQueue(MixQueueOptions options, LiveService& service, CallPool& calls, Tally& outcomes,
                   Logger& logger)
    : options_(options), service_(service), calls_(calls), outcomes_(outcomes), logger_(logger) {}

void MixQueue::Mix(const RoomKey& room, MixRequest request, Done done) {
  Job job{.room = room, .mix = std::move(request), .dones = {}, .request_id = {}};
  job.dones.push_back(std::move(done));
  job.request_id = LogScope::Current();
  bool is_rejected = false;
  {
    const MutexLock lock(mutex_);
    const auto [entry, is_alone] = next_.try_emplace(job.mix.output);
    if (!is_alone) {
      const std::size_t of_output = entry->second ? entry->second->dones.size() : 0;
      is_rejected = waiting_ >= options_.max_waiting || of_output >= options_.max_of_output;
      if (!is_rejected) {
        std::optional<Job>& next = entry->second;
        if (next) {
          next->dones.push_back(std::move(job.dones.front()));
          job.dones = std::move(next->dones);
        }
        next = std::move(job);
        ++waiting_;
        return;
      }
    }
  }
  if (is_rejected) return Answer(job, TooManyMixes());
  Submit(std::move(job));
}

void MixQueue::Submit(Job job) {
  std::optional<Job> next = std::move(job);
  while (next) {
    const auto shared = std::make_shared<const Job>(*std::move(next));  // by the two functions
    const bool is_taken =
        calls_.TrySubmit({.run = [this, shared] { Run(*shared); },
                          .expired = [this, shared] { Finish(*shared, TooManyMixes()); }});
    if (is_taken) return;
    Answer(*shared, TooManyMixes());
    next = TakeNext(shared->mix.output);
  }
}

void MixQueue::Run(const Job& job) {
  const LogScope scope(job.request_id);
  Result<MixReply> reply = service_.Mix(job.mix, options_.try_timeout);
  for (int tried = 1; !reply && tried < options_.tries; ++tried) {
    reply = service_.Mix(job.mix, options_.try_timeout);
  }
  if (reply && reply->code != 0) {
    // The request succeeds, so its own line does not show it.
    logger_.Info("mix_refused",
                 {{"room", job.room.id.value}, {"code", reply->code}, {"reply", reply->message}});
  }
  Finish(job, reply);
}

void MixQueue::Finish(const Job& job, const Result<MixReply>& reply) {
  Answer(job, reply);
  if (std::optional<Job> next = TakeNext(job.mix.output)) Submit(*std::move(next));
}

std::optional<MixQueue::Job> MixQueue::TakeNext(const std::string& output) {
  const MutexLock lock(mutex_);
  const auto entry = next_.find(output);
  std::optional<Job> next = std::exchange(entry->second, std::nullopt);
  if (next) {
    waiting_ -= next->dones.size();
  } else {
    next_.erase(entry);
  }
  return next;
}

void MixQueue::Answer(const Job& job, const Result<MixReply>& reply) {
  for (const Done& done : job.dones) {
    outcomes_.Count(OutcomeOf(reply));
    try {
      done(reply);
    } catch (...) {  // most likely out of memory; the next mix of the output must go on
      logger_.Error("mix_answer_fault", {{"type", CurrentExceptionType()}});
    }
  }
}

}  // namespace rtcroom
