#include "handlers/callbacks/ignored_callbacks.h"

#include <cstdint>

namespace rtcroom {
namespace {

std::string_view ResultOf(const CallbackReply& reply) {
  if (!reply.is_proven) return "denied";
  return reply.outcome ? "accepted" : "refused";
}

}  // namespace

void IgnoredCallbacks::Record(std::string_view call, const std::string& address,
                              const CallbackReply& reply) {
  counted_.Count(call, ResultOf(reply));
  if (reply.outcome) return;
  const std::uint64_t times = reply.is_proven ? 1 : rations_.Count(address);
  if (times == 0) return;
  logger_.Info("callback_ignored", {{"address", address},
                                    {"call", call},
                                    {"status", reply.http.status},
                                    {"reason", reply.outcome.error().detail},
                                    {"times", times}});
}

}  // namespace rtcroom
