#include <string>
#include <string_view>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "daemon/cli/commands.h"

namespace rtcroom {
namespace {

// Files are completed where no word fits, as after --config.
constexpr std::string_view kBash =
    R"sh(# Completion of rtcroomd for bash: eval "$(rtcroomd completion bash)"
_rtcroomd() {{
  local word command= candidates=
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
    case "$command $word" in
{commands}    esac
  done
  case "$command" in
{candidates}  esac
  COMPREPLY=($(compgen -W "$candidates" -- "${{COMP_WORDS[COMP_CWORD]}}"))
}}
complete -o default -F _rtcroomd rtcroomd
)sh";

constexpr std::string_view kZsh = R"sh(#compdef rtcroomd
# Completion of rtcroomd for zsh, after compinit: eval "$(rtcroomd completion zsh)"
_rtcroomd() {{
  local word command= candidates=
  for word in "${{(@)words[2,CURRENT-1]}}"; do
    case "$command $word" in
{commands}    esac
  done
  case "$command" in
{candidates}  esac
  compadd -- ${{=candidates}} || _files
}}
# As a file in fpath it is run in the place of the function.
if [[ "${{funcstack[1]-}}" == _rtcroomd ]]; then _rtcroomd; else compdef _rtcroomd rtcroomd; fi
)sh";

/// Lines of `case`, which both shells understand.
struct Cases {
  std::string commands{};    ///< the words that select a command
  std::string candidates{};  ///< what may follow each command
};

void AddCases(const CLI::App& app, const std::string& path, Cases& cases) {
  std::string candidates = app.get_name() == "completion" ? "bash zsh " : "";
  for (const CLI::App* command : app.get_subcommands({})) {
    candidates += command->get_name() + ' ';
    const std::string below = path + ' ' + command->get_name();
    cases.commands += fmt::format("      (\"{}\") command=\"{}\" ;;\n", below, below);
    AddCases(*command, below, cases);
  }
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) candidates += "--" + name + ' ';
  }
  if (!candidates.empty()) candidates.pop_back();
  cases.candidates += fmt::format("    (\"{}\") candidates=\"{}\" ;;\n", path, candidates);
}

}  // namespace

int RunCompletion(const std::string& shell, const CLI::App& app, const CliContext& context) {
  Cases cases;
  AddCases(app, "", cases);
  context.out << fmt::format(fmt::runtime(shell == "zsh" ? kZsh : kBash),
                             fmt::arg("commands", cases.commands),
                             fmt::arg("candidates", cases.candidates));
  return kExitOk;
}

}  // namespace rtcroom
