// Keeps the index of recordings: from the reports of the media server, and from the files.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

#include "daemon/base/clock.h"
#include "daemon/base/logger.h"
#include "daemon/base/result.h"
#include "daemon/base/tally.h"
#include "daemon/base/thread_pool.h"
#include "daemon/core/recording_store.h"
#include "daemon/core/removal_clock.h"
#include "daemon/core/stream_claims.h"
#include "daemon/core/stream_liveness.h"
#include "daemon/media/file_tree.h"

namespace rtcroom {

struct RecordingOptions {
  std::string root{};                      ///< the folder of recordings, absolute
  std::chrono::milliseconds retention{0};  ///< 0: recordings are kept
  std::uint64_t min_free_bytes = 0;        ///< less removes the oldest recordings; 0: removes none
  /// Whether folders go with their last file: the media server makes those that it needs.
  bool removes_folders = false;
  /// Whether other nodes have folders of their own, whose files are in the same store.
  bool store_is_shared = false;
  std::chrono::milliseconds scan_period{40'000};  ///< less than a minute with a scan's waits
};

/// All of it outlives the index.
struct RecordingDeps {
  RecordingStore& store;
  const StreamClaims& claims;
  const MediaView& media;
  /// Counts files: "indexed", or "ignored": reported, but not a file of the folder.
  Tally& files;
  const Clock& clock;
  const RemovalClock& removal;
  Logger& logger;
  /// The free bytes of the file system of the folder; nullopt: not known.
  std::function<std::optional<std::uint64_t>()> free_bytes = {};
};

/// Runs from `Start` to `Stop`, on two threads: one for reports, one that scans the folder, at once
/// and then periodically, for files whose report was lost, and removes old ones.
///
/// @threads `Completed` from any thread, the rest for one thread.
class RecordingIndex {
 public:
  /// A file that was written since then may not be complete.
  static constexpr std::chrono::seconds kSettleTime{10};
  /// Most reports that wait; a scan finds the other files.
  static constexpr std::size_t kMaxWaiting = 1000;

  RecordingIndex(RecordingOptions options, const RecordingDeps& deps);
  ~RecordingIndex() { Stop(); }
  RecordingIndex(const RecordingIndex&) = delete;
  RecordingIndex& operator=(const RecordingIndex&) = delete;

  void Start();
  /// Waits for the reports so far, not for the end of a scan. May be called again.
  void Stop();

  /// A file is complete. Returns at once.
  /// @param file    any text: a path that was reported.
  /// @param stream  empty: unknown.
  void Completed(std::string file, std::string stream);

  /// Does at once what `Completed` has done on another thread.
  void Index(std::string_view file, std::string_view stream);
  /// One round: adds files that are named as recordings, complete and not known, then removes those
  /// older than the retention, and the oldest while the disk is short of space. The first looks at
  /// all files, later ones at those written since the one before.
  void Scan(const std::stop_token& stop);

  /// Space left for recordings, as of the last scan; nullopt before it.
  [[nodiscard]] std::optional<std::uint64_t> free_bytes() const {
    const std::uint64_t bytes = free_bytes_;
    return bytes == kUnknownSpace ? std::nullopt : std::optional(bytes);
  }

 private:
  static constexpr std::uint64_t kUnknownSpace = std::numeric_limits<std::uint64_t>::max();

  void Run(const std::stop_token& stop);
  Status FindFiles(const std::stop_token& stop);
  /// Measures the free space, and removes the oldest recordings as far as it is short.
  void KeepSpace(const std::stop_token& stop);
  void RemoveOldest(std::uint64_t bytes, const std::stop_token& stop);
  void RemoveOld(const std::stop_token& stop);
  /// Removes file and row, unless the file was written since then, or may be another node's.
  /// @param now  of the removal clock.
  Status RemoveOld(const Recording& recording, TimePoint now);
  /// Removes file and row.
  Status Remove(const Recording& recording, TimePoint now);
  [[nodiscard]] Recording Describe(const FileTree::File& file, std::string_view stream) const;
  Status Store(std::span<const Recording> recordings);
  /// Whether the media server may still write to the file of a stream.
  [[nodiscard]] bool MayGrow(const FileTree::File& file, std::string_view stream,
                             TimePoint now) const;

  const RecordingOptions options_;
  const RecordingDeps deps_;
  const FileTree files_;
  std::atomic<std::uint64_t> free_bytes_{kUnknownSpace};
  // The scanning thread uses these.
  std::optional<TimePoint> scanned_until_;  ///< files written before are known; nullopt: none are
  bool is_readable_ = true;                 ///< the last scan was complete
  bool is_short_ = false;                   ///< space is short, although recordings were removed
  ThreadPool reports_;
  std::jthread scanning_;  // last: it uses all of the above
};

}  // namespace rtcroom
