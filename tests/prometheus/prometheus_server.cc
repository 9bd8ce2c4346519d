#include "tests/prometheus/prometheus_server.h"

#include <fstream>
#include <stdexcept>

#include <fmt/format.h>

#include "daemon/base/percent_encoding.h"
#include "tests/support/eventually.h"

namespace rtcroom {
namespace {

/// Debian's.
constexpr const char* kProgram = "/usr/bin/prometheus";

}  // namespace

PrometheusServer::PrometheusServer(int port, const std::filesystem::path& alerts) {
  const std::filesystem::path config = directory_.path() / "prometheus.yml";
  std::ofstream(config) << fmt::format(
      "global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}\n"
      "rule_files: [{}]\n"
      "scrape_configs: [{{job_name: rtcroomd, static_configs: [{{targets: ['127.0.0.1:{}'],"
      " labels: {{cluster: first}}}}]}}]\n",
      alerts.string(), port);
  if (!std::filesystem::exists(kProgram)) {
    throw std::runtime_error("prometheus is not installed: deploy/install-packages test");
  }
  child_ = std::make_unique<ChildProcess>(ChildCommand{
      .program = kProgram,
      .arguments = {"--config.file=" + config.string(), "--web.listen-address=127.0.0.1:0",
                    "--storage.tsdb.path=" + (directory_.path() / "data").string()},
      .stdout_file = directory_.path() / "log",
      .stderr_file = directory_.path() / "log"});
  const bool is_up = Eventually([&] { return PortFromLog() != 0; });
  if (is_up) client_ = std::make_unique<ApiClient>(PortFromLog());
  // A rate needs two. Failed scrapes do not count.
  const bool has_scraped =
      is_up && Eventually([&] {
        const ApiReply reply = client_->Get(
            "/api/v1/query?query=" + PercentEncode(R"(sum_over_time(up{job="rtcroomd"}[1m]) > 3)"));
        return reply.status == 200 && !reply.json.at("data").at("result").empty();
      });
  if (!has_scraped) {
    throw std::runtime_error("prometheus does not scrape:\n" +
                             ReadWholeFile(directory_.path() / "log"));
  }
}

int PrometheusServer::PortFromLog() const {
  static const std::string kBefore = R"(msg="Listening on" address=127.0.0.1:)";
  const std::string log = ReadWholeFile(directory_.path() / "log");
  const std::size_t at = log.find(kBefore);
  if (at == std::string::npos) return 0;
  return std::stoi(log.substr(at + kBefore.size()));
}

nlohmann::json PrometheusServer::Ask(const std::string& target) {
  const ApiReply reply = client_->Get(target);
  if (reply.status != 200 || reply.json.value("status", "") != "success") {
    throw std::runtime_error(target + ": " + reply.text);
  }
  return reply.json.at("data");
}

nlohmann::json PrometheusServer::Query(const std::string& query) {
  return Ask("/api/v1/query?query=" + PercentEncode(query)).at("result");
}

std::set<std::string> PrometheusServer::Labels() { return Ask("/api/v1/labels"); }

std::map<std::string, std::string> PrometheusServer::Alerts() {
  std::map<std::string, std::string> states;
  const nlohmann::json rules = Ask("/api/v1/rules");
  for (const nlohmann::json& group : rules.at("groups")) {
    for (const nlohmann::json& rule : group.at("rules")) {
      states[rule.at("name")] = rule.at("state");
    }
  }
  return states;
}

}  // namespace rtcroom
