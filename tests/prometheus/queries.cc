#include "tests/prometheus/queries.h"

#include <fstream>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <utility>

#include <nlohmann/json.hpp>

#include "tests/support/child_process.h"

namespace rtcroom {
namespace {

std::string Replaced(std::string text, const std::string& what, const std::string& by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at)) {
    text.replace(at, what.size(), by);
    at += by.size();
  }
  return text;
}

/// All matches of the first group of the pattern in the text.
std::set<std::string> AllOf(const std::string& text, const std::regex& pattern) {
  std::set<std::string> found;
  for (std::sregex_iterator match(text.begin(), text.end(), pattern), end; match != end; ++match) {
    found.insert((*match)[1]);
  }
  return found;
}

ShippedQuery OfGrafana(const std::string& where, const nlohmann::json& target) {
  static const std::regex label_names(R"(\{\{\s*(\w+)\s*\}\})");
  std::string text = Replaced(target.at("expr"), "$__rate_interval", "1m");
  text = Replaced(std::move(text), "$instance", ".*");
  return {.where = where,
          .text = std::move(text),
          .used_labels = AllOf(target.value("legendFormat", ""), label_names)};
}

std::string Stripped(const std::string& line) {
  const std::size_t begin = line.find_first_not_of(' ');
  return begin == std::string::npos ? "" : line.substr(begin);
}

}  // namespace

std::vector<ShippedQuery> QueriesOfDashboard(const std::filesystem::path& file) {
  const nlohmann::json dashboard = nlohmann::json::parse(ReadWholeFile(file));
  std::vector<ShippedQuery> queries;
  for (const nlohmann::json& panel : dashboard.at("panels")) {
    for (const nlohmann::json& target : panel.value("targets", nlohmann::json::array())) {
      queries.push_back(OfGrafana(panel.at("title"), target));
    }
  }
  for (const nlohmann::json& annotation : dashboard.at("annotations").at("list")) {
    queries.push_back(OfGrafana(annotation.at("name"), annotation));
  }
  return queries;
}

std::vector<ShippedQuery> QueriesOfAlerts(const std::filesystem::path& file) {
  static const std::regex label_names(R"(\$labels\.(\w+))");
  static const std::string kAlert = "- alert: ";
  std::vector<ShippedQuery> queries;
  bool in_query = false;
  std::istringstream lines(ReadWholeFile(file));
  for (std::string line; std::getline(lines, line);) {
    const std::string text = Stripped(line);
    if (text.starts_with(kAlert)) queries.push_back({.where = text.substr(kAlert.size())});
    if (queries.empty()) continue;
    ShippedQuery& query = queries.back();
    query.used_labels.merge(AllOf(line, label_names));
    // A folded text continues while its lines are indented deeper than its key.
    const bool is_deep = line.find_first_not_of(' ') >= 10;
    if (text == "expr: >-") {
      in_query = true;
    } else if (in_query && is_deep) {
      query.text += (query.text.empty() ? "" : " ") + text;
    } else {
      in_query = false;
    }
  }
  return queries;
}

std::set<std::string> SelectorsIn(const std::string& query) {
  static const std::regex selector(R"re(\b((?:rtcroomd|process)_\w+(?:\{[^}]*\})?|up\{[^}]*\}))re");
  return AllOf(query, selector);
}

std::set<std::string> GroupingLabelsIn(const std::string& query) {
  static const std::regex grouping(R"(\bby \(([^)]*)\))");
  static const std::regex label(R"((\w+))");
  std::set<std::string> labels;
  for (const std::string& group : AllOf(query, grouping)) labels.merge(AllOf(group, label));
  return labels;
}

}  // namespace rtcroom
