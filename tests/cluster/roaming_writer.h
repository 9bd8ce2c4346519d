// A client that changes rooms at nodes any of which may fail.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "tests/cluster/beating_members.h"
#include "tests/e2e/ledger_writer.h"
#include "tests/support/api_client.h"

namespace rtcroom {

enum class WriterDialect : std::uint8_t { kGen1, kGen2 };

struct WriterTraits {
  WriterDialect dialect = WriterDialect::kGen1;
  /// It stays at a node as long as that answers, and so do its members with their beats.
  bool is_sticky = false;
};

/// Owns the rooms whose ids begin with its name: no other client changes them. What was refused
/// (HTTP 503, or no connection) has not happened. After an outcome that is not known it leaves the
/// room alone until `TakeStock`: until then, that change may happen.
///
/// @threads for one thread at a time, except for `acknowledged`.
class RoamingWriter {
 public:
  /// @param name  is the prefix of ids; the names of two writers must not have a common prefix.
  RoamingWriter(std::string name, std::string_view kind, WriterTraits traits,
                std::vector<int> ports, BeatingMembers& members, std::uint32_t seed);

  /// Logs its users in, at the first node. Before the first change.
  void LogIn();
  /// Makes changes one after the other.
  void Write(const std::stop_token& stop);

  [[nodiscard]] const std::string& kind() const { return kind_; }
  [[nodiscard]] bool Owns(const std::string& room) const { return room.starts_with(name_); }
  /// Of a call by one of its users: "?userID=...", or none.
  [[nodiscard]] std::string Query() const {
    return tokens_.empty() ? "" : QueryOf(tokens_.begin()->first);
  }
  [[nodiscard]] std::size_t acknowledged() const { return acknowledged_; }
  [[nodiscard]] std::size_t unknown() const { return unknown_count_; }
  /// Changes that were not done, a line for each; while it does not write.
  [[nodiscard]] const std::vector<std::string>& refusals() const { return refusals_; }

  /// Compares the record with what is stored, and goes on from there: one line for each room that
  /// is not as it must be. While no change is written.
  /// @param stored  of all clients.
  /// @param excused  rooms of which members were evicted with good reason.
  [[nodiscard]] std::vector<std::string> TakeStock(const Ledger& stored,
                                                   const std::set<std::string>& excused);

 private:
  struct Change {
    std::string endpoint;
    std::string room;
    std::string user;
  };
  using Members = std::vector<std::string>;
  struct Unknown {
    Members before;
    Members after;  ///< empty: no room
    std::string what = {};
  };

  Change NextChange();
  std::string Newcomer(const Members& present);
  [[nodiscard]] static Members After(Members members, const Change& change);
  ApiReply Send(ApiClient& client, const Change& change) const;
  /// Whether the node has answered whether the change is made.
  bool Make(ApiClient& client, const Change& change);
  void Book(const Change& change, Members after, std::int64_t begun_ms);
  void Follow(const std::string& room, const std::string& user, std::int64_t since_ms,
              bool leaving);
  [[nodiscard]] std::string QueryOf(const std::string& user) const;
  std::size_t Draw(std::size_t choices);

  const std::string name_;
  const std::string kind_;
  const WriterDialect dialect_;
  const bool is_sticky_;
  const std::size_t seats_;
  const std::vector<int> ports_;
  BeatingMembers& members_;
  std::mt19937 random_;
  std::size_t named_ = 0;  ///< how many rooms and users were named
  std::map<std::string, std::string> tokens_;
  Ledger rooms_;  ///< all that was acknowledged
  std::map<std::string, Unknown> unknown_;
  std::vector<std::string> faults_;
  std::vector<std::string> refusals_;
  std::atomic<std::size_t> acknowledged_ = 0;
  std::atomic<std::size_t> unknown_count_ = 0;
};

}  // namespace rtcroom
