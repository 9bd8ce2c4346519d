#include "daemon/config/load_config.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "daemon/base/nearest_name.h"
#include "daemon/base/text_file.h"
#include "daemon/config/config_key.h"
#include "daemon/config/dev_ports.h"
#include "daemon/config/toml_reader.h"

namespace rtcroom {
namespace {

constexpr std::string_view kVariablePrefix = "RTCROOMD_";
constexpr std::string_view kFileSuffix = "_FILE";
constexpr std::size_t kMaxFileBytes = 1 << 20;
constexpr std::size_t kMaxSecretFileBytes = 4096 + 2;  // a secret and its line end

// A name from the configuration, safe to print: one line, limited length.
std::string Printable(std::string_view name) {
  std::string printable(name.substr(0, 64));
  std::ranges::replace_if(printable, [](char c) { return c < ' ' || c > '~'; }, '?');
  return printable;
}

class Loader {
 public:
  explicit Loader(const ConfigSource& source) : mode_(source.mode) {
    if (mode_ != RunMode::kDev) return;
    outcome_.config = DevDefaults(source.dev_host);
    if (source.dev_port) MoveDevPorts(*source.dev_port, outcome_.config);
  }

  void LoadToml(std::string_view text) {
    const Result<std::vector<RawSection>> sections = ReadToml(text);
    if (!sections) {
      Refuse(std::string(kWholeConfiguration), sections.error().detail);
      return;
    }
    for (const RawSection& section : *sections) LoadSection(section);
  }

  void LoadEnvironment(const Environment& environment) {
    for (const auto& [variable, value] : environment) {
      if (variable.starts_with(kVariablePrefix)) LoadVariable(variable, value, environment);
    }
  }

  // Skips keys that already have a problem: one mistake would be reported twice, once misleadingly.
  void AddUnlessKnown(std::vector<ConfigProblem> problems) {
    for (ConfigProblem& problem : problems) {
      if (!HasProblem(outcome_, problem.key)) outcome_.problems.push_back(std::move(problem));
    }
  }

  ConfigOutcome Finish() && {
    AddUnlessKnown(FindConflicts(outcome_.config, mode_));
    return std::move(outcome_);
  }

 private:
  void Refuse(std::string key, std::string sentence) {
    outcome_.problems.push_back({std::move(key), std::move(sentence)});
  }

  void LoadSection(const RawSection& section) {
    const std::string name = Printable(section.name);
    if (std::ranges::find(keys_, section.name, &ConfigKey::section) == keys_.end()) {
      Refuse(name, fmt::format("unknown {} (line {}){}", section.is_table ? "section" : "key",
                               section.line, DidYouMean(section.name, Names(&ConfigKey::section))));
      return;
    }
    if (!section.is_table) {
      Refuse(name, fmt::format("must be a section, [{}] (line {})", name, section.line));
      return;
    }
    for (const RawEntry& entry : section.entries) {
      const std::string where = fmt::format("line {}", entry.line);
      const auto key = std::ranges::find_if(keys_, [&](const ConfigKey& candidate) {
        return candidate.section == section.name && candidate.name == entry.key;
      });
      if (key == keys_.end()) {
        Refuse(fmt::format("{}.{}", name, Printable(entry.key)),
               fmt::format("unknown key ({}){}", where, MeantKey(section.name, entry.key)));
      } else {
        Set(*key, entry.value, where);
      }
    }
  }

  void LoadVariable(const std::string& variable, const std::string& value,
                    const Environment& environment) {
    for (const ConfigKey& key : keys_) {
      const std::string name = key.VariableName();
      if (variable == name) {
        Set(key, RawFromText(key.rule, value), variable);
        return;
      }
      if (key.IsSecret() && variable == name + std::string(kFileSuffix)) {
        if (environment.contains(name)) {
          Refuse(key.FullName(), fmt::format("set by both {} and {}", name, variable));
        } else {
          LoadSecretFile(key, variable, value);
        }
        return;
      }
    }
    if (NamesASection(variable) && !IsServiceVariable(variable, value)) {
      Refuse(Printable(variable), "unknown variable: no key has this name" +
                                      DidYouMean(variable, Names(&ConfigKey::VariableName)));
    }
    // Other variables are ignored: Kubernetes sets RTCROOMD_PORT and the like for a service called
    // rtcroomd, RTCROOMD_ADMIN_PORT for one called rtcroomd-admin.
  }

