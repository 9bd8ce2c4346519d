#include "tests/e2e/gen2_changes.h"

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rtcroom {
namespace {

constexpr const char* kKind = "live_room";
constexpr std::ptrdiff_t kMostUsers = 40;
constexpr std::ptrdiff_t kMostPrepared = 40;

bool IsLoggedIn(const Gen2Value& value) { return value.login == LoginState::kValid; }
bool IsPrepared(const Gen2Value& value) { return value.is_prepared; }
bool IsViewer(const Gen2Value& value) { return value.watches; }
// Viewers that remain watch without a token as well.
bool IsIdleUser(const Gen2Value& value) { return IsLoggedIn(value) && !value.watches; }

std::ptrdiff_t Count(const Gen2Changes::State& state, bool (*is_counted)(const Gen2Value&)) {
  return std::ranges::count_if(state, is_counted, &Gen2Changes::State::value_type::second);
}

Gen2Value After(Gen2Value value, Gen2Changes::Deed deed) {
  switch (deed) {
    case Gen2Changes::Deed::kLogin:
      value.login = LoginState::kValid;
      return value;
    case Gen2Changes::Deed::kLogout:
      value.login = LoginState::kEnded;
      return value;
    case Gen2Changes::Deed::kWatch:
      value.watches = true;
      return value;
    case Gen2Changes::Deed::kLeave:
      value.watches = false;
      return value;
    case Gen2Changes::Deed::kLike:
      ++value.likes;
      return value;
    case Gen2Changes::Deed::kPrepare:
      value.is_prepared = true;
      return value;
  }
  return value;
}

std::string NameOf(Gen2Changes::Deed deed) {
  switch (deed) {
    case Gen2Changes::Deed::kLogin:
      return "login";
    case Gen2Changes::Deed::kLogout:
      return "logout";
    case Gen2Changes::Deed::kWatch:
      return "add_audience";
    case Gen2Changes::Deed::kLeave:
      return "delete_audience";
    case Gen2Changes::Deed::kLike:
      return "set_custom_field";
    case Gen2Changes::Deed::kPrepare:
      return "create_room";
  }
  return {};
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Gen2Value& value) {
  constexpr const char* kLogins[] = {"no login", "logged in", "logged out"};
  return out << "(" << kLogins[static_cast<std::size_t>(value.login)]
             << (value.watches ? ", watches" : "") << (value.is_prepared ? ", prepared" : "")
             << ", " << value.likes << " likes)";
}

Gen2Changes::Gen2Changes(const ServerProcess& server, std::string name, std::uint32_t seed)
    : name_(std::move(name)), host_(name_ + "host"), room_(name_ + "room"), random_(seed) {
  Gen2Client host = LoggedIn(server, host_, kKind);
  tokens_[host_] = host.token();
  if (host.Call("add_pusher", PusherBody(room_, host_)).code() != kOk) {
    throw std::runtime_error("no room for " + host_);
  }
}

Gen2Changes::Change Gen2Changes::Next(const State& state) {
  Change change = AnyChange(state);
  const auto known = state.find(change.subject);
  change.after = After(known == state.end() ? Value{} : known->second, change.deed);
  change.what = NameOf(change.deed);
  return change;
}

Gen2Changes::Change Gen2Changes::AnyChange(const State& state) {
  const std::string fresh = name_ + std::to_string(++named_);
  switch (std::uniform_int_distribution<int>(0, 7)(random_)) {
    case 0:
      if (Count(state, IsLoggedIn) < kMostUsers) return {.deed = Deed::kLogin, .subject = fresh};
      break;
    case 1:
      if (Count(state, IsPrepared) < kMostPrepared) {
        return {.deed = Deed::kPrepare, .subject = fresh};
      }
      break;
    case 2:
    case 3:
      if (const std::string user = Any(state, IsIdleUser); !user.empty()) {
        return {.deed = Deed::kWatch, .subject = user};
      }
      break;
    case 4:
      if (const std::string viewer = Any(state, IsViewer); !viewer.empty()) {
        return {.deed = Deed::kLeave, .subject = viewer};
      }
      break;
    case 5:
      if (const std::string user = Any(state, IsIdleUser); !user.empty()) {
        return {.deed = Deed::kLogout, .subject = user};
      }
      break;
    default:
      break;
  }
  return {.deed = Deed::kLike, .subject = room_};
}

std::string Gen2Changes::Any(const State& state, bool (*is_chosen)(const Gen2Value&)) {
  std::vector<std::string> subjects;
  for (const auto& [subject, value] : state) {
    if (is_chosen(value)) subjects.push_back(subject);
  }
  if (subjects.empty()) return {};
  return subjects[std::uniform_int_distribution<std::size_t>(0, subjects.size() - 1)(random_)];
}

ApiReply Gen2Changes::Send(ApiClient& api, const Change& change) {
  const auto call = [&](const std::string& user, std::string_view endpoint,
                        const nlohmann::json& body) {
    return api.Call(kKind, endpoint, body, "userID=" + user + "&token=" + tokens_.at(user));
  };
  const std::string endpoint = NameOf(change.deed);
  switch (change.deed) {
    case Deed::kLogin: {
      ApiReply reply =
          LogIn(api, {.user_id = change.subject, .user_sig = MakeTicket(change.subject)});
      if (reply.code() == kOk) tokens_[change.subject] = reply.Text("token");
      return reply;
    }
    case Deed::kLogout:
      return call(change.subject, endpoint, nlohmann::json::object());
    case Deed::kWatch:
      return call(change.subject, endpoint, AudienceBody(room_, change.subject));
    case Deed::kLeave:
      return call(change.subject, endpoint, MemberBody(room_, change.subject));
    case Deed::kLike:
      return call(host_, endpoint, CountBody(room_, "likes"));
    case Deed::kPrepare:
      return call(host_, endpoint, PrepareBody(host_, change.subject));
  }
  return {};
}

Gen2Client Gen2Changes::As(ApiClient api, const std::string& user) const {
  return {std::move(api), user, kKind, tokens_.at(user)};
}

void Gen2Changes::PrepareAgain(const ServerProcess& server, const std::string& room) const {
  EXPECT_EQ(As(server.Https(), host_).Call("create_room", PrepareBody(host_, room)).code(), kOk)
      << "the creator may always retry";
}

Gen2Changes::State Gen2Changes::Seen(const ServerProcess& server,
                                     const std::set<std::string>& prepared) const {
  State seen;
  SeeLogins(server, seen);
  SeeLiveRoom(server, seen);
  SeePrepared(server, prepared, seen);
  return seen;
}

void Gen2Changes::SeeLogins(const ServerProcess& server, State& seen) const {
  for (const auto& [user, token] : tokens_) {
    const int code = As(server.Https(), user).Call("get_room_list", ListBody()).code();
    EXPECT_THAT(code, testing::AnyOf(kOk, kNotAuthorized)) << user;
    if (user == host_) {
      EXPECT_EQ(code, kOk) << user << ": an acknowledged login is lost";
    } else {
      seen[user].login = code == kOk ? LoginState::kValid : LoginState::kEnded;
    }
  }
}

void Gen2Changes::SeeLiveRoom(const ServerProcess& server, State& seen) const {
  Gen2Client host = As(server.Https(), host_);
  EXPECT_THAT(PushersOf(host, room_), testing::ElementsAre(host_));
  for (const std::string& viewer : AudiencesOf(host, room_)) {
    EXPECT_FALSE(std::exchange(seen[viewer].watches, true)) << viewer << " is listed twice";
  }
  const std::string custom = host.Call("get_custom_info", RoomBody(room_)).Text("custom");
  const nlohmann::json fields = nlohmann::json::parse(custom, nullptr, false);
  ASSERT_TRUE(fields.is_object()) << custom;
  if (const auto likes = fields.value("likes", std::size_t{0}); likes != 0) {
    seen[room_].likes = likes;
  }
}

void Gen2Changes::SeePrepared(const ServerProcess& server, const std::set<std::string>& prepared,
                              State& seen) const {
  Gen2Client prober = LoggedIn(server, name_ + "prober", kKind);
  for (const std::string& room : prepared) {
    const int code = prober.Call("create_room", PrepareBody(prober.user_id(), room)).code();
    EXPECT_EQ(code, kIdTaken) << room << ": an acknowledged room is lost";
    EXPECT_EQ(prober.Call("get_pushers", RoomBody(room)).code(), kNoSuchRoom) << room;
    if (code == kIdTaken) seen[room].is_prepared = true;
  }
}

void ExpectKept(const ServerProcess& server, Gen2Recorder& recorder) {
  const Gen2Changes& changes = recorder.source();
  std::set<std::string> prepared;
  for (const auto& [subject, value] : recorder.acknowledged_state()) {
    if (value.is_prepared) prepared.insert(subject);
  }
  for (const auto& [subject, value] : recorder.PerhapsMade()) {
    if (!value.is_prepared) continue;
    changes.PrepareAgain(server, subject);
    prepared.insert(subject);
  }
  EXPECT_THAT(recorder.Settle(changes.Seen(server, prepared)), testing::IsEmpty());
}

}  // namespace rtcroom
