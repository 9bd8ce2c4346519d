#include "daemon/web/sdp_offer.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <map>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "daemon/web/sdp_lines.h"

namespace rtcroom {
namespace {

constexpr std::string_view kTransport = "UDP/TLS/RTP/SAVPF";
constexpr std::string_view kTransportCc =
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";
constexpr int kMaxPayloadType = 127;
// Payload types 64 to 95 with the marker bit look like packets of RTCP, which share the port (RFC
// 5761, section 4).
constexpr int kFirstOfRtcp = 64;
constexpr int kLastOfRtcp = 95;
constexpr int kMaxExtension = 14;  // of headers of one byte

using Lines = std::vector<std::string_view>;

Error Malformed(std::string sentence) { return {Errc::kBadRequest, std::move(sentence)}; }
Error NoCodec(std::string sentence) { return {Errc::kContentRefused, std::move(sentence)}; }

bool OnlyOf(std::string_view text, std::string_view more) {
  return std::ranges::all_of(text, [more](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           more.find(c) != std::string_view::npos;
  });
}

template <typename Number>
std::optional<Number> ParseNumber(std::string_view text) {
  Number number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}
std::optional<int> ParsePayloadType(std::string_view text) {
  const std::optional<int> number = ParseNumber<int>(text);
  return number && *number >= 0 && *number <= kMaxPayloadType ? number : std::nullopt;
}

/// What follows `a=NAME:` in the only such line; nullopt when there is none, empty when they
/// differ.
std::optional<std::string_view> OnlyValue(const Lines& lines, std::string_view prefix) {
  std::optional<std::string_view> found;
  for (const std::string_view line : lines) {
    if (!line.starts_with(prefix)) continue;
    const std::string_view value = line.substr(prefix.size());
    if (found && *found != value) return std::string_view();
    found = value;
  }
  return found;
}
bool HasLine(const Lines& lines, std::string_view line) {
  return std::ranges::find(lines, line) != lines.end();
}

std::optional<std::string> ReadFingerprint(std::string_view text) {
  constexpr std::size_t kSize = 32 * 3 - 1;
  if (text.size() != kSize) return std::nullopt;
  std::string upper(text);
  for (std::size_t i = 0; i < kSize; ++i) {
    char& c = upper[i];
    if (c >= 'a' && c <= 'f') c = static_cast<char>(c - 'a' + 'A');
    const bool is_digit = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F');
    if (i % 3 == 2 ? c != ':' : !is_digit) return std::nullopt;
  }
  return upper;
}

/// `KEY=VALUE;…` of a format; empty when there is no such key.
std::string_view Parameter(std::string_view parameters, std::string_view key) {
  while (!parameters.empty()) {
    const std::size_t end = std::min(parameters.find(';'), parameters.size());
    std::string_view each = parameters.substr(0, end);
    parameters.remove_prefix(std::min(end + 1, parameters.size()));
    while (each.starts_with(' ')) each.remove_prefix(1);
    if (each.starts_with(key) && each.substr(key.size()).starts_with('=')) {
      return each.substr(key.size() + 1);
    }
  }
  return {};
}

/// The payload types of a medium, with what is said of them.
class Formats {
 public:
  explicit Formats(const Lines& lines) {
    for (const std::string_view line : lines) {
      Take(line, "a=rtpmap:", names_);
      Take(line, "a=fmtp:", parameters_);
    }
  }

  std::optional<OfferedCodec> Opus() const {
    for (const auto& [type, name] : names_) {
      if (name == "opus/48000/2" || name == "OPUS/48000/2") {
        return OfferedCodec{.payload_type = type};
      }
    }
    return std::nullopt;
  }

  /// The profile that all decode first: constrained baseline, baseline, any.
  std::optional<OfferedCodec> H264() const {
    std::optional<OfferedCodec> best;
    int best_rank = -1;
    for (const auto& [type, name] : names_) {
      const std::string_view of = ParametersOf(type);
      const std::string_view profile = Parameter(of, "profile-level-id");
      if (name != "H264/90000" || Parameter(of, "packetization-mode") != "1") continue;
      if (profile.size() != 6 || !IsHexadecimal(profile)) continue;
      const int rank = profile.starts_with("42e0") ? 2 : profile.starts_with("4200") ? 1 : 0;
      if (rank <= best_rank) continue;
      best_rank = rank;
      best = OfferedCodec{.payload_type = type, .profile = std::string(profile)};
    }
    if (best) best->repeats = RepeatsOf(best->payload_type);
    return best;
  }

