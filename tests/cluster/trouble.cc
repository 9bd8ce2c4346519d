#include "tests/cluster/trouble.h"

#include <thread>

#include <signal.h>

namespace rtcroom {

std::string_view NameOf(Trouble trouble) {
  switch (trouble) {
    case Trouble::kNodeKilled:
      return "a node is killed";
    case Trouble::kNodeStopped:
      return "a node is stopped";
    case Trouble::kNodeRefused:
      return "a node is refused by the database";
    case Trouble::kNodeSilenced:
      return "a node hears nothing of the database";
    case Trouble::kPrimaryCrashed:
      return "the primary crashes";
    case Trouble::kFailOver:
      return "the standby takes over";
    case Trouble::kPrimaryLivesOn:
      return "the standby takes over from a primary that lives on";
  }
  return "";
}

void Cause(FailingCluster& cluster, Trouble trouble, std::size_t node,
           std::chrono::milliseconds length, const std::function<void()>& go_on) {
  const auto last = [&] { std::this_thread::sleep_for(length); };
  switch (trouble) {
    case Trouble::kNodeKilled:
      cluster.node(node).Kill9();
      last();
      return cluster.node(node).Start();
    case Trouble::kNodeStopped:
      cluster.node(node).Signal(SIGSTOP);
      last();
      return cluster.node(node).Signal(SIGCONT);
    case Trouble::kNodeRefused:
      cluster.Refuse(node);
      last();
      return cluster.Mend(node);
    case Trouble::kNodeSilenced:
      cluster.Silence(node);
      last();
      return cluster.Mend(node);
    case Trouble::kPrimaryCrashed:
      cluster.primary().Crash();
      last();
      return cluster.primary().Start();
    case Trouble::kFailOver:
      cluster.primary().Crash();
      last();
      cluster.Promote();
      go_on();
      return cluster.Replace();
    case Trouble::kPrimaryLivesOn:
      cluster.Promote();
      last();
      go_on();
      return cluster.Replace();
  }
}

}  // namespace rtcroom
