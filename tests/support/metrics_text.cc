#include "tests/support/metrics_text.h"

#include <cstddef>
#include <sstream>
#include <stdexcept>

namespace rtcroom {
namespace {

std::map<std::string, double> SeriesOf(const MetricsText& text, const std::string& family) {
  std::map<std::string, double> found;
  for (const char* const ending : {"", "_bucket", "_sum", "_count"}) {
    const std::string name = family + ending;
    for (const auto& [series, value] : text.series) {
      if (series.substr(0, series.find('{')) == name) found.emplace(series, value);
    }
  }
  return found;
}

}  // namespace

MetricsText MetricsText::Read(const std::string& text) {
  MetricsText read;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# TYPE ")) {
      const std::string rest = line.substr(7);
      read.families.insert(rest.substr(0, rest.find(' ')));
    }
    if (line.empty() || line.starts_with('#')) continue;
    const std::size_t space = line.rfind(' ');
    if (space == std::string::npos) throw std::runtime_error("not a sample: " + line);
    read.series[line.substr(0, space)] = std::stod(line.substr(space + 1));
  }
  return read;
}

double MetricsText::Of(const std::string& name_and_labels) const {
  const auto found = series.find(name_and_labels);
  return found == series.end() ? 0 : found->second;
}

bool MetricsText::Differs(const std::string& family, const MetricsText& other) const {
  return SeriesOf(*this, family) != SeriesOf(other, family);
}

}  // namespace rtcroom
