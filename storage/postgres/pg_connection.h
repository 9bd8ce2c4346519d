// A connection to PostgreSQL: prepared statements, run as pipelines, each with a deadline.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/base/secret.h"
#include "storage/postgres/name_lookup.h"
#include "storage/postgres/pg_address.h"
#include "storage/postgres/pg_error.h"
#include "storage/postgres/pg_hosts.h"
#include "storage/postgres/pg_rows.h"
#include "storage/postgres/pg_value.h"
#include "storage/shared/listed.h"

struct pg_conn;

namespace rtcroom {

/// A statement of the program's own; the texts outlive its calls. `name` is unique on a connection;
/// without one it is prepared with each call, for statements that run once.
struct PgStatement {
  const char* name = "";
  const char* sql = "";
};

/// All of them, in order.
inline std::vector<PgStatement> JoinStatements(
    std::initializer_list<std::span<const PgStatement>> lists) {
  std::vector<PgStatement> joined;
  for (const std::span<const PgStatement> list : lists) {
    joined.insert(joined.end(), list.begin(), list.end());
  }
  return joined;
}

/// A statement that the connections for reading prepare.
struct PgReaderStatement : PgStatement, Listed<PgReaderStatement> {
  PgReaderStatement(const char* unique_name, const char* text) : PgStatement{unique_name, text} {}
};

/// A statement that the connection for writing prepares.
struct PgWriterStatement : PgStatement, Listed<PgWriterStatement> {
  PgWriterStatement(const char* unique_name, const char* text) : PgStatement{unique_name, text} {}
};

/// @tparam Statement  `PgReaderStatement` or `PgWriterStatement`.
template <typename Statement>
std::vector<PgStatement> AllPgStatements() {
  std::vector<PgStatement> all;
  for (const Statement* const statement : Statement::All()) all.push_back(*statement);
  return all;
}

// Prepared on every connection.
inline constexpr PgStatement kPgBegin{.name = "begin", .sql = "BEGIN"};
inline constexpr PgStatement kPgCommit{.name = "commit", .sql = "COMMIT"};
inline constexpr PgStatement kPgRollback{.name = "rollback", .sql = "ROLLBACK"};

/// All statements of the transaction see the same moment.
inline constexpr PgStatement kPgBeginSnapshot{
    .sql = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"};

/// One run of a statement, with its parameters in order.
struct PgCall {
  template <typename... Values>
  explicit PgCall(const PgStatement& of, const Values&... values) : statement(of) {
    parameters.reserve(sizeof...(values));
    (parameters.emplace_back(values), ...);
  }

  PgStatement statement;
  std::vector<PgValue> parameters;
};

struct PgFailure {
  PgMeaning meaning = PgMeaning::kBroken;
  std::string sqlstate = {};  ///< empty when the server sent none
};

struct PgSettings {
  enum class Planning : std::uint8_t {
    /// Plans are made once, of nested loops over indexes, whatever the statistics; waits for locks
    /// and open transactions end after 2 s.
    kByIndexes,
    kServerDefaults,  ///< plans for checks and migrations
  };
  enum class SynchronousCommit : std::uint8_t {
    kOn,     ///< a commit waits for the synchronous standby, if there is one
    kLocal,  ///< waits for the disk of this server alone
  };
  Planning planning = Planning::kByIndexes;
  SynchronousCommit synchronous_commit = SynchronousCommit::kOn;
  /// Prepared by `Connect`; must outlive the connection.
  std::span<const PgStatement> statements = {};
};

/// Connects to a host that takes writes, whatever other hosts answer. Details of errors contain no
/// value and no password.
///
/// After a failure that leaves doubt about the server or the pipeline, it is closed: `connected`
/// is false, and the next `Connect` begins with the next host. Likewise when another connection to
/// the same address has since had a commit confirmed by another host (`RunConfirming`); that one is
/// tried first. So is, by a connection that has to connect anyway, one that another connection has
/// reached since. After other errors it is in no transaction, and can be used on. It never cancels
/// a statement: a commit whose wait for a standby is cancelled is reported as done.
///
/// @threads one thread at a time.
class PgConnection {
 public:
  PgConnection(const PgAddress& address, const PgSettings& settings, const Clock& clock);
  ~PgConnection();
  PgConnection(const PgConnection&) = delete;
  PgConnection& operator=(const PgConnection&) = delete;

  /// The longest that a host may take to accept the connection.
  static constexpr std::chrono::seconds kHostTime{2};

  /// Connects anew, to the first host that takes it, sets the session up, and prepares the
  /// statements. A host that does not answer is left for the next one after its share of the time,
  /// at the latest after `kHostTime`; one that has accepted the connection may prepare them until
  /// the deadline: the next one would not be faster.
  /// @errors kStoreBusy when no host took it: later. kStoreBroken when each of them refuses these
  /// credentials, this database, a setting or a statement, or has settings with which acknowledged
  /// changes could be lost (`pg::CheckSession`).
  Status Connect(MonotonicTime deadline);

  /// The time of the last try of the host that `Connect` would begin with; nullopt: none.
  [[nodiscard]] std::optional<MonotonicTime> LastTry();

  /// It is called from now on several times a second while a call waits: true ends the call, as if
  /// its time were over. Empty: calls end by themselves.
  void StopWhen(std::function<bool()> is_stopping) { is_stopping_ = std::move(is_stopping); }

  [[nodiscard]] bool connected() const { return connection_ != nullptr; }
  /// "host:port".
  [[nodiscard]] std::string PeerName() const;
  /// Whether that host was the last to confirm a commit.
  [[nodiscard]] bool IsAtPrimary() const { return shared_->primary.last() == host_; }

  /// Why commits of all connections to the address wait, as last heard.
  [[nodiscard]] StandbyWait standby_wait() const { return shared_->standby_wait; }

  /// Runs the calls in order, in one round trip, up to the first error. Without BEGIN they are one
  /// transaction. A transaction may stay open after success.
  /// @return a result for each call.
  /// @errors kStoreBusy when it may work later: nothing happened, unless `failure` is kLost.
  /// kStoreBroken.
  Result<std::vector<PgRows>> Run(std::span<const PgCall> calls, MonotonicTime deadline);
  Result<PgRows> Run(const PgCall& call, MonotonicTime deadline);

  /// It does what `Run` does for calls whose commit has waited for the synchronous standby, if
  /// there is one, when they have run: they change or lock a row of a logged table, with
  /// synchronous_commit=on. A commit of what only reads waits for nothing, even at an old primary.
  /// The host counts as the primary then, and the other connections to the address leave any other.
  /// When it has waited in vain, the error has the reason as far as it is known (`PgReplication`).
  Result<std::vector<PgRows>> RunConfirming(std::span<const PgCall> calls, MonotonicTime deadline);

  /// The failure of the last `Connect` or `Run` that failed.
  [[nodiscard]] const PgFailure& failure() const { return failure_; }

  void Close() { connection_.reset(); }
  /// It closes, and the next `Connect` begins with the next host. Does nothing unless it is
  /// connected: a host that was lost has been left.
  void Leave() {
    if (!connected()) return;
    Close();
    BeginWithNext();
  }

 private:
  struct Closer {
    void operator()(pg_conn* connection) const;
  };
  /// The content of the server's notices.
  struct Notices {
    bool ended = false;        ///< it ends the connection
    bool unconfirmed = false;  ///< a commit did not wait for the standby
  };

  static void ReceiveNotice(void* notices, const pg_result* notice);

  /// The next `Connect` begins with the next host, and so does the next address that is parsed.
  void BeginWithNext();
  /// Another host that has confirmed a commit since this one was tried.
  [[nodiscard]] std::optional<PgHost> NewPrimary() const;
  /// Begins with the host that other connections have reported.
  void FollowOthers();
  Status ConnectTo(const PgHost& host, MonotonicTime deadline);
  /// The end of the first host's share of the time, of that many hosts.
  [[nodiscard]] MonotonicTime ShareOf(MonotonicTime deadline, std::size_t hosts) const;
  /// The addresses of a host, comma separated.
  Result<std::string> LookUp(const PgHost& host, MonotonicTime deadline);
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> Options(
      const PgHost& host, const std::string& addresses) const;
  Status AwaitConnection(MonotonicTime deadline);
  /// Sets what holds for the session, and reads it back.
  Status BeginSession(MonotonicTime deadline);
  Status Prepare(MonotonicTime deadline);
  Result<std::vector<PgResultPtr>> RunUpToError(std::span<const PgCall> calls,
                                                MonotonicTime deadline);
  Status Check(std::span<const PgCall> calls);
  Status CheckStillOpen();
  Status Send(std::span<const PgCall> calls);
  Result<std::vector<PgResultPtr>> SyncAndCollect(MonotonicTime deadline);
  Status AwaitResult(MonotonicTime deadline);
  void RollBack(MonotonicTime deadline);
  /// False at the deadline, and when it is to stop.
  [[nodiscard]] bool Wait(int events, MonotonicTime deadline) const;

  [[nodiscard]] std::chrono::milliseconds Left(MonotonicTime deadline) const;

  Error NotConnected(std::string_view why, std::string sqlstate = {});
  Error Unsent(std::string_view why);
  Error Lost(std::string_view why, std::string sqlstate = {});
  Error StatementFailed(const pg_result* result, std::string_view name);

  const PgSettings settings_;
  const Clock& clock_;
  std::function<bool()> is_stopping_;
  std::vector<std::pair<std::string, Secret>> options_;
  std::vector<std::pair<std::string, std::string>> session_;  ///< settings
  PgHosts hosts_;
  const std::shared_ptr<PgSharedHosts> shared_;
  PgHost host_;                                ///< that it was connected to last
  std::uint64_t reached_before_ = 0;           ///< reports of hosts when it was tried
  std::uint64_t confirmed_before_ = 0;         ///< reports of primaries then
  std::map<std::string, NameLookup> lookups_;  ///< lookups that have not ended yet
  std::unique_ptr<pg_conn, Closer> connection_;
  std::map<std::string_view, std::vector<PgType>> parameter_types_;
  std::vector<std::string_view> sent_;  ///< names of the statements of the pipeline
  Notices notices_;
  PgFailure failure_;
};

}  // namespace rtcroom
