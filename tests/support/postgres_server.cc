#include "tests/support/postgres_server.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <stdexcept>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <pwd.h>
#include <signal.h>
#include <unistd.h>

#include "daemon/base/system_clock.h"
#include "storage/postgres/pg_connection.h"
#include "tests/support/eventually.h"

namespace rtcroom {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kStandbyName = "standby";

fs::path NewestProgram(std::string_view name) {
  int newest = 0;
  const fs::path all = "/usr/lib/postgresql";
  if (fs::is_directory(all)) {
    for (const auto& entry : fs::directory_iterator(all)) {
      const std::string version = entry.path().filename().string();
      int number = 0;
      std::from_chars(version.data(), version.data() + version.size(), number);
      if (fs::exists(entry.path() / "bin" / name)) newest = std::max(newest, number);
    }
  }
  if (newest == 0) {
    throw std::runtime_error("no PostgreSQL: `deploy/install-packages test` installs it");
  }
  return all / std::to_string(newest) / "bin" / name;
}

/// The account that the server runs as; null: the test's own.
const passwd* ServerAccount() {
  if (::geteuid() != 0) return nullptr;
  for (const char* const name : {"postgres", "nobody"}) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): servers are started by one thread
    if (const passwd* const account = ::getpwnam(name)) return account;
  }
  throw std::runtime_error("PostgreSQL refuses to run as root, and there is no account `nobody`");
}

ChildCommand AsServer(std::string_view name, std::vector<std::string> arguments) {
  return AsServerAccount(NewestProgram(name), std::move(arguments));
}

void Run(const ChildCommand& command) {
  // A busy machine may give so little time that a new cluster takes more than a minute.
  const FinishedCommand finished = RunToEnd(command, std::chrono::minutes(10));
  if (finished.exit_code == 0) return;
  throw std::runtime_error(fmt::format("{} ended with {}: {}{}", fmt::join(command.arguments, " "),
                                       finished.exit_code, finished.out, finished.err));
}

void RunAsServer(std::string_view name, std::vector<std::string> arguments) {
  Run(AsServer(name, std::move(arguments)));
}

void Require(bool outcome, std::string_view what, const fs::path& log) {
  if (!outcome) throw std::runtime_error(fmt::format("{}: {}", what, ReadWholeFile(log)));
}

/// An empty cluster that never runs. Making one takes several times as long as a copy of it.
class NewCluster {
 public:
  NewCluster() {
    GiveToServerAccount(directory_.path());
    const fs::path password = directory_.path() / "password";
    std::ofstream(password) << kPostgresPassword << '\n';
    // By MD5, as each login by SCRAM takes thousands of hashes. A role may have a password for
    // SCRAM.
    RunAsServer("initdb", {"--pgdata=" + Data(), "--no-sync", "--no-locale", "--encoding=UTF8",
                           "--username=postgres", "--auth-local=trust", "--auth-host=md5",
                           "--pwfile=" + password.string()});
  }

  [[nodiscard]] std::string Data() const { return (directory_.path() / "data").string(); }

 private:
  const TempDirectory directory_;
};

}  // namespace

// A change of the user would clear the signal at the parent's end that ChildProcess sets.
ChildCommand AsServerAccount(const fs::path& program, std::vector<std::string> arguments) {
  ChildCommand command{.program = "/usr/bin/setpriv", .arguments = {"--pdeathsig", "KILL"}};
  if (const passwd* const account = ServerAccount()) {
    command.arguments.push_back(fmt::format("--reuid={}", account->pw_uid));
    command.arguments.push_back(fmt::format("--regid={}", account->pw_gid));
    command.arguments.emplace_back("--clear-groups");
  }
  command.arguments.push_back(program.string());
  std::ranges::move(arguments, std::back_inserter(command.arguments));
  return command;
}

void GiveToServerAccount(const fs::path& path) {
  const passwd* const account = ServerAccount();
  if (account == nullptr) return;
  if (::chown(path.c_str(), account->pw_uid, account->pw_gid) != 0) {
    throw std::system_error(errno, std::generic_category(), "chown " + path.string());
  }
}

Status ConnectToPostgres(PgConnection& connection, MonotonicTime deadline) {
  const SystemClock clock;
  while (true) {
    const MonotonicTime began = clock.Monotonic();
    Status connected = connection.Connect(deadline);
    const MonotonicTime now = clock.Monotonic();
    const bool was_slow = now - began >= PgConnection::kHostTime;
    if (connected || !was_slow || now >= deadline) return connected;
  }
}

PgRows QueryPostgres(const Secret& url, const std::string& sql) {
  const SystemClock clock;
  const MonotonicTime deadline = clock.Monotonic() + kWaitTimeout;
  const PgStatement statement{.name = "query", .sql = sql.c_str()};
  const Result<PgAddress> address = PgAddress::Parse(url);
  if (!address) throw std::runtime_error(address.error().detail);
  PgConnection connection(
      *address,
      {.planning = PgSettings::Planning::kServerDefaults, .statements = std::span(&statement, 1)},
      clock);
  if (const Status connected = ConnectToPostgres(connection, deadline); !connected) {
    throw std::runtime_error(connected.error().detail);
  }
  Result<PgRows> rows = connection.Run(PgCall(statement), deadline);
  if (!rows) throw std::runtime_error(rows.error().detail);
  return std::move(*rows);
}

PostgresServer::PostgresServer() {
  static const NewCluster cluster;
  GiveToServerAccount(directory_.path());
  Run(AsServerAccount("/usr/bin/cp", {"--archive", cluster.Data(), Data().string()}));
  Start();
}

