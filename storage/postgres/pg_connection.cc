#include "storage/postgres/pg_connection.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <list>

#include <fmt/format.h>
#include <poll.h>

#include "daemon/base/ip_address.h"
#include "storage/postgres/libpq.h"
#include "storage/postgres/pg_session.h"

namespace rtcroom {
namespace {

/// Between two questions whether to stop.
constexpr std::chrono::milliseconds kStopPeriod{200};

/// The end of the input counts as input.
bool HasInput(int socket) {
  pollfd entry{.fd = socket, .events = POLLIN, .revents = 0};
  return ::poll(&entry, 1, 0) > 0;
}

std::string Field(const PGresult* result, int field) {
  const char* const text = Pq().PQresultErrorField(result, field);
  return text != nullptr ? text : "";
}

bool IsUnnamed(const PgStatement& statement) { return *statement.name == '\0'; }

std::vector<PgRows> RowsOf(std::vector<PgResultPtr> results) {
  std::vector<PgRows> rows;
  rows.reserve(results.size());
  for (PgResultPtr& result : results) rows.emplace_back(std::move(result));
  return rows;
}

/// The name that messages give it.
std::string_view NameOf(const PgStatement& statement) {
  const std::string_view sql = statement.sql;
  return IsUnnamed(statement) ? sql.substr(0, sql.find('\n')) : statement.name;
}

}  // namespace

PgConnection::PgConnection(const PgAddress& address, const PgSettings& settings, const Clock& clock)
    : settings_(settings),
      clock_(clock),
      options_(address.options_),
      session_(address.session_),
      hosts_(address.hosts_),
      shared_(address.shared_) {}

PgConnection::~PgConnection() = default;

void PgConnection::Closer::operator()(pg_conn* connection) const { Pq().PQfinish(connection); }

void PgConnection::ReceiveNotice(void* notices, const pg_result* notice) {
  auto& noted = *static_cast<Notices*>(notices);
  const std::string severity = Field(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
  if (severity == "FATAL" || severity == "PANIC") noted.ended = true;
  // The only mark of this warning that is not translated.
  if (Field(notice, PG_DIAG_SOURCE_FUNCTION) == "SyncRepWaitForLSN") noted.unconfirmed = true;
}

std::vector<std::pair<std::string, std::string>> PgConnection::Options(
    const PgHost& host, const std::string& addresses) const {
  // libpq takes the last one of two equal keywords.
  std::vector<std::pair<std::string, std::string>> options = {
      {"fallback_application_name", "rtcroomd"},
      {"gssencmode", "disable"},
      {"keepalives_idle", "2"},
      {"keepalives_interval", "2"},
      {"keepalives_count", "2"},
      {"tcp_user_timeout", "4000"},
  };
  for (const auto& [keyword, value] : options_) options.emplace_back(keyword, value.Reveal());
  std::string names = host.name;  // one for each address
  for (const char c : addresses) {
    if (c == ',') names += "," + host.name;
  }
  options.emplace_back("host", names);
  options.emplace_back("hostaddr", addresses);
  options.emplace_back("port", host.port);
  options.emplace_back("client_encoding", "UTF8");
  options.emplace_back("target_session_attrs", "primary");
  return options;
}

Status PgConnection::Connect(MonotonicTime deadline) {
  Close();
  FollowOthers();
  const std::vector<PgHost> order = hosts_.InOrder();
  std::string failures;
  std::size_t refusals = 0;
  for (std::size_t place = 0; place < order.size(); ++place) {
    reached_before_ = shared_->reached.reports();
    confirmed_before_ = shared_->primary.reports();
    hosts_.Tried(place, clock_.Monotonic());
    Status connected = ConnectTo(order[place], ShareOf(deadline, order.size() - place));
    if (connected) connected = BeginSession(deadline);
    if (connected) connected = Prepare(deadline);
    if (connected) {
      host_ = order[place];
      hosts_.Worked(place);
      shared_->reached.Report(host_);
      return {};
    }
    Close();
    // A connection that is lost before it is prepared leaves nothing in doubt.
    if (failure_.meaning == PgMeaning::kLost) failure_.meaning = PgMeaning::kBusy;
    failures += (failures.empty() ? "" : "; ") + connected.error().detail;
    if (failure_.meaning == PgMeaning::kBroken) ++refusals;
    if (Left(deadline).count() <= 0) break;
  }
  hosts_.Failed();
  const bool is_lasting = refusals == order.size();  // of the others, one may take it later
  if (!is_lasting) failure_.meaning = PgMeaning::kBusy;
  return Error{is_lasting ? Errc::kStoreBroken : Errc::kStoreBusy,
               fmt::format("cannot connect to the database: {}", failures)};
}

std::optional<MonotonicTime> PgConnection::LastTry() {
  FollowOthers();
  return hosts_.first_tried_at();
}

void PgConnection::FollowOthers() {
  if (const auto other = shared_->reached.Other(host_, reached_before_)) hosts_.BeginWith(*other);
  if (const auto other = NewPrimary()) hosts_.BeginWith(*other);
}

std::optional<PgHost> PgConnection::NewPrimary() const {
  return shared_->primary.Other(host_, confirmed_before_);
}

MonotonicTime PgConnection::ShareOf(MonotonicTime deadline, std::size_t hosts) const {
  const MonotonicTime now = clock_.Monotonic();
  return now +
         std::min<MonotonicTime::duration>((deadline - now) / static_cast<int>(hosts), kHostTime);
}

Status PgConnection::ConnectTo(const PgHost& host, MonotonicTime deadline) {
  const Result<std::string> addresses = LookUp(host, deadline);
  if (!addresses) return addresses.error();
  const auto options = Options(host, *addresses);
  std::vector<const char*> keywords;
  std::vector<const char*> values;
  for (const auto& [keyword, value] : options) {
    keywords.push_back(keyword.c_str());
    values.push_back(value.c_str());
  }
  keywords.push_back(nullptr);
  values.push_back(nullptr);
  notices_ = {};
  connection_.reset(Pq().PQconnectStartParams(keywords.data(), values.data(), 0));
  if (!connection_) return NotConnected("out of memory");
  Pq().PQsetNoticeReceiver(connection_.get(), &ReceiveNotice, &notices_);
  // Nothing else gives the SQLSTATE of a refusal.
  Pq().PQsetErrorVerbosity(connection_.get(), PQERRORS_VERBOSE);

  if (const Status reached = AwaitConnection(deadline); !reached) return reached;
  if (Pq().PQsetnonblocking(connection_.get(), 1) != 0 ||
      Pq().PQenterPipelineMode(connection_.get()) != 1) {
    return NotConnected(Pq().PQerrorMessage(connection_.get()));
  }
  return {};
}

Result<std::string> PgConnection::LookUp(const PgHost& host, MonotonicTime deadline) {
  // A Unix socket is no name either.
  if (!host.address.empty() || host.name.empty() || host.name.starts_with('/') ||
      host.name.starts_with('@')) {
    return host.address;
  }
  if (IpAddress::Parse(host.name)) return host.name;
  // One that began in an earlier attempt is waited for again.
  const auto lookup = lookups_.try_emplace(host.name, host.name).first;
  while (!lookup->second.ended()) {
    const std::chrono::milliseconds left = Left(deadline);
    if (left.count() <= 0) {
      return NotConnected(fmt::format("no address of \"{}\" within the time limit", host.name));
    }
    lookup->second.Wait(left);
  }
  const Result<std::vector<std::string>> addresses = lookup->second.Addresses();
  lookups_.erase(lookup);
  if (addresses) return fmt::format("{}", fmt::join(*addresses, ","));
  return NotConnected(fmt::format("no address of \"{}\": {}", host.name, addresses.error().detail));
}

Status PgConnection::AwaitConnection(MonotonicTime deadline) {
  PostgresPollingStatusType next = PGRES_POLLING_WRITING;
  while (Pq().PQstatus(connection_.get()) != CONNECTION_BAD && next != PGRES_POLLING_FAILED) {
    if (next == PGRES_POLLING_OK) return {};
    if (!Wait(next == PGRES_POLLING_READING ? POLLIN : POLLOUT, deadline)) {
      // The message ends with the host that is being tried, and "failed: ".
      return NotConnected(ParsePgError(Pq().PQerrorMessage(connection_.get())).text +
                          "no answer within the time limit");
    }
    next = Pq().PQconnectPoll(connection_.get());
  }
  PgErrorText error = ParsePgError(Pq().PQerrorMessage(connection_.get()));
  return NotConnected(error.text, std::move(error.sqlstate));
}

std::string PgConnection::PeerName() const {
  if (!connection_) return {};
  return fmt::format("{}:{}", Pq().PQhost(connection_.get()), Pq().PQport(connection_.get()));
}

Status PgConnection::BeginSession(MonotonicTime deadline) {
  const auto run = [&](const std::vector<PgCall>& calls) -> Result<std::vector<PgRows>> {
    if (const Status sent = Send(calls); !sent) return sent.error();
    auto results = SyncAndCollect(deadline);
    if (!results) return results.error();
    return RowsOf(*std::move(results));
  };
  auto set = run(pg::SetSession(settings_, session_));
  if (!set) return set.error();
  auto read = run(pg::ReadSession());
  if (!read) return read.error();
  const Status held = pg::CheckSession(settings_, *std::move(set), *std::move(read));
  if (held) return {};
  failure_ = {.meaning = PgMeaning::kBroken};
  return Error{held.error().code, fmt::format("{}: {}", PeerName(), held.error().detail)};
}

Status PgConnection::Prepare(MonotonicTime deadline) {
  std::vector<PgStatement> statements = {kPgBegin, kPgCommit, kPgRollback};
  statements.insert(statements.end(), settings_.statements.begin(), settings_.statements.end());
  sent_.clear();
  for (const PgStatement& statement : statements) {
    if (Pq().PQsendPrepare(connection_.get(), statement.name, statement.sql, 0, nullptr) != 1 ||
        Pq().PQsendDescribePrepared(connection_.get(), statement.name) != 1) {
      return Lost(Pq().PQerrorMessage(connection_.get()));
    }
    sent_.insert(sent_.end(), 2, statement.name);
  }
  const auto results = SyncAndCollect(deadline);
  if (!results) return results.error();

  parameter_types_.clear();
  for (std::size_t i = 0; i < statements.size(); ++i) {
    const PGresult* const description = (*results)[2 * i + 1].get();
    std::vector<PgType>& types = parameter_types_[statements[i].name];
    for (int n = 0; n < Pq().PQnparams(description); ++n) {
      types.push_back(static_cast<PgType>(Pq().PQparamtype(description, n)));
    }
  }
  return {};
}

Result<PgRows> PgConnection::Run(const PgCall& call, MonotonicTime deadline) {
  auto results = Run(std::span(&call, 1), deadline);
  if (!results) return results.error();
  return std::move(results->front());
}

Result<std::vector<PgRows>> PgConnection::Run(std::span<const PgCall> calls,
                                              MonotonicTime deadline) {
  const bool was_connected = connected();
  auto results = RunUpToError(calls, deadline);
  if (!results) {
    RollBack(deadline);
    if (was_connected && !connected()) BeginWithNext();
    return results.error();
  }
  return RowsOf(*std::move(results));
}

Result<std::vector<PgRows>> PgConnection::RunConfirming(std::span<const PgCall> calls,
                                                        MonotonicTime deadline) {
  auto results = Run(calls, deadline);
  if (results) {
    shared_->Confirmed(host_);
  } else if (failure_.meaning == PgMeaning::kLost && clock_.Monotonic() >= deadline) {
    shared_->is_late = true;
    const std::string_view why = StandbyWaitText(shared_->standby_wait);
    if (!why.empty()) return Error{Errc::kStoreBusy, std::string(why)};
  }
  return results;
}

Result<std::vector<PgResultPtr>> PgConnection::RunUpToError(std::span<const PgCall> calls,
                                                            MonotonicTime deadline) {
  if (const Status fit = Check(calls); !fit) return fit.error();
  if (clock_.Monotonic() >= deadline) return Unsent("no time is left");
  if (const Status open = CheckStillOpen(); !open) return open.error();
  if (const Status sent = Send(calls); !sent) return sent.error();
  return SyncAndCollect(deadline);
}

Status PgConnection::Check(std::span<const PgCall> calls) {
  if (!connection_) return Unsent("not connected");
  const auto refused = [&](const PgCall& call, std::string_view why) {
    failure_ = {};
    return Error{Errc::kStoreBroken, fmt::format("statement {}: {}", NameOf(call.statement), why)};
  };
  for (const PgCall& call : calls) {
    const std::vector<PgType>* types = nullptr;
    if (!IsUnnamed(call.statement)) {
      const auto prepared = parameter_types_.find(call.statement.name);
      if (prepared == parameter_types_.end()) return refused(call, "not prepared");
      types = &prepared->second;
      if (types->size() != call.parameters.size()) {
        return refused(call, fmt::format("{} parameters instead of {}", call.parameters.size(),
                                         types->size()));
      }
    }
    for (std::size_t i = 0; i < call.parameters.size(); ++i) {
      const PgValue& value = call.parameters[i];
      if (types != nullptr && !value.Suits((*types)[i])) {
        return refused(call, fmt::format("parameter {} is {} instead of {}", i + 1,
                                         PgTypeName(value.type()), PgTypeName((*types)[i])));
      }
      if (!value.fault().empty()) {
        return refused(call, fmt::format("parameter {} is {}", i + 1, value.fault()));
      }
    }
  }
  return {};
}

/// Finds a connection that the server has ended before anything is sent: nothing is in doubt then.
Status PgConnection::CheckStillOpen() {
  if (NewPrimary()) {
    Close();
    return Unsent("another host is the primary");
  }
  bool readable = true;
  do {
    readable = Pq().PQconsumeInput(connection_.get()) == 1;
  } while (readable && HasInput(Pq().PQsocket(connection_.get())));
  (void)Pq().PQisBusy(connection_.get());  // hands notices to ReceiveNotice
  if (readable && !notices_.ended) return {};
  Close();
  return Unsent("the server ended the connection");
}

Status PgConnection::Send(std::span<const PgCall> calls) {
  notices_ = {};
  sent_.clear();
  for (const PgCall& call : calls) {
    std::vector<const char*> values;
    std::vector<int> lengths;
    std::list<std::string> widened;
    const auto prepared = parameter_types_.find(call.statement.name);
    for (std::size_t i = 0; i < call.parameters.size(); ++i) {
      const PgValue& value = call.parameters[i];
      const PgType wanted = IsUnnamed(call.statement) ? value.type() : prepared->second[i];
      const std::string* bytes = &value.bytes();
      if (bytes->size() < PgWidthOf(wanted)) bytes = &widened.emplace_back(value.BytesAs(wanted));
      values.push_back(value.is_null() ? nullptr : bytes->data());
      lengths.push_back(static_cast<int>(bytes->size()));
    }
    const std::vector<int> formats(values.size(), 1);
    const int count = static_cast<int>(values.size());
    int sent = 0;
    if (IsUnnamed(call.statement)) {
      std::vector<Oid> types;
      types.reserve(call.parameters.size());
      for (const PgValue& value : call.parameters) types.push_back(static_cast<Oid>(value.type()));
      sent = Pq().PQsendQueryParams(connection_.get(), call.statement.sql, count, types.data(),
                                    values.data(), lengths.data(), formats.data(), 1);
    } else {
      sent = Pq().PQsendQueryPrepared(connection_.get(), call.statement.name, count, values.data(),
                                      lengths.data(), formats.data(), 1);
    }
    if (sent != 1) return Lost(Pq().PQerrorMessage(connection_.get()));
    sent_.push_back(NameOf(call.statement));
  }
  return {};
}

Result<std::vector<PgResultPtr>> PgConnection::SyncAndCollect(MonotonicTime deadline) {
  if (Pq().PQpipelineSync(connection_.get()) != 1)
    return Lost(Pq().PQerrorMessage(connection_.get()));
  std::vector<PgResultPtr> results;
  Status status;
  while (true) {
    if (const Status ready = AwaitResult(deadline); !ready) return ready.error();
    PgResultPtr result(Pq().PQgetResult(connection_.get()));
    if (!result) {  // the end of one statement's results
      if (Pq().PQstatus(connection_.get()) == CONNECTION_OK) continue;
      return Lost(Pq().PQerrorMessage(connection_.get()));
    }
    const ExecStatusType kind = Pq().PQresultStatus(result.get());
    if (kind == PGRES_COMMAND_OK || kind == PGRES_TUPLES_OK) {
      results.push_back(std::move(result));
    } else if (kind == PGRES_FATAL_ERROR) {
      status = StatementFailed(result.get(),
                               results.size() < sent_.size() ? sent_[results.size()] : "sync");
      if (!connection_) return status.error();
    } else if (kind == PGRES_PIPELINE_SYNC) {
      if (!status) return status.error();
      if (notices_.unconfirmed) return Lost("a wait for the standby was cancelled");
      if (results.size() != sent_.size()) return Lost("results are missing");
      return results;
    } else if (kind != PGRES_PIPELINE_ABORTED) {
      return Lost(fmt::format("an unexpected {}", Pq().PQresStatus(kind)));
    }
  }
}

Status PgConnection::AwaitResult(MonotonicTime deadline) {
  bool readable = true;
  while (Pq().PQisBusy(connection_.get()) != 0) {
    if (!readable) return Lost(Pq().PQerrorMessage(connection_.get()));
    const bool unsent = Pq().PQflush(connection_.get()) != 0;
    if (!Wait(unsent ? POLLIN | POLLOUT : POLLIN, deadline)) {
      return Lost("no answer within the time limit");
    }
    // What arrived before the end of the connection is still read.
    readable = Pq().PQconsumeInput(connection_.get()) == 1;
  }
  return {};
}

/// Leaves the transaction that a statement failed in. The outcome stays that of the statement.
void PgConnection::RollBack(MonotonicTime deadline) {
  if (!connection_ || Pq().PQtransactionStatus(connection_.get()) == PQTRANS_IDLE) return;
  const PgFailure of_statement = failure_;
  const PgCall call(kPgRollback);
  if (Send(std::span(&call, 1))) (void)SyncAndCollect(deadline);
  failure_ = of_statement;
}

bool PgConnection::Wait(int events, MonotonicTime deadline) const {
  while (true) {
    auto left = Left(deadline);
    if (left.count() <= 0) return false;
    if (is_stopping_) {
      if (is_stopping_()) return false;
      left = std::min(left, kStopPeriod);
    }
    pollfd entry{
        .fd = Pq().PQsocket(connection_.get()), .events = static_cast<short>(events), .revents = 0};
    if (entry.fd < 0) return true;  // libpq knows why
    const int timeout =
        static_cast<int>(std::min<std::int64_t>(left.count(), std::numeric_limits<int>::max()));
    if (::poll(&entry, 1, timeout) > 0) return true;
  }
}

std::chrono::milliseconds PgConnection::Left(MonotonicTime deadline) const {
  return std::chrono::ceil<std::chrono::milliseconds>(deadline - clock_.Monotonic());
}

void PgConnection::BeginWithNext() {
  hosts_.Failed();
  shared_->Left(hosts_.InOrder().front());
}

Error PgConnection::NotConnected(std::string_view why, std::string sqlstate) {
  const bool lasting = IsLastingPgRefusal(sqlstate);
  failure_ = {.meaning = lasting ? PgMeaning::kBroken : PgMeaning::kBusy,
              .sqlstate = std::move(sqlstate)};
  return Error{Errc::kStoreBusy, std::string(why)};
}

Error PgConnection::Unsent(std::string_view why) {
  failure_ = {.meaning = PgMeaning::kBusy};
  return Error{Errc::kStoreBusy, fmt::format("nothing was sent to the database: {}", why)};
}

Error PgConnection::Lost(std::string_view why, std::string sqlstate) {
  failure_ = {.meaning = PgMeaning::kLost, .sqlstate = std::move(sqlstate)};
  const std::string_view cause = why.substr(0, why.find('\n'));  // its consequences follow
  Error error{Errc::kStoreBusy, fmt::format("the connection to the database {} was lost: {}",
                                            PeerName(), ParsePgError(cause).text)};
  Close();
  return error;
}

Error PgConnection::StatementFailed(const pg_result* result, std::string_view name) {
  const std::string sqlstate = Field(result, PG_DIAG_SQLSTATE);
  const std::string severity = Field(result, PG_DIAG_SEVERITY_NONLOCALIZED);
  if (sqlstate.empty()) return Lost(Pq().PQresultErrorMessage(result));  // by libpq itself
  // The other fields may hold values.
  const std::string message = Field(result, PG_DIAG_MESSAGE_PRIMARY);
  if (severity != "ERROR" || sqlstate.starts_with("08") || sqlstate == "57P01" ||
      sqlstate == "57P02" || sqlstate == "57P03") {
    return Lost(message, sqlstate);
  }
  failure_ = {.meaning = PgMeaningOf(sqlstate), .sqlstate = sqlstate};
  if (IsOfPgConnection(sqlstate)) Close();
  return Error{failure_.meaning == PgMeaning::kBroken ? Errc::kStoreBroken : Errc::kStoreBusy,
               fmt::format("statement {}: {} (SQLSTATE {})", name, message, sqlstate)};
}

}  // namespace rtcroom
