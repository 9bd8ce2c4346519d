#include "daemon/cli/cli.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "daemon/base/nearest_name.h"
#include "daemon/base/version.h"
#include "daemon/cli/access_options.h"
#include "daemon/cli/commands.h"
#include "daemon/cli/printable.h"
#include "daemon/cli/recordings_options.h"
#include "daemon/cli/rooms_options.h"
#include "daemon/cli/store_options.h"
#include "daemon/cli/users_options.h"

namespace rtcroom {
namespace {

constexpr std::int64_t kMaxSigSeconds = 10LL * 366 * 24 * 3600;

// All command-line options. Secrets cannot be options: every user of a machine can see them.
struct Options {
  std::optional<std::string> config = {};
  bool dev = false;
  std::string dev_host = std::string(kDevHost);
  std::optional<std::uint16_t> dev_port = {};
  std::string user_id = {};
  std::optional<std::int64_t> expire = {};
  std::string sig = {};
  std::optional<std::string> url = {};
  std::string shell = {};
  WorkerCommand mix_worker = {};
  WorkerCommand web_worker = {};
};

// The commands and the targets of their options.
class Commands {
 public:
  Commands(CLI::App& app, Options& options)
      : options_(options),
        serve_(Add(app, "serve", "Run the server until SIGTERM or SIGINT")),
        check_config_(Add(app, "check-config", "Print all problems of the configuration")),
        default_config_(Add(app, "default-config", "Print a complete, commented configuration")),
        user_sig_(Add(app, "user-sig", "Sign or verify a login ticket")),
        sign_(Add(*user_sig_, "sign", "Print a UserSig")),
        verify_(Add(*user_sig_, "verify", "Check a UserSig")),
        health_check_(Add(app, "health-check", "Exit 0 when the server is ready")),
        store_(app),
        rooms_(app),
        users_(app),
        recordings_(app),
        mix_worker_(Add(app, "mix-worker", "Mix the streams of live rooms, beside a server")),
        web_worker_(
            Add(app, "web-worker", "Serve the media of browsers (WHIP, WHEP), beside a server")),
        completion_(Add(app, "completion", "Print a script that completes commands in a shell")),
        version_(Add(app, "version", "Print the version and those of the libraries")),
        app_(app) {
    app.require_subcommand(1);
    app.set_version_flag("--version", "rtcroomd " + std::string(kVersion), "Print the version");
    user_sig_->require_subcommand(1);
    for (CLI::App* command : {serve_, sign_, verify_, health_check_}) {
      command->add_option("--config", options_.config, "Configuration file (TOML)");
    }
    check_config_->add_option("--config", options_.config,
                              "Configuration file (TOML); - is the standard input");
    for (CLI::App* command : {serve_, check_config_}) {
      command->add_flag("--dev", options_.dev,
                        "Loopback only, with keys and a certificate made on the spot");
    }
    for (CLI::App* command : {sign_, verify_}) {
      command->add_flag("--dev", options_.dev, "With the key of `serve --dev` in this folder");
    }
    serve_
        ->add_option("--host", options_.dev_host,
                     "With --dev: serve phones on this address of the machine, not on loopback")
        ->needs("--dev")
        ->check(CLI::ValidIPV4);
    AddDevPortOption(*serve_, options_.dev_port);
    for (CLI::App* command : {sign_, verify_}) {
      command->add_option("--user-id", options_.user_id, "Whose ticket it is")->required();
    }
    sign_->add_option("--expire", options_.expire, "Life in seconds (default: im.user_sig_ttl)")
        ->check(CLI::Range(std::int64_t{1}, kMaxSigSeconds));
    verify_->add_option("SIG", options_.sig, "The ticket")->required();
    AddWorkerOptions(*mix_worker_, "mix", options_.mix_worker);
    AddWorkerOptions(*web_worker_, "web", options_.web_worker);
    completion_->add_option("SHELL", options_.shell, "bash or zsh")
        ->required()
        ->check(CLI::IsMember({"bash", "zsh"}));
    health_check_->add_option("--url", options_.url, "What to ask (default: the admin listener)");
  }