 private:
  static void Take(std::string_view line, std::string_view prefix,
                   std::map<int, std::string_view>& to) {
    if (!line.starts_with(prefix)) return;
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos) return;
    const std::optional<int> type =
        ParsePayloadType(line.substr(prefix.size(), space - prefix.size()));
    if (type) to.emplace(*type, line.substr(space + 1));
  }
  static bool IsHexadecimal(std::string_view text) {
    return text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
  }
  std::string_view ParametersOf(int type) const {
    const auto found = parameters_.find(type);
    return found == parameters_.end() ? std::string_view() : found->second;
  }
  std::optional<int> RepeatsOf(int type) const {
    const std::string apt = fmt::to_string(type);
    for (const auto& [repeats, name] : names_) {
      if (name == "rtx/90000" && Parameter(ParametersOf(repeats), "apt") == apt) return repeats;
    }
    return std::nullopt;
  }

  std::map<int, std::string_view> names_;
  std::map<int, std::string_view> parameters_;
};

std::optional<int> ReadTransportCc(const Lines& lines) {
  constexpr std::string_view kPrefix = "a=extmap:";
  for (const std::string_view line : lines) {
    if (!line.starts_with(kPrefix) || !line.ends_with(kTransportCc)) continue;
    const std::optional<int> id =
        ParseNumber<int>(line.substr(kPrefix.size(), line.find(' ') - kPrefix.size()));
    if (id && *id >= 1 && *id <= kMaxExtension) return id;
  }
  return std::nullopt;
}

void ReadSources(const Lines& lines, OfferedCodec& codec) {
  constexpr std::string_view kGroup = "a=ssrc-group:FID ";
  constexpr std::string_view kSource = "a=ssrc:";
  constexpr std::string_view kCname = " cname:";
  constexpr std::size_t kMaxCname = 64;
  for (const std::string_view line : lines) {
    if (line.starts_with(kGroup) && codec.sources.empty() && codec.repeats) {
      const std::string_view pair = line.substr(kGroup.size());
      const std::size_t space = std::min(pair.find(' '), pair.size());
      const auto first = ParseNumber<std::uint32_t>(pair.substr(0, space));
      const auto second = ParseNumber<std::uint32_t>(pair.substr(std::min(space + 1, pair.size())));
      if (first && second && *first != *second) codec.sources = {*first, *second};
    }
    const std::size_t name = line.find(kCname);
    if (!line.starts_with(kSource) || name == std::string_view::npos) continue;
    const std::string_view cname = line.substr(name + kCname.size());
    const auto source =
        ParseNumber<std::uint32_t>(line.substr(kSource.size(), name - kSource.size()));
    if (!source || cname.empty() || cname.size() > kMaxCname || !OnlyOf(cname, "+/=_{}-")) continue;
    if (codec.cname.empty()) codec.cname = cname;
    if (codec.sources.empty()) codec.sources = {*source};
  }
  if (codec.cname.empty()) codec.sources.clear();
}

/// What the m-line itself says; `has_port` is whether its medium is wanted.
struct MediumLine {
  OfferedMedium medium = {};
  bool has_port = false;
};

Result<MediumLine> ReadMediumLine(const Lines& lines) {
  const std::vector<std::string_view> words = WordsOf(lines.front().substr(2));
  if (words.size() < 4) return Malformed("m=: not a medium, a port, a transport and formats");
  const bool is_video = words[0] == "video";
  if (!is_video && words[0] != "audio") return Malformed("m=: neither audio nor video");
  if (words[2] != kTransport) return Malformed("m=: not UDP/TLS/RTP/SAVPF");
  if (!ParsePayloadType(words[3])) return Malformed("m=: a format that is not a payload type");
  const std::optional<std::string_view> mid = OnlyValue(lines, "a=mid:");
  if (!mid || mid->empty() || mid->size() > 16 || !OnlyOf(*mid, "_-")) {
    return Malformed("a=mid: missing, or not 1 to 16 letters and digits");
  }
  return MediumLine{.medium = {.is_video = is_video,
                               .mid = std::string(*mid),
                               .first_format = std::string(words[3])},
                    .has_port = words[1] != "0" || HasLine(lines, "a=bundle-only")};
}

std::vector<int> PayloadTypesOf(const OfferedCodec& codec) {
  std::vector<int> types = {codec.payload_type};
  if (codec.repeats) types.push_back(*codec.repeats);
  return types;
}

Result<OfferedCodec> ReadCodec(const Lines& lines, bool is_video, WebWay way) {
  if (!HasLine(lines, "a=rtcp-mux")) return Malformed("a=rtcp-mux: missing");
  const std::string_view other = way == WebWay::kPublish ? "a=recvonly" : "a=sendonly";
  if (HasLine(lines, other) || HasLine(lines, "a=inactive")) {
    return Malformed(way == WebWay::kPublish ? "a=recvonly: who publishes sends"
                                             : "a=sendonly: who plays receives");
  }
  const Formats formats(lines);
  std::optional<OfferedCodec> codec = is_video ? formats.H264() : formats.Opus();
  if (!codec) {
    return NoCodec(is_video ? "video: no H.264 with packetization-mode=1" : "audio: no Opus");
  }
  for (const int type : PayloadTypesOf(*codec)) {
    if (type >= kFirstOfRtcp && type <= kLastOfRtcp) {
      return Malformed("a=rtpmap: a payload type of 64 to 95, which RTCP uses");
    }
  }
  codec->transport_cc = ReadTransportCc(lines);
  if (way == WebWay::kPublish) ReadSources(lines, *codec);
  return *std::move(codec);
}

/// Whether packets of both media can be told apart: they share one connection.
Status CheckTogether(const OfferedCodec& one, const OfferedCodec& other) {
  const auto have_common = [](const auto& some, const auto& more) {
    return std::ranges::find_first_of(some, more) != std::ranges::end(some);
  };
  if (have_common(PayloadTypesOf(one), PayloadTypesOf(other))) {
    return Malformed("a=rtpmap: the same payload type in two media");
  }
  if (have_common(one.sources, other.sources)) return Malformed("a=ssrc: the same in two media");
  if (one.transport_cc && other.transport_cc && one.transport_cc != other.transport_cc) {
    return Malformed("a=extmap: one extension with two numbers");
  }
  return {};
}

/// The media, each with its lines. Those without a codec are to be rejected.
Status ReadMedia(const std::vector<Lines>& sections, WebWay way, WebOffer& offer, Lines& used) {
  const std::string_view group = OnlyValue(sections.front(), "a=group:BUNDLE ").value_or("");
  const std::vector<std::string_view> bundled = WordsOf(group);
  bool has_video = false;
  bool has_audio = false;
  for (auto section = sections.begin() + 1; section != sections.end(); ++section) {
    Result<MediumLine> line = ReadMediumLine(*section);
    if (!line) return line.error();
    OfferedMedium& medium = line->medium;
    for (const OfferedMedium& earlier : offer.media) {
      if (earlier.mid == medium.mid) return Malformed("a=mid: the same twice");
    }
    bool& has_one = medium.is_video ? has_video : has_audio;
    if (line->has_port && !has_one) {
      has_one = true;
      Result<OfferedCodec> codec = ReadCodec(*section, medium.is_video, way);
      if (!codec) return codec.error();
      medium.codec = *std::move(codec);
      for (const OfferedMedium& earlier : offer.media) {
        if (!earlier.codec) continue;
        if (Status apart = CheckTogether(*earlier.codec, *medium.codec); !apart) return apart;
      }
      used.insert(used.end(), section->begin(), section->end());
      if (sections.size() > 2 && std::ranges::find(bundled, medium.mid) == bundled.end()) {
        return Malformed("a=group: the media must be bundled");
      }
    }
    offer.media.push_back(std::move(medium));
  }
  if (!has_video && !has_audio) return Malformed("m=: no medium");
  return {};
}

Status ReadTransport(const Lines& lines, WebOffer& offer) {
  constexpr std::string_view kOfIce = "+/";
  offer.ufrag = OnlyValue(lines, "a=ice-ufrag:").value_or("");
  if (offer.ufrag.size() < 4 || offer.ufrag.size() > 256 || !OnlyOf(offer.ufrag, kOfIce)) {
    return Malformed("a=ice-ufrag: missing, wrong or not the same for all media");
  }
  offer.password = OnlyValue(lines, "a=ice-pwd:").value_or("");
  if (offer.password.size() < 22 || offer.password.size() > 256 ||
      !OnlyOf(offer.password, kOfIce)) {
    return Malformed("a=ice-pwd: missing, wrong or not the same for all media");
  }
  const std::optional<std::string> fingerprint =
      ReadFingerprint(OnlyValue(lines, "a=fingerprint:sha-256 ").value_or(""));
  if (!fingerprint) return Malformed("a=fingerprint: no sha-256, or not the same for all media");
  offer.fingerprint = *fingerprint;
  offer.setup = OnlyValue(lines, "a=setup:").value_or("actpass");
  if (offer.setup != "actpass" && offer.setup != "active" && offer.setup != "passive") {
    return Malformed("a=setup: wrong, or not the same for all media");
  }
  return {};
}

void WriteMedium(const WebOffer& offer, const OfferedMedium& medium, WebWay way, std::string& to) {
  const OfferedCodec& codec = *medium.codec;
  const int type = codec.payload_type;
  const auto add = [&to]<typename... T>(fmt::format_string<T...> format, T&&... values) {
    fmt::format_to(std::back_inserter(to), format, std::forward<T>(values)...);
    to += "\r\n";
  };
  add("m={} 9 {} {}{}", medium.is_video ? "video" : "audio", kTransport, type,
      codec.repeats ? fmt::format(" {}", *codec.repeats) : "");
  add("c=IN IP4 0.0.0.0");
  add("a=rtcp:9 IN IP4 0.0.0.0");
  add("a=ice-ufrag:{}", offer.ufrag);
  add("a=ice-pwd:{}", offer.password);
  add("a=fingerprint:sha-256 {}", offer.fingerprint);
  add("a=setup:{}", offer.setup);
  add("a=mid:{}", medium.mid);
  add("a={}", way == WebWay::kPublish ? "sendonly" : "recvonly");
  add("a=rtcp-mux");
  add("a=rtcp-rsize");
  if (codec.transport_cc) add("a=extmap:{} {}", *codec.transport_cc, kTransportCc);
  add("a=rtpmap:{} {}", type, medium.is_video ? "H264/90000" : "OPUS/48000/2");
  if (medium.is_video) {
    add("a=fmtp:{} level-asymmetry-allowed=1;packetization-mode=1;profile-level-id={}", type,
        codec.profile);
  } else {
    add("a=fmtp:{} minptime=10;useinbandfec=1", type);
  }
  add("a=rtcp-fb:{} transport-cc", type);
  if (medium.is_video) {
    for (const char* const feedback : {"nack", "nack pli", "ccm fir"}) {
      add("a=rtcp-fb:{} {}", type, feedback);
    }
  }
  if (codec.repeats) {
    add("a=rtpmap:{} rtx/90000", *codec.repeats);
    add("a=fmtp:{} apt={}", *codec.repeats, type);
  }
  if (codec.sources.size() == 2) add("a=ssrc-group:FID {}", fmt::join(codec.sources, " "));
  for (const std::uint32_t source : codec.sources) add("a=ssrc:{} cname:{}", source, codec.cname);
}

}  // namespace

