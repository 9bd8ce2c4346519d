#include "daemon/web/run_web_worker.h"

#include <cstring>
#include <optional>
#include <utility>

#include <gst/gst.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include "daemon/base/address_range.h"
#include "daemon/base/ip_address.h"
#include "daemon/grpc/server_call.h"
#include "daemon/web/main_loop.h"
#include "daemon/web/play_peer.h"
#include "daemon/web/rtmp_pull.h"
#include "daemon/web/rtmp_push.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kStep{200};

/// What nobody sends: an offer for the trial.
WebOffer TrialOffer() {
  std::string fingerprint = "00";
  for (int i = 1; i < 32; ++i) fingerprint += ":00";
  const std::string connection =
      "a=ice-ufrag:trial\na=ice-pwd:0123456789012345678901\na=rtcp-mux\na=fingerprint:sha-256 " +
      fingerprint + "\n";
  return *ReadOffer(
      "v=0\na=group:BUNDLE 0 1\nm=audio 9 UDP/TLS/RTP/SAVPF 111\na=mid:0\n"
      "a=rtpmap:111 opus/48000/2\n" +
          connection +
          "m=video 9 UDP/TLS/RTP/SAVPF 102\na=mid:1\na=rtpmap:102 H264/90000\n"
          "a=fmtp:102 packetization-mode=1;profile-level-id=42e01f\n" +
          connection,
      WebWay::kPlay);
}

/// Opens and ends one session: the first takes up to half a second longer than others, as the
/// library loads its parts then, and one that is missing is noticed. Ends early at `stop`.
Status TryOnce(const PeerNetwork& network, const std::stop_token& stop) {
  const MediaClock clock;
  for (const std::string& text : std::initializer_list<std::string>{
           RtmpPull::Elements(), RtmpPush::Elements(), PlayPeer::Elements()}) {
    if (!MediaPipeline(text, clock, [](const std::string&) {}).is_usable()) {
      return Error{Errc::kUnavailable, "a part of GStreamer is missing: of good, bad or libav"};
    }
  }
  bool is_answered = false;
  bool has_failed = false;
  const auto peer = std::make_shared<PlayPeer>(
      clock,
      PeerEvents{.answered = [&](const std::string&) { is_answered = true; },
                 .connected = [] {},
                 .failed = [&](SessionFault) { has_failed = true; },
                 .key_wanted = [] {}},
      TrialOffer(), std::make_shared<StreamHub>());
  peer->Begin(TrialOffer(), network);
  const MediaTime began_at = clock.Now();
  main_loop::Run(kStep, [&] {
    return !is_answered && !has_failed && !stop.stop_requested() && clock.Now() < began_at + 20s;
  });
  peer->End();
  if (is_answered || stop.stop_requested()) return {};
  return Error{Errc::kUnavailable, "no WebRTC of GStreamer: of bad or nice, or no free port"};
}

}  // namespace

std::vector<std::string> LocalAddresses() {
  const std::vector<std::string> local = {"127.0.0.0/8", "::1", "169.254.0.0/16", "fe80::/10"};
  const std::optional<AddressRanges> not_told = AddressRanges::Parse(local);
  std::vector<std::string> addresses;
  ifaddrs* first = nullptr;
  if (getifaddrs(&first) != 0) return addresses;
  for (const ifaddrs* each = first; each != nullptr; each = each->ifa_next) {
    if (each->ifa_addr == nullptr || (each->ifa_flags & IFF_UP) == 0) continue;
    sockaddr_storage storage{};
    const bool is_v6 = each->ifa_addr->sa_family == AF_INET6;
    if (!is_v6 && each->ifa_addr->sa_family != AF_INET) continue;
    std::memcpy(&storage, each->ifa_addr, is_v6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in));
    const std::optional<IpAddress> address = IpAddress::FromSockaddr(storage);
    if (address && !not_told->Contains(*address)) addresses.push_back(address->ToText());
  }
  freeifaddrs(first);
  return addresses;
}

Status RunWebWorker(const std::stop_token& stop, const WebWorkerOptions& options,
                    const WebWorkerDeps& deps) {
  gst_init(nullptr, nullptr);
  if (Status tried = TryOnce(options.network, stop); !tried || stop.stop_requested()) return tried;
  std::optional<ServerCall<v1::WebReport, v1::WebOrder>> calls;
  WebWorker worker(options, deps.clock, deps.logger,
                   [&calls](v1::WebReport report) { calls->Send(std::move(report)); });
  calls.emplace(
      ServerCallOptions{.method = "/rtcroom.v1.RoomAdmin/ServeWeb",
                        .event = "web_served",
                        .lost_event = "web_not_served",
                        .token = deps.token,
                        .backoff = 200ms,
                        .max_backoff = 2s},  // browsers are refused meanwhile
      ServerCall<v1::WebReport, v1::WebOrder>::Deps{.channel = deps.channel,
                                                    .clock = deps.clock,
                                                    .logger = deps.logger,
                                                    .wake = main_loop::Wake,
                                                    .hello = [&worker] { return worker.Hello(); }});
  deps.ready();
  const std::stop_callback wake(stop, main_loop::Wake);
  std::optional<std::pair<std::size_t, bool>> reported;
  MonotonicTime stepped_at{};
  main_loop::Run(kStep, [&] {
    calls->Step();
    while (const std::optional<v1::WebOrder> order = calls->Take()) worker.Obey(*order);
    const MonotonicTime now = deps.clock.Monotonic();
    if (now - stepped_at >= kStep) {
      stepped_at = now;
      worker.Step();
    }
    const std::pair state(worker.sessions(), calls->is_served());
    if (reported != state) deps.report(state.first, state.second);
    reported = state;
    return !stop.stop_requested();
  });
  return {};
}

}  // namespace rtcroom
