// A worker that has the media of browsers, and what it is told and tells.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/clock.h"
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

/// How much of a session's ID logs and the query of its stream show: the first digits.
inline constexpr std::size_t kWebShownDigits = 8;

/// The query with which a worker publishes: that of the address behind the first digits of the
/// session's ID (`kWebArgument`). So it may be longer than the query of any address.
std::string PublishQuery(std::string_view session, std::string_view address_query);

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

struct WebSession;

/// The way to a worker.
///
/// @threads implementations are safe from any thread, keep the order of the calls, never wait, and
///          call nothing of the caller.
class WebWorkerLink {
 public:
  virtual ~WebWorkerLink() = default;
  /// @param session  with an offer, which the worker is to answer.
  virtual void Open(const WebSession& session) = 0;
  virtual void Close(std::string_view session, std::string_view reason) = 0;
  virtual void Keep(const WebKeep& keep) = 0;
};
/// Shared by the table of sessions and the call of the worker.
using WebWorkerPtr = std::shared_ptr<WebWorkerLink>;

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

struct WebAnswer;

/// A session. The members up to `figures` are what a worker is told of it, and tells in its first
/// report; `WebSessions` alone has the others.
struct WebSession {
  /// 32 random hexadecimal digits, then eight that are the same for all sessions of an address.
  std::string id{};
  WebDirection direction = WebDirection::kPublish;
  WebStreamName name{};
  std::string rtmp_query{};  ///< kept, like the offer, for the next worker, in case one is full
  std::string offer{};       ///< empty: no worker was asked yet, or it is answered
  WebFigures figures{};

  RoomKey room{};
  UserId user_id{};
  WebWorkerPtr worker{};  ///< null: its worker knows that it ends
  MonotonicTime since{};
  std::function<void(const WebAnswer&)> done{};  ///< null: the offer is answered
  /// The key requests that are counted; nullopt: another process has counted those before the first
  /// report.
  std::optional<std::uint32_t> key_requests = 0;

  /// Whether it publishes that stream, and ends once a newer publisher is answered.
  [[nodiscard]] bool Publishes(const WebStreamName& stream) const {
    return direction == WebDirection::kPublish && name == stream && !done;
  }
  [[nodiscard]] bool IsOf(const RoomKey& of, const UserId& user, WebDirection to) const {
    return direction == to && room == of && user_id == user;
  }
  /// The query of its address, without what `PublishQuery` has added to it.
  [[nodiscard]] std::string_view AddressQuery() const;
  /// Counts the key requests that its worker tells of.
  /// @return those that were not counted before.
  std::uint32_t NewKeyRequests(std::uint32_t requests) {
    const std::uint32_t counted = key_requests.value_or(requests);
    key_requests = requests;
    return requests - std::min(requests, counted);
  }
};

}  // namespace rtcroom