Result<WebOffer> ReadOffer(std::string_view text, WebWay way) {
  if (text.size() > kMaxOfferBytes) return Malformed("offer: longer than 32 KiB");
  const bool is_printable = std::ranges::all_of(
      text, [](char c) { return c == '\r' || c == '\n' || (c >= ' ' && c <= '~'); });
  if (!is_printable) return Malformed("offer: bytes that are not printable ASCII");
  const std::vector<std::string_view> lines = LinesOf(text);
  if (lines.size() > kMaxOfferLines) return Malformed("offer: more than 1200 lines");
  if (lines.empty() || lines.front() != "v=0") return Malformed("v=: not 0: no SDP");
  std::vector<Lines> sections(1);
  for (const std::string_view line : lines) {
    if (line.size() < 2 || line[1] != '=') return Malformed("offer: a line that is not LETTER=…");
    if (line.starts_with("m=")) sections.emplace_back();
    sections.back().push_back(line);
  }
  if (sections.size() < 2 || sections.size() > kMaxOfferMedia + 1) {
    return Malformed("m=: must be 1 to 4 media");
  }
  WebOffer offer;
  Lines used = sections.front();
  if (const Status read = ReadMedia(sections, way, offer, used); !read) return read.error();
  if (const Status read = ReadTransport(used, offer); !read) return read.error();
  return offer;
}

std::string WriteOffer(const WebOffer& offer, WebWay way) {
  std::string bundled;
  std::string media;
  for (const OfferedMedium& medium : offer.media) {
    if (!medium.codec) continue;
    bundled += ' ' + medium.mid;
    WriteMedium(offer, medium, way, media);
  }
  return fmt::format("v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE{}\r\n{}",
                     bundled, media);
}

}  // namespace rtcroom
