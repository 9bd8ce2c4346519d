#include "tests/e2e/node_subscriber.h"

#include <algorithm>
#include <csignal>
#include <iterator>
#include <sstream>

#include "tests/support/eventually.h"

namespace rtcroom {
namespace {

bool IsEvent(const nlohmann::json& line) { return line.contains("sequence"); }

}  // namespace

NodeSubscriber::NodeSubscriber(const std::string& address, const std::string& cursor,
                               OnServerGone on_gone) {
  ChildCommand command{.program = RTCROOM_NODE,
                       .arguments = {RTCROOM_WATCH_SCRIPT, address, cursor},
                       .stdout_file = directory_.path() / "out",
                       .stderr_file = directory_.path() / "err"};
  if (on_gone == OnServerGone::kCallsAgain) command.arguments.emplace_back("again");
  child_ = std::make_unique<ChildProcess>(command);
}

std::vector<nlohmann::json> NodeSubscriber::Lines() const {
  std::vector<nlohmann::json> lines;
  std::istringstream text(ReadWholeFile(directory_.path() / "out"));
  for (std::string line; std::getline(text, line) && !text.eof();) {
    lines.push_back(nlohmann::json::parse(line));
  }
  return lines;
}

std::vector<nlohmann::json> NodeSubscriber::Events() const {
  std::vector<nlohmann::json> events;
  std::ranges::copy_if(Lines(), std::back_inserter(events), IsEvent);
  return events;
}

std::string NodeSubscriber::LastCursor() const {
  const std::vector<nlohmann::json> events = Events();
  return events.empty() ? "" : events.back().at("cursor").get<std::string>();
}

bool NodeSubscriber::IsFollowing() const {
  return Eventually([this] {
    return std::ranges::any_of(
        Lines(), [](const nlohmann::json& line) { return line.at("type") == "following"; });
  });
}

bool NodeSubscriber::HasSeen(std::size_t events) const {
  return Eventually([&] { return Events().size() >= events; });
}

std::string NodeSubscriber::ErrorOutput() const { return ReadWholeFile(directory_.path() / "err"); }

}  // namespace rtcroom
