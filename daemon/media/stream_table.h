// The streams on the media server and the clients that send them.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "daemon/auth/stream_signature.h"
#include "daemon/base/clock.h"
#include "daemon/base/sip_hash.h"
#include "daemon/core/media_signs.h"
#include "daemon/core/stream_liveness.h"
#include "daemon/media/stream_guard.h"

namespace rtcroom {

struct StreamTableOptions {
  /// Whether the media server's list of streams is read, each time with `Poll` or `PollFailed`.
  bool is_polled = true;
  /// How long a client counts as connected without a callback or a poll that names it. Longer than
  /// the period of polls and that of updates.
  std::chrono::milliseconds confirm_ttl = std::chrono::seconds(15);
  /// How long a stream may be on air without a member; 0: for any time.
  std::chrono::milliseconds unclaimed_ttl = std::chrono::seconds(60);
  std::size_t max_streams = 100'000;
};

/// A connection to the media server that sends a stream.
struct StreamClient {
  std::string stream{};
  std::string client{};  ///< its ID at the media server, 1 to 64 bytes
  bool operator==(const StreamClient&) const = default;
};

enum class StreamDropReason : std::uint8_t {
  kTakenOver,
  kUnclaimed,
  kBanned,
  kRevoked,
  kEvicted,
  kRefused,  ///< it was not accepted, and the media server would keep it all the same
};

/// A client for the media server to disconnect.
struct StreamDrop {
  StreamClient client{};
  StreamDropReason reason{};
  bool operator==(const StreamDrop&) const = default;
};

/// A publish or an update as the media server reports it.
struct StreamCall {
  std::string_view stream{};
  std::string_view client{};
  StreamSignature signature{};     ///< signature of `stream`
  std::string_view web_session{};  ///< value of `kWebArgument`; empty: a phone
  bool is_again = false;           ///< to be refused while another publisher has the stream
};

enum class PublishVerdict : std::uint8_t {
  kAccepted,
  kBadName,  ///< bad name of the stream or of the client
  kBadSignature,
  kBanned,
  kRevoked,
  kTakenOver,  ///< somebody else has the stream since
  kTooManyStreams,
};

struct PublishOutcome {
  PublishVerdict verdict = PublishVerdict::kBadName;
  /// The other clients of the stream, to be dropped before the answer, or the media server finds
  /// the name taken. They remain in the table until their end is reported.
  std::vector<StreamDrop> drops{};
  /// The state of the URL's signature, for the log.
  StreamSignatureState signature = StreamSignatureState::kGood;
};

enum class UpdateVerdict : std::uint8_t {
  kGoOn,
  kCut,  ///< banned or revoked
};

/// A list of all streams that the media server has on air.
struct StreamPoll {
  MonotonicTime asked_at{};  ///< when the request was sent
  /// Different after a restart of the media server: its process ID, the ID of its start.
  std::string life{};
  /// The uptime of the media server, by its own clock, below 100 years, if reported: where process
  /// IDs repeat, as in containers, it shows a restart.
  std::optional<std::chrono::seconds> uptime{};
  std::vector<StreamClient> clients{};
};

enum class StreamPhase : std::uint8_t {
  kNone,  ///< has not been seen yet, or is forgotten
  kOn,
  kOff,
};

/// The known state of the media of a stream.
struct StreamMedia {
  StreamPhase state = StreamPhase::kNone;
  /// The time of kOff is later than the real end by the time in which polls failed, and not before
  /// the last start of the media server. Of kNone without a meaning.
  MonotonicTime since{};
  /// Whether this may be acted on. False while polls fail, except for kOn within `confirm_ttl` of
  /// the last sign of the stream.
  bool is_confirmed = false;
  MonotonicTime seen_at{};  ///< last sign of the stream, where a kOn is confirmed
};

struct StreamCounts {
  std::size_t on = 0;
  std::size_t off = 0;
};

/// Lower-case words, for logs and metrics.
std::string_view PublishVerdictName(PublishVerdict verdict);
std::string_view StreamDropReasonName(StreamDropReason reason);

/// The state of all streams, from callbacks and polls; reaches no socket, clock or store. It is in
/// memory only: after a start, polls and updates restore it.
///
/// A client counts for the stream that it was accepted for, whichever name later calls in its name
/// carry. A stream is on while a client sends it: callbacks may be lost, late, doubled and
/// reordered, so the end of one client does not end another, and a client that is not seen for
/// `confirm_ttl` is removed.
///
/// @threads for one thread at a time. `now` never decreases.
/// @source protocol E.3 to E.5.
class StreamTable {
 public:
  /// Most clients of one stream: one sends, the others are about to be dropped. The one that was
  /// not seen for the longest time gives way.
  static constexpr std::size_t kMaxClients = 8;
  /// How long an off stream that no member has is remembered.
  static constexpr std::chrono::seconds kOffIsKept{60};
  /// How long calls of a client may arrive after its end.
  static constexpr std::chrono::seconds kLateCalls{10};

