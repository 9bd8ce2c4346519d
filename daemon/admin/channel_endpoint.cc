#include "daemon/admin/channel_endpoint.h"

#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "daemon/admin/console_request.h"

namespace rtcroom {
namespace {

using nlohmann::json;

/// No account has a longer name.
constexpr std::size_t kMaxNameBytes = 200;

Result<LoginQuery> ReadLogins(const FormPairs& query) {
  const Result<std::size_t> limit = ReadLimit(query, {.standard = 50, .most = 200});
  if (!limit) return limit.error();
  const std::string_view begins = FirstOrEmpty(query, "q");
  const std::string_view after = FirstOrEmpty(query, "after");
  for (const auto& [name, text] : {std::pair("q", begins), std::pair("after", after)}) {
    if (text.size() <= kMaxNameBytes) continue;
    return Error{Errc::kBadRequest, std::string(name) + ": longer than 200 bytes"};
  }
  LoginQuery logins{.begins = std::string(begins), .limit = *limit};
  if (!after.empty()) logins.after = UserId{std::string(after)};
  return logins;
}

json LoginJson(const ConnectedLogin& login) {
  json room;
  if (login.room) {
    room = {{"kind", RoomKindName(login.room->kind)},
            {"roomID", login.room->id.value},
            {"joinedAtMs", login.joined_at.time_since_epoch().count()}};
  }
  return {{"userID", login.account.value},
          {"client", ClientKindName(login.client)},
          {"loggedInAtMs", login.logged_in.time_since_epoch().count()},
          {"idleMs", login.idle.count()},
          {"polls", login.polls},
          {"room", std::move(room)}};
}

}  // namespace

Result<json> ListLogins(const HttpRequest& request, const RoomClients& clients) {
  const Result<FormPairs> query = ReadQuery(request);
  if (!query) return query.error();
  const Result<LoginQuery> asked = ReadLogins(*query);
  if (!asked) return asked.error();
  ConnectedLogins found =
      clients.logins == nullptr ? ConnectedLogins() : clients.logins->Page(*asked);
  if (clients.old != nullptr) clients.old->AddTo(found);
  json list = json::array();
  for (const ConnectedLogin& login : found.logins) list.push_back(LoginJson(login));
  return json{{"logins", std::move(list)}, {"next", found.next ? json(found.next->value) : json()}};
}

Result<json> EndLogins(const HttpRequest& request,
                       const std::function<Status(const UserId&)>& end_logins) {
  const Result<json> body = ReadObject(request);
  if (!body) return body.error();
  const Result<UserId> user = ReadUser(*body);
  if (!user) return user.error();
  if (const Status done = end_logins(*user); !done) return done.error();
  return json::object();
}

}  // namespace rtcroom