  /// @param name  of a key: a member of it, or a function that makes one.
  template <typename Name>
  std::vector<std::string> Names(Name name) const {
    std::vector<std::string> names;
    for (const ConfigKey& key : keys_) names.emplace_back(std::invoke(name, key));
    return names;
  }

  /// "" or a question: the nearest name of the section, or that name in another one.
  std::string MeantKey(std::string_view section, std::string_view entry) const {
    std::vector<std::string> of_section;
    for (const ConfigKey& key : keys_) {
      if (key.section == section) of_section.emplace_back(key.name);
    }
    std::string question = DidYouMean(entry, of_section);
    const auto elsewhere = std::ranges::find(keys_, entry, &ConfigKey::name);
    if (!question.empty() || elsewhere == keys_.end()) return question;
    return fmt::format("; did you mean {}?", elsewhere->FullName());
  }

  bool NamesASection(std::string_view variable) const {
    return std::ranges::any_of(keys_, [&](const ConfigKey& key) {
      const std::string name = key.VariableName();
      return variable.starts_with(name.substr(0, name.find('_', kVariablePrefix.size()) + 1));
    });
  }

  void LoadSecretFile(const ConfigKey& key, const std::string& variable, const std::string& path) {
    Result<std::string> content = ReadTextFile(path, kMaxSecretFileBytes);
    if (!content) {
      Refuse(key.FullName(), fmt::format("its file {} ({})", content.error().detail, variable));
      return;
    }
    if (content->ends_with('\n')) content->pop_back();
    if (content->ends_with('\r')) content->pop_back();
    if (content->empty()) {
      Refuse(key.FullName(), fmt::format("its file is empty ({})", variable));
      return;
    }
    Set(key, *std::move(content), variable);
  }

  void Set(const ConfigKey& key, const RawValue& raw, std::string_view where) {
    const Result<ConfigValue> value = ReadValue(key.rule, raw);
    if (!value) {
      Refuse(key.FullName(), fmt::format("{} ({})", value.error().detail, where));
    } else {
      key.set(outcome_.config, *value);
    }
  }

  const RunMode mode_;
  const std::vector<ConfigKey> keys_ = AllConfigKeys();
  ConfigOutcome outcome_;
};

/// Whether the file itself, and not only the environment, holds a secret.
bool HoldsSecrets(const std::string& toml, RunMode mode) {
  const Config config = LoadConfig({.toml = toml, .environment = {}, .mode = mode}).config;
  return std::ranges::any_of(AllConfigKeys(),
                             [&](const ConfigKey& key) { return HoldsSecret(key.get(config)); });
}

bool IsWorldReadable(const std::string& path) {
  std::error_code unknown;
  const std::filesystem::file_status status = std::filesystem::status(path, unknown);
  return !unknown && (status.permissions() & std::filesystem::perms::others_read) !=
                         std::filesystem::perms::none;
}

}  // namespace

bool HasProblem(const ConfigOutcome& outcome, std::string_view key) {
  return std::ranges::find(outcome.problems, key, &ConfigProblem::key) != outcome.problems.end();
}

ConfigOutcome LoadConfig(const ConfigSource& source) {
  Loader loader(source);
  loader.LoadToml(source.toml);
  loader.LoadEnvironment(source.environment);
  return std::move(loader).Finish();
}

ConfigOutcome LoadConfigFile(const std::optional<std::string>& path, const Environment& environment,
                             RunMode mode, std::string_view dev_host,
                             std::optional<std::uint16_t> dev_port) {
  ConfigSource source = {.toml = "",
                         .environment = environment,
                         .mode = mode,
                         .dev_host = std::string(dev_host),
                         .dev_port = dev_port};
  std::vector<ConfigProblem> unreadable;
  if (path) {
    Result<std::string> content = ReadTextFile(*path, kMaxFileBytes);
    if (content) {
      source.toml = *std::move(content);
    } else {
      unreadable.push_back(
          {std::string(kWholeConfiguration), fmt::format("{} {}", *path, content.error().detail)});
    }
  }
  ConfigOutcome outcome = LoadConfig(source);
  if (path && IsWorldReadable(*path) && HoldsSecrets(source.toml, mode)) {
    outcome.config.exposed_file = *path;
  }
  std::ranges::move(FindUnreadableFiles(outcome.config), std::back_inserter(unreadable));
  std::ranges::move(unreadable, std::back_inserter(outcome.problems));
  return outcome;
}

}  // namespace rtcroom
