// A worker that has the media of browsers, and what it is told and tells.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/web_grants.h"

namespace rtcroom {

/// Why a session ended.
enum class WebEndReason : std::uint8_t {
  kDeleted,         ///< deleted by its client
  kRemoved,         ///< its user was removed from the room, left it, or was banned
  kTakenOver,       ///< a newer one, or a phone, publishes the stream
  kWorker,          ///< the worker is gone
  kNeverConnected,  ///< these are told by the worker
  kSilent,
  kMediaServer,
  kNoStream,
  kFingerprint,
  kTooFast,
  kFailed,
};
inline constexpr std::size_t kWebEndReasons = static_cast<std::size_t>(WebEndReason::kFailed) + 1;

/// "deleted", "kicked", "taken_over", "worker", "never_connected", "silent", "rtmp", "no_stream",
/// "fingerprint", "too_fast", "failed": for workers, clients, logs and metrics.
std::string_view WebEndReasonName(WebEndReason reason);

/// Outcome of an offer.
enum class WebOpenOutcome : std::uint8_t {
  kOpened,
  kMalformed,
  kNoCodec,
  kNotAllowed,
  kFull,           ///< a limit of sessions is reached, or the worker refuses more
  kTooManyOffers,  ///< offers of the user in a short time
  kNoWorker,       ///< none is connected, or it did not answer in time
  kFailed,
};
inline constexpr std::size_t kWebOpenOutcomes =
    static_cast<std::size_t>(WebOpenOutcome::kFailed) + 1;

/// "opened", "refused_sdp", "no_codec", "refused_signature", "full", "too_many_offers",
/// "no_worker", "failed".
std::string_view WebOpenOutcomeName(WebOpenOutcome outcome);

/// The query with which a worker publishes: that of the address behind the first digits of the
/// session's ID (`kWebArgument`). So it may be longer than the query of any address.
std::string PublishQuery(std::string_view session, std::string_view address_query);

/// The offer that a worker is to answer.
struct WebOpening {
  std::string_view session{};
  WebDirection direction = WebDirection::kPublish;
  const WebStreamName& name;
  std::string_view rtmp_query{};
  std::string_view offer{};
};

/// A stream to be pulled from the media server.
struct WebPull {
  WebStreamName name{};
  std::string rtmp_query{};
};

/// All that is wanted of a worker.
struct WebKeep {
  std::vector<std::string> sessions{};
  std::vector<WebPull> streams{};
};

/// The way to a worker.
///
/// @threads implementations are safe from any thread, keep the order of the calls, never wait, and
///          call nothing of the caller.
class WebWorkerLink {
 public:
  virtual ~WebWorkerLink() = default;
  virtual void Open(const WebOpening& opening) = 0;
  virtual void Close(std::string_view session, std::string_view reason) = 0;
  virtual void Keep(const WebKeep& keep) = 0;
};
/// Shared by the table of sessions and the call of the worker.
using WebWorkerPtr = std::shared_ptr<WebWorkerLink>;

/// A session that a worker says it serves.
struct WebRunning {
  std::string session{};
  WebDirection direction = WebDirection::kPublish;
  WebStreamName name{};
  std::string rtmp_query{};
  bool is_connected = false;

  /// The query of its address, without what `PublishQuery` has added to it.
  [[nodiscard]] std::string_view AddressQuery() const;
};

/// Resources of the process of a worker.
struct WebUsage {
  std::uint32_t descriptors = 0;  ///< that are open
  std::uint64_t memory_bytes = 0;

  WebUsage& operator+=(const WebUsage& other) {
    descriptors += other.descriptors;
    memory_bytes += other.memory_bytes;
    return *this;
  }
};

/// Figures of the media of a session.
struct WebFigures {
  bool is_connected = false;
  std::uint32_t rtt_ms = 0;  ///< 0: not known
  double loss = 0;           ///< share of packets lost lately, 0 to 1
  std::uint32_t kbps = 0;
  std::uint32_t width = 0;  ///< 0: no picture
  std::uint32_t height = 0;
  std::uint32_t key_requests = 0;    ///< since the session began
  bool is_without_pictures = false;  ///< browsers cannot play those of the stream that it plays
};

}  // namespace rtcroom
