#include "handlers/router.h"

#include <algorithm>
#include <cstddef>
#include <exception>
#include <typeinfo>
#include <utility>

#include <fmt/format.h>

#include "handlers/body.h"
#include "handlers/form.h"
#include "handlers/text.h"

namespace rtcroom {
namespace {

constexpr int kNoContent = 204;
constexpr int kNotFound = 404;
constexpr int kMethodNotAllowed = 405;

/// What is between the slashes of a path, in lower case; empty parts are left out.
std::vector<std::string> Segments(std::string_view path) {
  std::vector<std::string> segments;
  while (!path.empty()) {
    const std::string_view segment = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(segment.size() + 1, path.size()));
    if (!segment.empty()) segments.push_back(ToLower(segment));
  }
  return segments;
}

HttpReply ClientFault(int status, std::string detail, const RequestLabel& label) {
  HttpReply reply = Render(Reply::Failure({Errc::kBadRequest, std::move(detail)}), label);
  reply.status = status;
  return reply;
}

HttpReply UnknownPath(const RequestLabel& label) {
  return ClientFault(kNotFound, "path: unknown", label);
}

}  // namespace

Router::Router(const Services& services, RouterOptions options)
    : context_{.services = services,
               .sdk_app_id = options.sdk_app_id,
               .account_type = std::move(options.account_type)},
      auth_mode_(options.auth_mode),
      cors_(std::move(options.cors_origins)) {
  // The first match wins, and a pinned prefix goes before all other rules (protocol C.1).
  if (!options.gen1_prefix.empty()) AddMount(options.gen1_prefix, Dialect::kGen1);
  if (!options.gen2_prefix.empty()) AddMount(options.gen2_prefix, Dialect::kGen2);
  AddMount(options.prefix, std::nullopt);
}

void Router::AddMount(std::string_view prefix, std::optional<Dialect> pinned) {
  mounts_.push_back({.segments = Segments(prefix), .pinned = pinned});
}

HttpReply Router::Handle(const HttpRequest& request) const {
  RequestLabel label;
  HttpReply reply;
  try {
    reply = Dispatch(request, label);
  } catch (const std::exception& slipped) {
    // Its type, not its text: that may quote what the client sent, and the log shows this.
    reply = Render(Reply::Failure({Errc::kInternal, typeid(slipped).name()}), label);
  } catch (...) {
    reply = Render(Reply::Failure({Errc::kInternal, "not a std::exception"}), label);
  }
  cors_.AddOrigin(request.origin, reply.headers);
  return reply;
}

HttpReply Router::Refusal(int status) {
  const Errc failure = status < 500 ? Errc::kBadRequest : Errc::kUnavailable;
  HttpReply reply = Render(Reply::Failure({failure, {}}), {});
  reply.status = status;
  return reply;
}

std::optional<Router::Target> Router::FindTarget(std::string_view path) const {
  const std::vector<std::string> segments = Segments(path);
  for (const Mount& mount : mounts_) {
    const std::size_t depth = mount.segments.size();
    if (segments.size() != depth + 2) continue;
    if (!std::equal(mount.segments.begin(), mount.segments.end(), segments.begin())) continue;
    const std::optional<RoutedPath> found = FindRoute(segments[depth], segments[depth + 1]);
    if (!found) continue;
    if (mount.pinned && !Serves(*found->route, *mount.pinned)) continue;
    return Target{.found = *found, .pinned = mount.pinned};
  }
  return std::nullopt;
}

HttpReply Router::Dispatch(const HttpRequest& request, RequestLabel& label) const {
  const std::optional<Target> target = FindTarget(request.path);
  if (!target) return UnknownPath(label);
  const Route& route = *target->found.route;
  label.endpoint = route.endpoint;
  label.kind = target->found.kind;

  if (request.method == "OPTIONS") {
    HttpReply reply{.status = kNoContent, .label = label};
    Cors::AddPreflight(reply.headers);
    return reply;
  }
  if (request.method != route.method) {
    HttpReply reply = ClientFault(kMethodNotAllowed, "method: not allowed here", label);
    reply.headers.emplace_back("Allow", fmt::format("{}, OPTIONS", route.method));
    return reply;
  }

  const Dialect dialect = target->pinned.value_or(DialectOf(route, ParseForm(request.query)));
  if (!Serves(route, dialect)) return UnknownPath(label);
  label.dialect = dialect;
  return Render(Serve(request, target->found, dialect), label);
}

Reply Router::Serve(const HttpRequest& request, const RoutedPath& found, Dialect dialect) const {
  switch (dialect) {
    case Dialect::kGen1:
      break;
    case Dialect::kGen2:
      return Reply::Failure({Errc::kUnauthorized, "no session"});
  }
  if (auth_mode_ == AuthMode::kToken) {
    return Reply::Failure({Errc::kUnauthorized, "gen-1 is not served in this mode"});
  }
  Result<nlohmann::json> body = ParseBody(request.content_type, request.body);
  if (!body) return Reply::Failure(body.error());
  const Request call{.room_kind = *found.kind, .dialect = dialect, .body = *std::move(body)};
  return found.route->handler(call, context_);
}

}  // namespace rtcroom