  /// @param arguments  what was parsed, for a command that another program runs.
  [[nodiscard]] int Run(std::span<const std::string> arguments, const CliContext& context) const {
    const RunMode mode = options_.dev ? RunMode::kDev : RunMode::kNormal;
    if (serve_->parsed()) {
      return RunServe({options_.config, mode, options_.dev_host, options_.dev_port}, context);
    }
    if (check_config_->parsed()) return RunCheckConfig(options_.config, mode, context);
    if (default_config_->parsed()) return RunDefaultConfig(context);
    if (sign_->parsed()) return RunUserSigSign(Sign(), context);
    if (verify_->parsed()) return RunUserSigVerify({Ticket(), options_.sig}, context);
    if (health_check_->parsed()) return RunHealthCheck(options_.url, options_.config, context);
    if (store_.parsed()) return store_.Run(context);
    if (rooms_.parsed()) return rooms_.Run(context);
    if (users_.parsed()) return users_.Run(context);
    if (recordings_.parsed()) return recordings_.Run(context);
    if (mix_worker_->parsed()) return RunMixWorkerCommand(options_.mix_worker, context);
    if (web_worker_->parsed()) return RunWebWorkerCommand(arguments.subspan(1), context);
    if (completion_->parsed()) return RunCompletion(options_.shell, app_, context);
    return RunVersion(context);
  }

 private:
  static CLI::App* Add(CLI::App& parent, const char* name, const char* description) {
    return parent.add_subcommand(name, description);
  }

  [[nodiscard]] TicketOptions Ticket() const {
    return {.config = options_.config,
            .mode = options_.dev ? RunMode::kDev : RunMode::kNormal,
            .user_id = options_.user_id};
  }
  [[nodiscard]] SignOptions Sign() const {
    SignOptions sign = {.ticket = Ticket()};
    if (options_.expire) sign.life = std::chrono::seconds(*options_.expire);
    return sign;
  }

  Options& options_;
  CLI::App* const serve_;
  CLI::App* const check_config_;
  CLI::App* const default_config_;
  CLI::App* const user_sig_;
  CLI::App* const sign_;
  CLI::App* const verify_;
  CLI::App* const health_check_;
  StoreOptions store_;
  RoomsOptions rooms_;
  UsersOptions users_;
  RecordingsOptions recordings_;
  CLI::App* const mix_worker_;
  CLI::App* const web_worker_;
  CLI::App* const completion_;
  CLI::App* const version_;
  const CLI::App& app_;
};

std::vector<std::string> NamesOfCommands(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
  return names;
}

std::vector<std::string> NamesOfOptions(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_snames()) names.push_back("-" + name);
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

/// "" when `word` is one of `names`.
std::string FaultOfName(std::string_view kind, const std::string& word,
                        std::span<const std::string> names) {
  if (std::ranges::find(names, word) != names.end()) return "";
  return fmt::format("unknown {}: {}{}\nRun with --help for more information.\n", kind,
                     Printable(word), DidYouMean(word, names));
}

/// The fault in the words that select a command, or the help where a word is missing; "" without a
/// fault. The message of the library is only that a command is required.
std::string FaultOfCommand(const CLI::App& app, std::span<const std::string> arguments) {
  const std::vector<std::string> names = NamesOfCommands(app);
  if (names.empty()) return "";
  if (arguments.empty()) {
    return app.help(app.get_parent() == nullptr ? "" : app.get_parent()->get_name());
  }
  const std::string& word = arguments.front();
  if (word.starts_with('-')) return FaultOfName("option", word, NamesOfOptions(app));
  const std::string fault = FaultOfName("command", word, names);
  return fault.empty() ? FaultOfCommand(*app.get_subcommand(word), arguments.subspan(1)) : fault;
}

}  // namespace

int RunCli(const std::vector<std::string>& arguments, const CliContext& context) {
  CLI::App app("A room server for mini-programs", "rtcroomd");
  Options options;
  const Commands commands(app, options);
  if (const std::string fault = FaultOfCommand(app, arguments); !fault.empty()) {
    context.err << fault;
    return kExitUsage;
  }
  try {
    // The library parses the arguments from the back.
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::ParseError& failure) {
    // The library reports a request for help as an error; it prints that to `out`, the rest to
    // `err`.
    return app.exit(failure, context.out, context.err) == 0 ? kExitOk : kExitUsage;
  }
  return commands.Run(arguments, context);
}

}  // namespace rtcroom
