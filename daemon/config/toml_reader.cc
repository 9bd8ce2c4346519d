#include "daemon/config/toml_reader.h"

#include <exception>

#include <fmt/format.h>
#include <toml++/toml.h>

namespace rtcroom {
namespace {

RawValue ReadList(const toml::array& array) {
  std::vector<std::string> texts;
  for (const toml::node& entry : array) {
    const toml::value<std::string>* text = entry.as_string();
    if (text == nullptr) return std::monostate();
    texts.push_back(text->get());
  }
  return texts;
}

RawValue ReadNode(const toml::node& node) {
  if (const toml::value<bool>* value = node.as_boolean()) return value->get();
  if (const toml::value<std::int64_t>* value = node.as_integer()) return value->get();
  if (const toml::value<std::string>* value = node.as_string()) return value->get();
  if (const toml::array* value = node.as_array()) return ReadList(*value);
  return std::monostate();
}

// The library reports "Error while parsing <what>: <details>", and the details may quote the text.
Error NotToml(const toml::parse_error& failure) {
  const std::string_view description = failure.description();
  const std::string_view what = description.substr(0, description.find(':'));
  const toml::source_position at = failure.source().begin;
  return Error{Errc::kBadRequest,
               fmt::format("not TOML at line {}, column {}: {}", at.line, at.column, what)};
}

}  // namespace

Result<std::vector<RawSection>> ReadToml(std::string_view text) try {
  const toml::table document = toml::parse(text);
  std::vector<RawSection> sections;
  for (const auto& [name, node] : document) {
    RawSection section = {.name = std::string(name.str()), .line = node.source().begin.line};
    if (const toml::table* table = node.as_table()) {
      section.is_table = true;
      for (const auto& [key, value] : *table) {
        section.entries.push_back({.key = std::string(key.str()),
                                   .value = ReadNode(value),
                                   .line = value.source().begin.line});
      }
    }
    sections.push_back(std::move(section));
  }
  return sections;
} catch (const toml::parse_error& failure) {
  return NotToml(failure);
} catch (const std::exception&) {
  return Error{Errc::kBadRequest, "cannot be read as TOML"};
}

}  // namespace rtcroom
