#include "daemon/media/srs_api.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "daemon/base/base64.h"
#include "daemon/base/percent_encoding.h"
#include "daemon/base/text.h"
#include "daemon/media/reply_json.h"

namespace rtcroom {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t kSuccess = 0;
constexpr std::int64_t kUnknownClient = 2049;

constexpr std::size_t kMaxLifeBytes = 64;

Error UnreadableReply(std::string_view what) {
  return {Errc::kUnavailable, fmt::format("a reply of SRS that cannot be read: {}", what)};
}

/// Makes the text valid UTF-8 without control characters. Any player can add a stream to the list,
/// and a name that is not JSON must not make the whole list unreadable.
void ReplaceInvalidBytes(std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Piece piece = FirstUtf8Piece(std::string_view(text).substr(at));
    const auto begin = text.begin() + static_cast<std::ptrdiff_t>(at);
    if (!piece.is_character) std::fill_n(begin, piece.length, '?');
    if (static_cast<unsigned char>(*begin) < 0x20) *begin = ' ';
    at += piece.length;
  }
}

/// The members of a stream that are read.
struct SrsStream {
  Json name{};
  Json app{};
  Json recv_bytes{};
  Json active{};
  Json cid{};
};

/// Reads `{code, service, streams: [{name, app, recv_bytes, publish: {active, cid}, ...}], ...}`
/// without a tree of the whole text, which would take many times its memory.
class SrsListReader : public nlohmann::json_sax<Json> {
 public:
  explicit SrsListReader(std::string_view app) : app_(app) {}

  /// Call it after the last event.
  Result<StreamList> Finish(bool is_parsed) {
    if (failure_ != nullptr) return UnreadableReply(failure_);
    if (!is_parsed) return UnreadableReply("not JSON");
    if (!code_.is_number_integer() || code_ != kSuccess) return UnreadableReply("no success");
    if (!service_.is_string()) return UnreadableReply("no service");
    list_.life = service_.get<std::string>();
    if (list_.life.empty() || list_.life.size() > kMaxLifeBytes) {
      return UnreadableReply("no service");
    }
    if (!has_streams_) return UnreadableReply("no streams");
    return std::move(list_);
  }

  bool null() override { return OnValue(nullptr); }
  bool boolean(bool value) override { return OnValue(value); }
  bool number_integer(number_integer_t value) override { return OnValue(value); }
  bool number_unsigned(number_unsigned_t value) override { return OnValue(value); }
  bool number_float(number_float_t value, const string_t& /*text*/) override {
    return OnValue(value);
  }
  bool string(string_t& value) override { return OnValue(std::move(value)); }
  bool binary(binary_t& /*value*/) override { return Fail("binary"); }

  bool key(string_t& name) override {
    if (depth_ < keys_.size()) keys_[depth_] = std::move(name);
    return true;
  }
  bool start_object(std::size_t /*elements*/) override {
    if (depth_ == kInStreams && in_streams_) {
      stream_.emplace();
    } else if (depth_ == kInStream && stream_ && keys_[depth_] == "publish") {
      in_publish_ = true;
    }
    return Enter();
  }
  bool end_object() override {
    --depth_;
    if (depth_ == kInStream) in_publish_ = false;
    return depth_ != kInStreams || !stream_ || AddStream();
  }
  bool start_array(std::size_t /*elements*/) override {
    if (depth_ == 0) return Fail("not an object");
    if (depth_ == kInStreams && in_streams_) return Fail("a stream");
    if (depth_ == kInReply && keys_[depth_] == "streams") {
      has_streams_ = true;
      in_streams_ = true;
    }
    return Enter();
  }
  bool end_array() override {
    if (--depth_ == kInReply) in_streams_ = false;
    return true;
  }
  bool parse_error(std::size_t /*position*/, const std::string& /*last_token*/,
                   const nlohmann::detail::exception& /*error*/) override {
    return false;
  }

 private:
  // Numbers of open brackets.
  static constexpr std::size_t kInReply = 1;
  static constexpr std::size_t kInStreams = 2;
  static constexpr std::size_t kInStream = 3;
  static constexpr std::size_t kInPublish = 4;
  static constexpr std::size_t kMaxDepth = 16;

  bool Fail(const char* what) {
    failure_ = what;
    return false;
  }
  bool Enter() { return ++depth_ <= kMaxDepth || Fail("nested too deeply"); }

  bool OnValue(Json value) {
    if (depth_ == kInStreams && in_streams_) return Fail("a stream");
    if (Json* const place = Place()) *place = std::move(value);
    return true;
  }

  /// The place where the next value belongs; null: it is not needed.
  Json* Place() {
    if (depth_ >= keys_.size()) return nullptr;
    const std::string& name = keys_[depth_];
    if (depth_ == kInReply) {
      if (name == "code") return &code_;
      if (name == "service") return &service_;
    } else if (depth_ == kInStream && stream_) {
      if (name == "name") return &stream_->name;
      if (name == "app") return &stream_->app;
      if (name == "recv_bytes") return &stream_->recv_bytes;
    } else if (depth_ == kInPublish && in_publish_) {
      if (name == "active") return &stream_->active;
      if (name == "cid") return &stream_->cid;
    }
    return nullptr;
  }