PostgresServer::PostgresServer(const PostgresServer& primary, std::string_view name,
                               std::optional<int> relay) {
  GiveToServerAccount(directory_.path());
  const std::string way =
      relay ? fmt::format("host=127.0.0.1 port={} password={}", *relay, kPostgresPassword)
            : fmt::format("host={} port={}", primary.socket_directory().string(), primary.port());
  RunAsServer(
      "pg_basebackup",
      {"--pgdata=" + Data().string(), "--write-recovery-conf", "--checkpoint=fast", "--no-sync",
       fmt::format("--dbname={} user=postgres application_name={}", way, name)});
  Start();
}

PostgresServer::~PostgresServer() {
  if (process_) End(SIGQUIT);
}

Secret PostgresServer::Url() const {
  return Secret(
      fmt::format("postgresql://postgres:{}@127.0.0.1:{}/postgres", kPostgresPassword, port()));
}

Secret PostgresServer::UrlOfNewSchema() {
  const std::string schema = fmt::format("t_{}", ++schemas_);
  Execute("CREATE SCHEMA " + schema);
  return Secret(fmt::format("{}?options=-csearch_path%3D{}", Url().Reveal(), schema));
}

// With a time limit, pg_terminate_backend would look for each of them every 100 ms.
void PostgresServer::EndConnections(std::string_view which) const {
  Execute(fmt::format(R"(DO $$ DECLARE ended integer[]; BEGIN
      SELECT array_agg(pid) FILTER (WHERE pg_terminate_backend(pid)) INTO ended
      FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND {};
      WHILE EXISTS (SELECT FROM pg_stat_activity WHERE pid = ANY (ended)) LOOP
        PERFORM pg_sleep(0.001), pg_stat_clear_snapshot();
      END LOOP; END $$)",
                      which));
}

void PostgresServer::Start() {
  const fs::path log = directory_.path() / "log";
  ChildCommand command =
      AsServer("postgres", {"-D", Data().string(), "-p", std::to_string(port()), "-c",
                            "listen_addresses=127.0.0.1", "-c",
                            "unix_socket_directories=" + directory_.path().string()});
  command.stdout_file = log;
  command.stderr_file = log;
  process_ = std::make_unique<ChildProcess>(command);
  bool ended = false;
  const bool ready = Eventually([&] {
    ended = process_->WaitForExit(std::chrono::milliseconds(0)).has_value();
    return ended || IsReady();
  });
  Require(ready && !ended, "PostgreSQL does not start", log);
}

/// @source PostgreSQL, src/include/utils/pidfile.h: the process first, its state in the 8th line.
bool PostgresServer::IsReady() const {
  constexpr int kStateLine = 8;
  std::ifstream file(Data() / "postmaster.pid");
  std::string line;
  bool of_this_process = false;
  for (int number = 1; std::getline(file, line); ++number) {
    if (number == 1) of_this_process = line == std::to_string(process_->pid());
    if (number == kStateLine) return of_this_process && line.starts_with("ready");
  }
  return false;
}

void PostgresServer::ServeTls(const fs::path& certificate, const fs::path& key) const {
  for (const auto& [from, name] : {std::pair(certificate, "server.crt"), {key, "server.key"}}) {
    const fs::path to = Data() / name;  // where it looks by default
    fs::copy_file(from, to);
    fs::permissions(to, fs::perms::owner_read);
    GiveToServerAccount(to);
  }
  Execute("ALTER SYSTEM SET ssl = on");
  Execute("SELECT pg_reload_conf()");
  Require(
      Eventually([&] { return Query("SELECT 1 WHERE current_setting('ssl') = 'on'").size() == 1; }),
      "PostgreSQL does not serve TLS", directory_.path() / "log");
}

void PostgresServer::Stop() { End(SIGINT); }

void PostgresServer::Crash() { End(SIGQUIT); }

void PostgresServer::End(int signal) {
  SignalAll(SIGCONT);
  process_->Signal(signal);
  (void)process_->WaitForExit();
  process_.reset();  // kills what did not end
}

void PostgresServer::Freeze() const { SignalAll(SIGSTOP); }

void PostgresServer::Thaw() const { SignalAll(SIGCONT); }

void PostgresServer::SignalAll(int signal) const {
  process_->Signal(signal);  // first: it would start others
  std::ifstream children(
      fmt::format("/proc/{0}/task/{0}/children", static_cast<int>(process_->pid())));
  for (pid_t child = 0; children >> child;) ::kill(child, signal);
}

std::unique_ptr<PostgresServer> PostgresServer::MakeStandby(Standby kind,
                                                            std::optional<int> relay) {
  std::unique_ptr<PostgresServer> standby(new PostgresServer(*this, kStandbyName, relay));
  if (kind == Standby::kSynchronous) {
    Execute(fmt::format("ALTER SYSTEM SET synchronous_standby_names = '{}'", kStandbyName));
    Execute("SELECT pg_reload_conf()");
  }
  const std::string streaming = fmt::format(
      "SELECT 1 FROM pg_stat_replication WHERE state = 'streaming' AND sync_state = '{}'",
      kind == Standby::kSynchronous ? "sync" : "async");
  Require(Eventually([&] { return Query(streaming).size() == 1; }), "the standby does not stream",
          standby->directory_.path() / "log");
  return standby;
}

void PostgresServer::Promote() const {
  RunAsServer("pg_ctl", {"promote", "--wait", "--pgdata=" + Data().string()});
}

PostgresServer& SharedPostgres() {
  static PostgresServer server;
  return server;
}

}  // namespace rtcroom
