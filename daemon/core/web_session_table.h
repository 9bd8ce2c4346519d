// The sessions of browsers, by everything that ends them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/sip_hash.h"
#include "daemon/core/web_worker.h"

namespace rtcroom {

struct WebAnswer {
  WebOpenOutcome outcome = WebOpenOutcome::kFailed;
  std::string session{};  ///< of kOpened: 32 hexadecimal digits, which permit to end it
  std::string text{};  ///< of kOpened the answer; otherwise perhaps what is wrong, for the client
};
using WebAnswerDone = std::function<void(const WebAnswer&)>;

struct WebSession {
  std::string id{};
  WebDirection direction = WebDirection::kPublish;
  WebStreamName name{};
  RoomKey room{};
  UserId user_id{};
  std::string address{};     ///< `AddressKey`; empty: not known
  TimePoint signed_until{};  ///< of the address of the stream
  WebWorkerPtr worker{};     ///< null while the right to it is checked
  MonotonicTime since{};
  MonotonicTime deadline{};  ///< of the answer to its offer
  WebAnswerDone done{};      ///< null: the offer is answered
  WebFigures figures{};
  /// The key requests that are counted; nullopt: another process has counted those before the first
  /// report.
  std::optional<std::uint32_t> key_requests = 0;

  [[nodiscard]] bool publishes() const { return direction == WebDirection::kPublish; }
};

/// Each operation costs the sessions that it concerns.
///
/// @threads for one thread at a time.
class WebSessionTable {
 public:
  using Ids = std::set<std::string>;

  /// The ID is new.
  void Add(WebSession session);
  std::optional<WebSession> Remove(std::string_view id);
  /// Null: there is none.
  [[nodiscard]] WebSession* Find(std::string_view id);
  [[nodiscard]] const WebSession* Find(std::string_view id) const;
  /// Gives a session to a worker, and takes it from its former one.
  void Place(WebSession& session, const WebWorkerPtr& worker);
  /// The offer of a session is answered. @return what answers it; null: it was before.
  WebAnswerDone TakeDone(WebSession& session);

  [[nodiscard]] Ids OfMember(const RoomKey& room, const UserId& user_id) const;
  [[nodiscard]] Ids OfRoom(const RoomKey& room) const;
  [[nodiscard]] Ids OfStream(const WebStreamName& name) const;
  [[nodiscard]] Ids Publishing(const WebStreamName& name) const;
  /// The session that ends when such an offer is accepted: it counts against no limit. Null: none.
  [[nodiscard]] const WebSession* Replaced(WebDirection direction, const WebStreamName& name) const;
  [[nodiscard]] Ids OfWorker(const WebWorkerLink& worker) const;
  [[nodiscard]] std::size_t CountOfUser(const UserId& user_id) const;
  [[nodiscard]] std::size_t CountOfAddress(const std::string& address) const;
  [[nodiscard]] std::size_t publishing() const { return publishing_; }
  [[nodiscard]] std::size_t size() const { return sessions_.size(); }
  /// Members that have sessions.
  [[nodiscard]] std::vector<std::pair<RoomKey, UserId>> Members() const;
  /// Sessions whose offers wait for an answer.
  [[nodiscard]] const Ids& waiting() const { return waiting_; }

 private:
  struct StreamHash {
    std::size_t operator()(const WebStreamName& name) const {
      return NameHash()(name.stream, name.app);
    }
  };

  std::unordered_map<std::string, WebSession, NameHash, std::equal_to<>> sessions_;
  /// The members of a room are neighbours.
  std::map<std::pair<RoomKey, UserId>, Ids> by_member_;
  std::unordered_map<WebStreamName, Ids, StreamHash> by_stream_;
  std::unordered_map<const WebWorkerLink*, Ids> by_worker_;
  std::unordered_map<UserId, std::size_t> of_user_;
  std::unordered_map<std::string, std::size_t, NameHash> of_address_;
  Ids waiting_;
  std::size_t publishing_ = 0;
};

}  // namespace rtcroom