  bool AddStream() {
    const SrsStream stream = *std::exchange(stream_, std::nullopt);
    const bool is_whole = stream.name.is_string() && stream.app.is_string() &&
                          stream.active.is_boolean() && stream.recv_bytes.is_number_unsigned();
    if (!is_whole) return Fail("a stream");
    if (!stream.active.get<bool>() || stream.app.get_ref<const std::string&>() != app_) return true;
    ListedStream listed{.name = stream.name.get<std::string>(),
                        .client = ClientId(stream.cid),
                        .bytes_in = stream.recv_bytes.get<std::uint64_t>()};
    if (!IsStreamClientId(listed.client)) return Fail("a client ID");
    if (list_.streams.size() == kMaxListedStreams) return Fail("too many streams");
    list_.streams.push_back(std::move(listed));
    return true;
  }

  /// A string, or a number before version 4.
  static std::string ClientId(const Json& cid) {
    if (cid.is_string()) return cid.get<std::string>();
    return cid.is_number_unsigned() ? cid.dump() : std::string();
  }

  const std::string_view app_;
  StreamList list_{};
  Json code_{};
  Json service_{};
  bool has_streams_ = false;
  const char* failure_ = nullptr;
  std::size_t depth_ = 0;
  std::array<std::string, kInPublish + 1> keys_{};  ///< the last name at each depth
  bool in_streams_ = false;
  std::optional<SrsStream> stream_{};
  bool in_publish_ = false;
};

std::vector<OutgoingHeader> LoginHeader(const Secret& key) {
  if (key.empty()) return {};
  return {{.name = "Authorization", .value = Secret("Basic " + EncodeBase64(key.Reveal()))}};
}

}  // namespace

OutgoingCall SrsListCall(const StreamServerOptions& options) {
  // Without a count SRS returns ten streams, or one; without the slash it redirects.
  return {.path_and_query = fmt::format("/api/v1/streams/?start=0&count={}", kMaxListedStreams + 1),
          .headers = LoginHeader(options.control_key),
          .max_reply_bytes = kMaxStreamListBytes};
}

Result<StreamList> ReadSrsList(OutgoingReply reply, std::string_view app) {
  if (const Status checked = CheckReplyStatus(reply); !checked) return checked.error();
  ReplaceInvalidBytes(reply.body);
  SrsListReader reader(app);
  const bool is_parsed = Json::sax_parse(reply.body, &reader);
  return reader.Finish(is_parsed);
}

OutgoingCall SrsClientsCall(const StreamServerOptions& options) {
  // The limit of bytes is reached first, so the list is whole.
  return {.path_and_query = fmt::format("/api/v1/clients/?start=0&count={}", kMaxStreamListBytes),
          .headers = LoginHeader(options.control_key),
          .max_reply_bytes = kMaxStreamListBytes};
}

Result<std::set<std::string>> ReadSrsClients(OutgoingReply reply) {
  if (const Status checked = CheckReplyStatus(reply); !checked) return checked.error();
  ReplaceInvalidBytes(reply.body);
  // A tree of the whole text would take many times its memory.
  const auto is_needed = [](int depth, Json::parse_event_t event, const Json& parsed) {
    constexpr int kInClient = 3;
    return event != Json::parse_event_t::key || depth < kInClient || parsed == "id";
  };
  const Json list = Json::parse(reply.body, is_needed, /*allow_exceptions=*/false);
  const Json* const clients = list.is_object() ? ArrayMember(list, "clients") : nullptr;
  if (clients == nullptr || IntegerMember(list, "code") != kSuccess) {
    return UnreadableReply("no clients");
  }
  std::set<std::string> ids;
  for (const Json& client : *clients) {
    const auto id = client.find("id");
    if (id == client.end() || !id->is_string()) return UnreadableReply("a client");
    ids.insert(id->get<std::string>());
  }
  return ids;
}

OutgoingCall SrsDropCall(const StreamServerOptions& options, std::string_view client) {
  return {.method = "DELETE",
          .path_and_query = fmt::format("/api/v1/clients/{}", PercentEncode(client)),
          .headers = LoginHeader(options.control_key)};
}

Result<DropOutcome> ReadSrsDrop(const OutgoingReply& reply) {
  const Result<Json> object = ReadReplyObject(reply);
  if (!object) return object.error();
  const std::optional<std::int64_t> code = IntegerMember(*object, "code");
  if (!code) return UnreadableReply("no code");
  if (*code == kSuccess) return DropOutcome::kDropped;
  if (*code == kUnknownClient) return DropOutcome::kNotThere;
  return Error{Errc::kUnavailable, fmt::format("SRS refused to drop a client: code {}", *code)};
}

}  // namespace rtcroom