  /// @param guard  outlives this object, and so does the listener.
  /// @param on_air  null: nobody is told.
  StreamTable(const StreamTableOptions& options, const StreamGuard& guard, MonotonicTime now,
              OnAirListener* on_air = nullptr);

  /// A client asks to send the stream. One that was accepted for another stream ends that.
  PublishOutcome Publish(const StreamCall& call, MonotonicTime now);

  /// A client still sends. An unknown one is accepted if the URL is authentic: this server was away
  /// when it began. The name counts only then.
  /// @param media_ms  position of the media, if reported: a client whose position does not move has
  ///                  stopped sending.
  UpdateVerdict Update(const StreamCall& call, std::optional<std::int64_t> media_ms,
                       MonotonicTime now);

  /// A client has ended. Without effect for a client that was not accepted.
  void Ended(std::string_view client, MonotonicTime now);

  /// The list of the media server: unknown clients are accepted as they are, those that are absent
  /// and were not seen for `confirm_ttl` are removed.
  void Poll(const StreamPoll& poll, MonotonicTime now);
  /// The media server did not answer: the time for which streams have been off stands still until
  /// the next `Poll`.
  void PollFailed(MonotonicTime now);

  /// The clients that may not be on air, in no order, each time until their end is reported.
  std::vector<StreamDrop> Sweep(MonotonicTime now);

  [[nodiscard]] StreamMedia MediaOf(std::string_view stream, MonotonicTime now) const;
  /// The time for which polls have failed, without a pause; 0 after one that succeeded.
  [[nodiscard]] MonotonicTime::duration AwayFor(MonotonicTime now) const {
    return now - away_since_.value_or(now);
  }
  /// The streams that are off for that long, none while polls fail.
  [[nodiscard]] std::vector<std::string> OffFor(std::chrono::milliseconds grace,
                                                MonotonicTime now) const;
  /// The streams whose state is confirmed and that began or ended since then.
  [[nodiscard]] std::vector<StreamSign> SignsSince(MonotonicTime since, MonotonicTime now) const;
  /// The stream that the client was accepted for, also within `kLateCalls` of its end; empty when
  /// it is not known.
  [[nodiscard]] std::string StreamOfClient(std::string_view client) const;
  /// Whether that client has the stream.
  [[nodiscard]] bool HasClient(const StreamClient& client) const;
  /// The clients of the stream, in the order in which they were accepted.
  [[nodiscard]] std::vector<StreamClient> ClientsOf(std::string_view stream) const;
  [[nodiscard]] StreamCounts Count() const;

 private:
  /// Time on a clock that stands still while polls fail.
  using PausedTime = MonotonicTime::duration;

  struct Client {
    std::string id{};
    MonotonicTime since{};
    MonotonicTime seen_at{};
    StreamSignature signature{};  ///< kMissing: listed by a poll, and no update has shown it yet
    std::string web_session{};    ///< empty: a phone, or likewise
    bool sends = true;            ///< false: connected, but its media does not move
    std::optional<std::int64_t> media_ms{};
    MonotonicTime media_at{};  ///< when that position was first reported

