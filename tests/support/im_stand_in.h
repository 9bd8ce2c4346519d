// Stands in for the IM service's REST interface (protocol D.7), over real sockets.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "daemon/base/mutex.h"
#include "daemon/im/im_service.h"
#include "tests/support/stand_in_service.h"

namespace rtcroom {

/// The stand-in's behaviour for a call.
struct ImConduct {
  enum class Reply : std::uint8_t {
    kWell,       ///< as the service does
    kErrorCode,  ///< with this ErrorCode
    kStatus,     ///< with this HTTP status
    kGarbage,    ///< with invalid JSON
    kEmpty,      ///< with an empty body
    kHuge,       ///< with a body beyond any sensible limit
    kRedirect,   ///< to itself
    kClose,      ///< with nothing: closes the connection
    kHang,       ///< with nothing until `Release`, then well
  };
  Reply reply = Reply::kWell;
  int number = 0;                      ///< the ErrorCode or the status
  std::chrono::milliseconds delay{0};  ///< before the reply, after the effect
  /// Whether the call changes the groups, independent of the reply.
  bool takes_effect = true;

  static ImConduct Well() { return {}; }
  /// Takes effect and replies after `delay`.
  static ImConduct Late(std::chrono::milliseconds delay) { return {.delay = delay}; }
  static ImConduct ErrorCode(int code) {
    return {.reply = Reply::kErrorCode, .number = code, .takes_effect = false};
  }
  static ImConduct Status(int status) {
    return {.reply = Reply::kStatus, .number = status, .takes_effect = false};
  }
  /// The reply, with or without the effect.
  static ImConduct Replying(Reply reply, bool takes_effect = false) {
    return {.reply = reply, .takes_effect = takes_effect};
  }
};

/// One received call.
struct ImCall {
  std::size_t number = 0;  ///< from 1, in order of arrival
  GroupCommand command = GroupCommand::kCreate;
  std::string group{};  ///< GroupId
  std::string body{};
  std::string target{};  ///< path and query
  std::string sdk_app_id{};
  std::string identifier{};
  std::string user_sig{};
};

/// Keeps groups as the service does: a second create gets 10025, and a call for an unknown group
/// 10010. A request that rtcroomd never sends gets 10004 and is only counted, in `bad_requests`.
///
/// @threads safe from any thread, except for `GoDown` and `GoUp`: one thread at a time.
class ImStandIn {
 public:
  /// Listens on a free port of 127.0.0.1.
  ImStandIn();
  ~ImStandIn();
  ImStandIn(const ImStandIn&) = delete;
  ImStandIn& operator=(const ImStandIn&) = delete;

  [[nodiscard]] std::string base_url() const { return service_.Url(); }

  /// For all later calls without a more specific setting below.
  void Behave(const ImConduct& conduct) EXCLUDES(mutex_);
  /// For the calls of one command, until set to nullopt.
  void Behave(GroupCommand command, std::optional<ImConduct> conduct) EXCLUDES(mutex_);
  /// For the next `calls` calls, of one command if given. Takes precedence over the above.
  void BehaveNext(std::size_t calls, const ImConduct& conduct,
                  std::optional<GroupCommand> command = std::nullopt) EXCLUDES(mutex_);

  /// For queries without effect (get_appid_group_list), which `calls` does not include.
  void BehaveForQuestions(const ImConduct& conduct) EXCLUDES(mutex_);
  [[nodiscard]] std::size_t questions() const EXCLUDES(mutex_);

  /// Completes the calls that hang or are late. Later calls follow their settings.
  void Release() EXCLUDES(mutex_);
  /// Number of calls that hang or are late.
  [[nodiscard]] std::size_t waiting() const EXCLUDES(mutex_);

  /// Refuses connections and closes existing ones: pending replies are not sent.
  void GoDown() EXCLUDES(mutex_);
  /// Listens again on the same port with the same groups.
  void GoUp() EXCLUDES(mutex_);

  /// Sets the function called after a group received a notice or message and before the reply, on
  /// the replying thread.
  void OnNotice(std::function<void(const std::string& group)> listener) EXCLUDES(mutex_);

  /// Adds a group of another owner: a create of that id gets 10021.
  void AddForeignGroup(const std::string& group) EXCLUDES(mutex_);

  [[nodiscard]] std::vector<ImCall> calls() const EXCLUDES(mutex_);
  [[nodiscard]] std::size_t CountCalls(GroupCommand command) const EXCLUDES(mutex_);
  [[nodiscard]] std::size_t bad_requests() const EXCLUDES(mutex_);
  [[nodiscard]] std::set<std::string> groups() const EXCLUDES(mutex_);
  [[nodiscard]] bool HasGroup(const std::string& group) const EXCLUDES(mutex_);
  /// The texts sent to a group, in order: Content of notices, Data of messages. A message that
  /// repeats the Random of an earlier one is dropped, as by the service.
  [[nodiscard]] std::vector<std::string> NoticesTo(const std::string& group) const EXCLUDES(mutex_);
  /// Total number of connections.
  [[nodiscard]] std::size_t connections() const { return service_.connections(); }

 private:
  struct Planned {
    ImConduct conduct{};
    std::optional<GroupCommand> command{};
    std::size_t calls = 0;
  };
  struct Request;

  StandInService::Said Answer(const std::string& received) EXCLUDES(mutex_);
  /// @param on_notice  receives the function to call after this one returns.
  StandInService::Said Treat(Request& request, std::function<void(const std::string&)>& on_notice)
      EXCLUDES(mutex_);
  StandInService::Said AnswerQuestion() EXCLUDES(mutex_);
  /// The reply, independent of the effect.
  StandInService::Said SendLocked(const ImConduct& conduct, int code, const std::string& target)
      REQUIRES(mutex_);
  ImConduct NextConductLocked(GroupCommand command) REQUIRES(mutex_);
  /// Applies the request to the groups. @return the ErrorCode.
  int ApplyLocked(const Request& request) REQUIRES(mutex_);
  /// Waits as long as this conduct requires.
  void WaitLocked(const ImConduct& conduct) REQUIRES(mutex_);

  mutable Mutex mutex_;
  CondVar changed_;
  ImConduct conduct_ GUARDED_BY(mutex_);
  std::map<GroupCommand, ImConduct> conduct_of_ GUARDED_BY(mutex_);
  std::vector<Planned> planned_ GUARDED_BY(mutex_);
  ImConduct question_conduct_ GUARDED_BY(mutex_);
  std::size_t questions_ GUARDED_BY(mutex_) = 0;
  std::size_t releases_ GUARDED_BY(mutex_) = 0;
  bool is_down_ GUARDED_BY(mutex_) = false;
  std::size_t waiting_ GUARDED_BY(mutex_) = 0;
  std::vector<ImCall> calls_ GUARDED_BY(mutex_);
  std::size_t bad_requests_ GUARDED_BY(mutex_) = 0;
  std::set<std::string> groups_ GUARDED_BY(mutex_);
  std::set<std::string> foreign_groups_ GUARDED_BY(mutex_);
  std::map<std::string, std::vector<std::string>> notices_ GUARDED_BY(mutex_);
  std::set<std::uint32_t> message_numbers_ GUARDED_BY(mutex_);
  std::function<void(const std::string&)> on_notice_ GUARDED_BY(mutex_);
  StandInService service_;  // last: its threads use all of the above
};

}  // namespace rtcroom
