#include "daemon/media/nginx_rtmp_api.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <pugixml.hpp>

#include "daemon/base/parse_integer.h"
#include "daemon/base/percent_encoding.h"
#include "daemon/core/stream_urls.h"
#include "daemon/media/reply_json.h"

namespace rtcroom {
namespace {

/// Most tags of a list: each takes up to 130 bytes while the list is read. Real lists have one in
/// 14 bytes.
constexpr std::ptrdiff_t kMaxTags = 600'000;

constexpr std::uint64_t kMaxUptimeSeconds = std::uint64_t{100} * 365 * 24 * 3600;

Error Unreadable(std::string_view what) {
  return {Errc::kUnavailable, fmt::format("a list of streams that cannot be read: {}", what)};
}

/// The client that publishes a stream; an empty node: only players wait for it.
pugi::xml_node PublisherOf(const pugi::xml_node& stream) {
  for (const pugi::xml_node& client : stream.children("client")) {
    if (client.child("publishing")) return client;
  }
  return {};
}

/// Whether that part of a stream arrives. Its codec is known from the beginning on or when it
/// arrives; its rate is that of the last ten seconds, and 0 in the first ones.
bool Arrives(const char* part, const char* rate, const pugi::xml_node& stream,
             const pugi::xml_node& publisher) {
  constexpr std::uint64_t kRatesKnownMs = 20'000;
  if (!stream.child("meta").child(part).child("codec")) return false;
  const auto time = ParseInteger<std::uint64_t>(publisher.child_value("time"));
  if (time.value_or(0) < kRatesKnownMs) return true;
  return ParseInteger<std::uint64_t>(stream.child_value(rate)) != 0;
}

StreamParts PartsOf(const pugi::xml_node& stream, const pugi::xml_node& publisher) {
  const StreamParts parts{.video = Arrives("video", "bw_video", stream, publisher),
                          .audio = Arrives("audio", "bw_audio", stream, publisher)};
  return parts.video || parts.audio ? parts : StreamParts();
}

Status ReadStreams(const pugi::xml_node& live, std::vector<ListedStream>& streams) {
  // Absent when `rtmp_stat` does not include it. Every stream would seem to have ended.
  if (!live) return Unreadable("no streams");
  for (const pugi::xml_node& stream : live.children("stream")) {
    const pugi::xml_node publisher = PublisherOf(stream);
    if (!publisher) {
      if (stream.child("publishing")) return Unreadable("a publisher is left out");
      continue;
    }
    const std::optional<std::uint64_t> bytes_in =
        ParseInteger<std::uint64_t>(stream.child_value("bytes_in"));
    ListedStream listed{.name = stream.child_value("name"),
                        .client = publisher.child_value("id"),
                        .bytes_in = bytes_in.value_or(0),
                        .parts = PartsOf(stream, publisher)};
    if (!bytes_in || !IsStreamClientId(listed.client)) return Unreadable("a stream");
    if (streams.size() == kMaxListedStreams) return Unreadable("too many streams");
    streams.push_back(std::move(listed));
  }
  return {};
}

Result<StreamList> ReadList(const pugi::xml_node& root, std::string_view app) {
  const std::optional<std::uint64_t> pid = ParseInteger<std::uint64_t>(root.child_value("pid"));
  const std::optional<std::uint64_t> uptime =
      ParseInteger<std::uint64_t>(root.child_value("uptime"));
  if (!pid || !uptime || *uptime >= kMaxUptimeSeconds) return Unreadable("no process");
  if (!root.child("server")) return Unreadable("no server");
  StreamList list{
      .life = fmt::format("{}", *pid), .uptime = std::chrono::seconds(*uptime), .streams = {}};
  for (const pugi::xml_node& application : root.child("server").children("application")) {
    if (application.child_value("name") != app) continue;
    const Status read = ReadStreams(application.child("live"), list.streams);
    if (!read) return read.error();
    return list;
  }
  return Unreadable("no such application");
}

std::vector<OutgoingHeader> KeyHeader(const Secret& key) {
  if (key.empty()) return {};
  return {{.name = "Authorization", .value = Secret("Bearer " + key.Reveal())}};
}

}  // namespace

OutgoingCall NginxListCall(const StreamServerOptions& options) {
  return {.path_and_query = "/stat",
          .headers = KeyHeader(options.control_key),
          .max_reply_bytes = kMaxStreamListBytes};
}

Result<StreamList> ReadNginxList(OutgoingReply reply, std::string_view app) {
  if (const Status checked = CheckReplyStatus(reply); !checked) return checked.error();
  std::string& text = reply.body;
  if (text.size() > kMaxStreamListBytes) return Unreadable("too long");
  if (std::ranges::count(text, '<') > kMaxTags) return Unreadable("too many tags");
  pugi::xml_document document;
  // It expands no entities but those of single characters, and refers to no other document.
  const pugi::xml_parse_result parsed = document.load_buffer_inplace(
      text.data(), text.size(), pugi::parse_default, pugi::encoding_utf8);
  if (!parsed) return Unreadable(parsed.description());
  return ReadList(document.child("rtmp"), app);
}

OutgoingCall NginxDropCall(const StreamServerOptions& options, std::string_view stream,
                           std::string_view client) {
  std::string path = fmt::format("/control/drop/publisher?app={}", PercentEncode(options.app));
  // The module compares arguments as they are, without decoding them, and lists names with some
  // characters replaced. The name protects another publisher with the same ID after a restart.
  if (IsStreamName(stream)) path += fmt::format("&name={}", stream);
  path += fmt::format("&clientid={}", PercentEncode(client));
  return {.path_and_query = std::move(path), .headers = KeyHeader(options.control_key)};
}

Result<DropOutcome> ReadNginxDrop(const OutgoingReply& reply) {
  if (const Status checked = CheckReplyStatus(reply); !checked) return checked.error();
  const std::optional<std::uint64_t> dropped = ParseInteger<std::uint64_t>(reply.body);
  if (!dropped) return Error{Errc::kUnavailable, "a reply to a drop that is no number"};
  return *dropped == 0 ? DropOutcome::kNotThere : DropOutcome::kDropped;
}

}  // namespace rtcroom
