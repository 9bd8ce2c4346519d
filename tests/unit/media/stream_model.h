// The table of streams once more, as plainly as possible: every time is an age that each step of
// the clock advances, and everything is searched for in lists.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/media/stream_table.h"

namespace rtcroom {

class StreamModel {
 public:
  using Age = std::chrono::milliseconds;

  StreamModel(const StreamTableOptions& options, const StreamGuard& guard)
      : options_(options), guard_(guard), is_away_(options.is_polled) {}

  void Pass(Age time);

  /// @return the verdict, and the IDs of the clients to drop.
  struct Published {
    PublishVerdict verdict{};
    std::vector<std::string> drops{};
    bool operator==(const Published&) const = default;
  };
  Published Publish(const StreamCall& call);
  UpdateVerdict Update(const StreamCall& call, std::optional<std::int64_t> media_ms);
  void Ended(const std::string& client);
  void Poll(const std::vector<StreamClient>& listed, Age late, bool is_new_life);
  void PollFailed() { is_away_ = true; }
  /// Client IDs with the reasons.
  std::map<std::string, StreamDropReason> Sweep();

  struct Media {
    StreamPhase state{};
    Age age{};  ///< of kNone 0
    bool is_confirmed = false;
    bool operator==(const Media&) const = default;
  };
  [[nodiscard]] Media MediaOf(const std::string& stream) const;
  [[nodiscard]] std::vector<std::string> ClientsOf(const std::string& stream) const;

 private:
  struct Client {
    std::string stream{};
    std::string id{};
    Age known{0};
    Age unseen{0};
    StreamSignature signature{};
    bool sends = true;
    std::optional<std::int64_t> media_ms{};
    Age media_still{0};
  };
  struct Stream {
    Age quiet{0};  ///< without a sign that a client sends; outages do not count
    Age on{0};
    std::optional<Age> unclaimed{0};
    bool is_updated = false;
  };

  [[nodiscard]] bool HasClients(const std::string& stream) const;
  [[nodiscard]] bool IsOn(const std::string& stream) const;
  [[nodiscard]] Age OffFor(const Stream& stream) const {
    return std::min(stream.quiet, since_restart_);
  }
  Client* Find(std::string_view id);
  [[nodiscard]] bool HasEnded(const std::string& id, Age within) const;
  [[nodiscard]] std::optional<StreamDropReason> Reason(const std::string& stream,
                                                       const StreamSignature& signature,
                                                       Age known) const;
  Client* Add(const std::string& stream, const std::string& id);
  bool Remove(std::string_view id);
  void See(Client& client);
  static void TakeMedia(Client& client, std::optional<std::int64_t> media_ms);
  /// Streams that have come on begin their age.
  template <typename Change>
  void Apply(const Change& change);
  void RemoveStale();

  const StreamTableOptions options_;
  const StreamGuard& guard_;
  bool is_away_;
  Age since_restart_ = std::chrono::hours(1'000'000);
  std::vector<Client> clients_;  ///< in the order in which they were accepted
  std::map<std::string, Stream> streams_;
  std::map<std::string, Age> ended_;
};

}  // namespace rtcroom