    /// A callback has shown who publishes.
    void Identify(const StreamCall& call) {
      signature = call.signature;
      web_session = call.web_session;
    }
  };
  struct Stream {
    std::vector<Client> clients{};  ///< clients in the order in which they were accepted
    PausedTime sent_at{};           ///< the last sign that one of them sends
    std::optional<MonotonicTime> on_since{};
    MonotonicTime changed_at{};                      ///< when it was last found to be on, or off
    std::optional<MonotonicTime> unclaimed_since{};  ///< while it has clients; nullopt: claimed
    bool is_updated = false;                         ///< callbacks have come since it was published
  };
  using Streams = std::unordered_map<std::string, Stream, NameHash, std::equal_to<>>;
  using Entry = Streams::value_type;

  [[nodiscard]] PausedTime Paused(MonotonicTime now) const {
    return away_since_.value_or(now).time_since_epoch() - away_for_;
  }
  /// The time for which the stream has been off.
  [[nodiscard]] MonotonicTime::duration TimeOff(const Stream& stream, MonotonicTime now) const;
  [[nodiscard]] bool IsStale(const Client& client, MonotonicTime now) const {
    return now - client.seen_at > options_.confirm_ttl;
  }
  [[nodiscard]] StreamMedia MediaOf(const Stream& stream, MonotonicTime now) const;
  /// Whether that client has ended at `time` or later.
  [[nodiscard]] bool HasEndedSince(std::string_view client, MonotonicTime time) const;
  /// Whether the publish is to be refused, as another publisher has the stream.
  [[nodiscard]] bool IsTakenOver(const StreamCall& call, MonotonicTime now) const;
  /// nullopt: the client may be on air.
  /// @param known_for  since when the client is in the table.
  [[nodiscard]] std::optional<StreamDropReason> ReasonAgainst(
      std::string_view stream, const StreamSignature& signature,
      MonotonicTime::duration known_for) const;

  /// Null when there is none.
  [[nodiscard]] Entry* StreamOf(std::string_view client) const;
  /// Null when there are too many streams.
  Entry* FindOrAddStream(std::string_view name);
  /// A client that was not known to the media server or to this table, and sends. Null when there
  /// are too many streams.
  Client* AddClient(std::string_view stream, std::string_view id, MonotonicTime now);
  void OnSeen(Stream& stream, Client& client, MonotonicTime now) const;
  static void OnMedia(Client& client, std::int64_t media_ms, MonotonicTime now);
  /// Removes a client. @return the name of its stream; nullopt: there was no such client.
  std::optional<std::string> End(std::string_view client, MonotonicTime now);
  void RemoveStale(Entry& entry, MonotonicTime now);
  /// Call it after each change of the clients.
  void SetOnSince(Entry& entry, MonotonicTime now);
  void PollOne(const StreamClient& listed, MonotonicTime asked_at, MonotonicTime now);
  void CompareLife(const StreamPoll& poll, MonotonicTime now);

  const StreamTableOptions options_;
  const StreamGuard& guard_;
  OnAirListener* const on_air_;
  Streams streams_;
  /// The stream of each client; entries of `streams_` do not move.
  std::unordered_map<std::string, Entry*, NameHash, std::equal_to<>> clients_;
  struct EndedClient {
    std::string stream{};
    MonotonicTime at{};
  };
  /// Clients that ended and were not accepted again; not older than `kLateCalls` at the last sweep,
  /// and at most as many as streams.
  std::unordered_map<std::string, EndedClient, NameHash, std::equal_to<>> ended_;
  std::optional<MonotonicTime> away_since_;  ///< nullopt: the last poll succeeded
  MonotonicTime::duration away_for_{};       ///< all such times before, together
  PausedTime grace_from_{};                  ///< no stream counts as off since before
  std::optional<std::string> life_;          ///< nullopt before the first poll
  std::optional<MonotonicTime> started_at_;  ///< start of the media server, if reported
};

}  // namespace rtcroom
