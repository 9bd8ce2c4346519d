#include "daemon/media/recording_index.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>
#include <vector>

#include "daemon/base/exception_type.h"
#include "daemon/media/recorded_name.h"

namespace rtcroom {
namespace {

/// Rows of one commit, and of one read.
constexpr std::size_t kBatch = 100;
/// Files that cannot be removed in one round: the others would probably fail, too.
constexpr std::size_t kMaxFailures = 100;
/// How long a row without a file is left to the node whose folder may have it: without the row that
/// node would find the file as a new one at its next start, and keep it for as long again.
constexpr std::chrono::hours kForOtherNodes{24};
/// Between the time in a file's name and those of the file system.
constexpr std::chrono::seconds kTimeError{2};

}  // namespace

RecordingIndex::RecordingIndex(RecordingOptions options, const RecordingDeps& deps)
    : options_(std::move(options)),
      deps_(deps),
      files_(options_.root),
      reports_(/*threads=*/1, kMaxWaiting) {}

void RecordingIndex::Start() {
  scanning_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

void RecordingIndex::Stop() {
  scanning_.request_stop();
  if (scanning_.joinable()) scanning_.join();
  // The first scan of the next start finds their files.
  (void)reports_.Close();
  reports_.Stop();
}

void RecordingIndex::Run(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any woken;
  std::unique_lock lock(mutex);
  while (!stop.stop_requested()) {
    try {
      Scan(stop);
    } catch (...) {
      // Most likely out of memory: the next round repeats what was left out.
      deps_.logger.Error("recordings_scan_fault", {{"type", CurrentExceptionType()}});
    }
    // Only a request to stop ends this wait early.
    woken.wait_for(lock, stop, options_.scan_period, [&] { return stop.stop_requested(); });
  }
}

void RecordingIndex::Completed(std::string file, std::string stream) {
  const bool is_queued = reports_.TrySubmit(
      ThreadPool::Urgency::kNormal, [this, file = std::move(file), stream = std::move(stream)] {
        try {
          Index(file, stream);
        } catch (...) {
          deps_.logger.Error("recording_fault", {{"type", CurrentExceptionType()}});
        }
      });
  if (!is_queued) deps_.logger.Warn("recording_reports_full", {{"waiting", kMaxWaiting}});
}

void RecordingIndex::Index(std::string_view file, std::string_view stream) {
  const Result<FileTree::File> found = files_.Find(file);
  if (!found) {
    deps_.files.Count("ignored");
    deps_.logger.Warn("recording_ignored", {{"file", file}, {"reason", found.error().detail}});
    return;
  }
  const Recording recording = Describe(*found, stream);
  (void)Store({&recording, 1});  // if it fails, a scan finds the file
}

void RecordingIndex::Scan(const std::stop_token& stop) {
  const Status scanned = FindFiles(stop);
  if (!scanned && is_readable_) {
    deps_.logger.Warn("recordings_not_scanned", {{"reason", scanned.error().detail}});
  }
  is_readable_ = scanned.ok();
  RemoveOld(stop);
  KeepSpace(stop);
}

void RecordingIndex::KeepSpace(const std::stop_token& stop) {
  std::optional<std::uint64_t> free = deps_.free_bytes();
  if (!free) return;
  if (*free < options_.min_free_bytes) {
    RemoveOldest(options_.min_free_bytes - *free, stop);
    free = deps_.free_bytes().value_or(*free);
  }
  free_bytes_ = *free;
  const bool is_short = *free < options_.min_free_bytes;
  if (is_short && !is_short_) {
    deps_.logger.Error("recordings_fill_disk",
                       {{"free_bytes", *free}, {"min_free_bytes", options_.min_free_bytes}});
  }
  is_short_ = is_short;
}

// It removes as much as is missing, without looking whether the space becomes free: a program that
// has a file open would cost all the others.
void RecordingIndex::RemoveOldest(std::uint64_t bytes, const std::stop_token& stop) {
  const TimePoint now = deps_.removal.Now();
  RecordingPosition after;
  std::size_t removed = 0;
  std::uint64_t freed = 0;
  while (freed < bytes && !stop.stop_requested()) {
    const Result<std::vector<Recording>> oldest =
        deps_.store.LoadRecordingsEndedBefore(TimePoint::max(), after, kBatch);
    if (!oldest || oldest->empty()) break;
    for (const Recording& recording : *oldest) {
      if (freed >= bytes || stop.stop_requested()) break;
      const Result<FileTree::File> file = files_.Find(recording.file);
      // The row may be that of another node's folder where there is no file.
      if (!file || MayGrow(*file, recording.stream, deps_.clock.Now())) continue;
      if (!Remove(recording, now)) continue;
      freed += file->bytes;
      ++removed;
    }
    after = PositionOf(oldest->back());
  }
  if (removed == 0) return;
  deps_.logger.Warn("recordings_removed_for_space", {{"count", removed}, {"bytes", freed}});
}

Status RecordingIndex::FindFiles(const std::stop_token& stop) {
  const TimePoint now = deps_.clock.Now();
  // The wall clock was set back: files written since then would be left out.
  if (scanned_until_ > now) scanned_until_.reset();
  TimePoint until = now - kSettleTime;
  Status outcome;
  std::vector<Recording> found;
  const auto take = [&](const FileTree::File& file) -> Status {
    if (scanned_until_ && file.written_at < *scanned_until_) return {};
    const std::optional<RecordedName> name = ParseRecordedName(file.path);
    if (!name) return {};
    if (MayGrow(file, name->stream, now)) {
      until = std::min(until, file.written_at);
      return {};
    }
    const Result<std::optional<Recording>> known = deps_.store.FindRecording(file.path);
    if (!known) return known.error();
    if (*known && (*known)->bytes == file.bytes) return {};
    found.push_back(Describe(file, name->stream));
    if (found.size() < kBatch) return {};
    return Store(std::exchange(found, {}));
  };
  const Status visited = files_.Visit([&](const FileTree::File& file) {
    outcome = take(file);
    return outcome.ok() && !stop.stop_requested();
  });
  if (outcome && !found.empty()) outcome = Store(found);
  if (!visited) return visited;
  if (outcome && !stop.stop_requested()) scanned_until_ = until;
  return outcome;
}

bool RecordingIndex::MayGrow(const FileTree::File& file, std::string_view stream,
                             TimePoint now) const {
  // A file with a later date was written before the wall clock was set back.
  if (std::chrono::abs(now - file.written_at) <= kSettleTime) return true;
  const MediaState media = deps_.media.StateOf(stream);
  // A file that was last written before the stream went on belongs to an earlier connection.
  return media.kind == MediaState::Kind::kOn &&
         file.written_at >= now - media.lasting - kSettleTime;
}

Recording RecordingIndex::Describe(const FileTree::File& file, std::string_view stream) const {
  Recording recording{.file = file.path,
                      .stream = std::string(stream),
                      .bytes = file.bytes,
                      .ended_at = file.written_at};
  const std::optional<RecordedName> name = ParseRecordedName(file.path);
  if (name && stream.empty()) recording.stream = name->stream;
  // Another server may end a name with a number that is not a time.
  if (name && name->stream == recording.stream &&
      name->started_at <= file.written_at + kTimeError) {
    recording.started_at = std::min(name->started_at, file.written_at);
  }
  recording.owner =
      deps_.claims.OwnerOf(recording.stream, recording.started_at, recording.ended_at);
  // A clock that was wrong when the file was written does not shorten its life.
  const TimePoint removal = deps_.removal.Now();
  const bool is_kept = options_.retention.count() == 0;
  if (!is_kept && recording.ended_at < removal - options_.retention) recording.ended_at = removal;
  return recording;
}

Status RecordingIndex::Store(std::span<const Recording> recordings) {
  Status stored = deps_.store.PutRecordings(recordings);
  if (!stored) {
    deps_.logger.Warn("recordings_not_stored",
                      {{"count", recordings.size()}, {"reason", stored.error().detail}});
    return stored;
  }
  for (const Recording& recording : recordings) {
    deps_.files.Count("indexed");
    deps_.logger.Info("recording_indexed",
                      {{"file", recording.file}, {"stream", recording.stream}});
  }
  return stored;
}

void RecordingIndex::RemoveOld(const std::stop_token& stop) {
  if (options_.retention.count() == 0) return;
  const TimePoint now = deps_.removal.Now();
  const TimePoint before = now - options_.retention;
  RecordingPosition after;
  std::size_t failures = 0;
  Status failure;
  while (failures < kMaxFailures && !stop.stop_requested()) {
    const Result<std::vector<Recording>> old =
        deps_.store.LoadRecordingsEndedBefore(before, after, kBatch);
    if (!old) {
      failure = old.error();
      ++failures;
      break;
    }
    if (old->empty()) break;
    for (const Recording& recording : *old) {
      if (stop.stop_requested()) break;
      Status removed = RemoveOld(recording, now);
      if (removed) continue;
      failure = std::move(removed);
      ++failures;
    }
    after = PositionOf(old->back());
  }
  if (failures == 0) return;
  deps_.logger.Warn("recordings_not_removed",
                    {{"count", failures}, {"reason", failure.error().detail}});
}

Status RecordingIndex::RemoveOld(const Recording& recording, TimePoint now) {
  const Result<FileTree::File> file = files_.Find(recording.file);
  if (!file && file.error().code == Errc::kUnavailable) return file.error();
  if (file && file->written_at >= now - options_.retention) {
    const Recording fresh = Describe(*file, recording.stream);
    return Store({&fresh, 1});
  }
  const bool may_be_elsewhere = !file && options_.store_is_shared;
  if (may_be_elsewhere && recording.ended_at >= now - options_.retention - kForOtherNodes)
    return {};
  return Remove(recording, now);
}

Status RecordingIndex::Remove(const Recording& recording, TimePoint now) {
  // The file first: a row without a file is found here again, a file without a row would be kept.
  if (const Status removed = files_.Remove(recording.file); !removed) return removed;
  if (const Status removed = deps_.store.RemoveRecording(recording.file, now); !removed)
    return removed;
  if (options_.removes_folders) files_.RemoveEmptyFolders(recording.file);
  deps_.logger.Info("recording_removed", {{"file", recording.file}});
  return {};
}

}  // namespace rtcroom
