#include "tests/e2e/gen2_writer.h"

#include <iterator>
#include <stdexcept>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rtcroom {
namespace {

constexpr const char* kKind = "live_room";
constexpr std::size_t kMostUsers = 40;
constexpr std::size_t kMostPrepared = 40;

}  // namespace

Gen2Writer::Gen2Writer(const ServerProcess& server, std::string name, std::uint32_t seed)
    : name_(std::move(name)), host_(name_ + "host"), room_(name_ + "room"), random_(seed) {
  Gen2Client host = LoggedIn(server, host_, kKind);
  tokens_[host_] = host.token();
  if (host.Call("add_pusher", PusherBody(room_, host_)).code() != kOk) {
    throw std::runtime_error("no room for " + host_);
  }
}

void Gen2Writer::WriteUntilCutOff(const ServerProcess& server,
                                  std::atomic<std::size_t>& acknowledged) {
  ApiClient api = server.Https();
  while (true) {
    pending_ = NextChange();
    const ApiReply reply = Send(api, *pending_);
    if (reply.status == 0) return;
    EXPECT_EQ(reply.code(), kOk) << pending_->subject << ": " << reply;
    if (reply.code() != kOk) return;
    Book(*pending_, reply);
    pending_.reset();
    ++acknowledged;
  }
}

Gen2Writer::Change Gen2Writer::NextChange() {
  const std::string fresh = name_ + std::to_string(++named_);
  switch (std::uniform_int_distribution<int>(0, 7)(random_)) {
    case 0:
      if (users_.size() < kMostUsers) return {.deed = Deed::kLogin, .subject = fresh};
      break;
    case 1:
      if (prepared_.size() < kMostPrepared) return {.deed = Deed::kPrepare, .subject = fresh};
      break;
    case 2:
    case 3:
      if (const std::string user = Any(users_); !user.empty() && !viewers_.contains(user)) {
        return {.deed = Deed::kWatch, .subject = user};
      }
      break;
    case 4:
      if (const std::string viewer = Any(viewers_); !viewer.empty()) {
        return {.deed = Deed::kLeave, .subject = viewer};
      }
      break;
    case 5:
      // Viewers that remain watch without a token as well.
      if (const std::string user = Any(users_); !user.empty() && !viewers_.contains(user)) {
        return {.deed = Deed::kLogout, .subject = user};
      }
      break;
    default:
      break;
  }
  return {.deed = Deed::kLike, .subject = host_};
}

ApiReply Gen2Writer::Send(ApiClient& api, const Change& change) {
  const auto call = [&](const std::string& user, std::string_view endpoint,
                        const nlohmann::json& body) {
    ApiRequest request;
    request.target = "/weapp/" + std::string(kKind) + "/" + std::string(endpoint) +
                     "?userID=" + user + "&token=" + tokens_[user];
    request.body = body.dump();
    return api.Send(request);
  };
  switch (change.deed) {
    case Deed::kLogin:
      return LogIn(api, {.user_id = change.subject, .user_sig = MakeTicket(change.subject)});
    case Deed::kLogout:
      return call(change.subject, "logout", nlohmann::json::object());
    case Deed::kWatch:
      return call(change.subject, "add_audience", AudienceBody(room_, change.subject));
    case Deed::kLeave:
      return call(change.subject, "delete_audience", MemberBody(room_, change.subject));
    case Deed::kLike:
      return call(host_, "set_custom_field", CountBody(room_, "likes"));
    case Deed::kPrepare:
      return call(host_, "create_room", PrepareBody(host_, change.subject));
  }
  return {};
}

void Gen2Writer::Book(const Change& change, const ApiReply& reply) {
  switch (change.deed) {
    case Deed::kLogin:
      tokens_[change.subject] = reply.Text("token");
      users_.insert(change.subject);
      return;
    case Deed::kLogout:
      ended_[change.subject] = tokens_[change.subject];
      tokens_.erase(change.subject);
      users_.erase(change.subject);
      return;
    case Deed::kWatch:
      viewers_.insert(change.subject);
      return;
    case Deed::kLeave:
      viewers_.erase(change.subject);
      return;
    case Deed::kLike:
      ++likes_;
      return;
    case Deed::kPrepare:
      prepared_.insert(change.subject);
      return;
  }
}

std::string Gen2Writer::Any(const std::set<std::string>& names) {
  if (names.empty()) return {};
  const std::size_t drawn =
      std::uniform_int_distribution<std::size_t>(0, names.size() - 1)(random_);
  return *std::next(names.begin(), static_cast<std::ptrdiff_t>(drawn));
}

Gen2Client Gen2Writer::As(ApiClient api, const std::string& user) const {
  Gen2Client client(std::move(api), user, kKind);
  const auto known = tokens_.find(user);
  client.UseToken(known == tokens_.end() ? ended_.at(user) : known->second);
  return client;
}

void Gen2Writer::ExpectKept(const ServerProcess& server) {
  if (MayHaveHappened(Deed::kLogout)) {
    // In both cases it has ended.
    As(server.Https(), pending_->subject).Logout();
    Book(*pending_, {});
    pending_.reset();
  }
  ExpectTokensKept(server);
  ExpectRoomKept(server);
  ExpectPreparedKept(server);
  if (MayHaveHappened(Deed::kPrepare)) prepared_.insert(pending_->subject);
  if (MayHaveHappened(Deed::kPrepare)) {
    EXPECT_EQ(
        As(server.Https(), host_).Call("create_room", PrepareBody(host_, pending_->subject)).code(),
        kOk)
        << "the creator may always retry";
  }
  pending_.reset();
}

void Gen2Writer::ExpectTokensKept(const ServerProcess& server) const {
  for (const auto& [user, token] : tokens_) {
    EXPECT_EQ(As(server.Https(), user).Call("get_room_list", ListBody()).code(), kOk)
        << user << ": an acknowledged login is lost";
  }
  for (const auto& [user, token] : ended_) {
    EXPECT_EQ(As(server.Https(), user).Call("get_room_list", ListBody()).code(), kNotAuthorized)
        << user << ": an acknowledged logout is lost";
  }
}

void Gen2Writer::ExpectRoomKept(const ServerProcess& server) {
  Gen2Client host = As(server.Https(), host_);
  EXPECT_THAT(PushersOf(host, room_), testing::ElementsAre(host_));
  const std::vector<std::string> ids = AudiencesOf(host, room_);
  const std::set<std::string> stored(ids.begin(), ids.end());
  EXPECT_EQ(ids.size(), stored.size()) << "a viewer is listed twice";
  if (stored != viewers_ && (MayHaveHappened(Deed::kWatch) || MayHaveHappened(Deed::kLeave))) {
    Book(*pending_, {});
  }
  EXPECT_EQ(stored, viewers_) << name_ << ": what is stored (first) is not what was acknowledged";
  viewers_ = stored;

  const std::string custom = host.Call("get_custom_info", RoomBody(room_)).Text("custom");
  const nlohmann::json fields = nlohmann::json::parse(custom, nullptr, false);
  ASSERT_TRUE(fields.is_object()) << custom;
  const auto likes = fields.value("likes", std::size_t{0});
  if (likes != likes_ && MayHaveHappened(Deed::kLike)) ++likes_;
  EXPECT_EQ(likes, likes_) << name_;
  likes_ = likes;
}

void Gen2Writer::ExpectPreparedKept(const ServerProcess& server) const {
  Gen2Client prober = LoggedIn(server, name_ + "prober", kKind);
  for (const std::string& room : prepared_) {
    EXPECT_EQ(prober.Call("create_room", PrepareBody(prober.user_id(), room)).code(), kIdTaken)
        << room << ": an acknowledged room is lost";
    EXPECT_EQ(prober.Call("get_pushers", RoomBody(room)).code(), kNoSuchRoom) << room;
  }
}

}  // namespace rtcroom
