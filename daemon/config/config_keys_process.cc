#include <chrono>

#include "daemon/config/config_keys.h"

namespace rtcroom {

// NOLINTNEXTLINE(google-build-using-namespace): the literals of durations
using namespace std::chrono_literals;

void AddServerKeys(std::vector<ConfigKey>& keys) {
  using S = ServerConfig;
  SectionKeys<&Config::server> server("server", keys);
  server.AddOfMachine<&S::http_listen>(
      "http_listen", ListenRule{CheckOptionalListenAddress},
      "Plain HTTP, for a proxy in front or for loopback; \"\" = off.");
  server.AddOfMachine<&S::https_listen>(
      "https_listen", ListenRule{CheckOptionalListenAddress},
      "HTTPS; needs tls_cert and tls_key; one address or a list; \"\" = off.");
  server.AddOfMachine<&S::tls_cert>("tls_cert", PlainTextRule{},
                                    "PEM file: certificate and its chain.");
  server.AddOfMachine<&S::tls_key>("tls_key", PlainTextRule{},
                                   "PEM file: the certificate's private key.");
  server.Add<&S::prefix>("prefix", PlainTextRule{CheckPrefix},
                         "What all paths begin with; the dialect is found by the request.");
  server.Add<&S::max_body_bytes>("max_body_bytes", CountRule{1024, 16'777'216},
                                 "Longest request body; past it 413.");
  server.AddOfMachine<&S::max_connections_per_address>(
      "max_connections_per_address", CountRule{1, 1'000'000},
      "Most connections of one address, or of one /64 of IPv6; many phones can share one.");
  server.AddOfMachine<&S::max_connections>("max_connections", CountRule{1, 1'000'000},
                                           "Most connections altogether; each is an open file.");
  server.AddOfMachine<&S::idle_timeout>("idle_timeout", DurationRule{10ms, 1h},
                                        "How long a connection may stay open between requests.");
  server.AddOfMachine<&S::request_timeout>(
      "request_timeout", DurationRule{10ms, 5min},
      "How long a request may take to arrive, from its first byte.");
  server.AddOfMachine<&S::drain_timeout>(
      "drain_timeout", DurationRule{10ms, 10min},
      "How long a stop waits for the requests that are running.");
  server.AddOfMachine<&S::trusted_proxies>(
      "trusted_proxies", ListRule{CheckAddressRange},
      "Addresses and ranges (10.0.0.0/8) of proxies whose X-Forwarded-For is believed.");
  server.AddOfMachine<&S::proxy_protocol>(
      "proxy_protocol", SwitchRule{},
      "Connections begin with a PROXY header of version 2; only "
      "trusted_proxies, if any, may connect.");
  server.Add<&S::gen1_prefix>("gen1_prefix", PlainTextRule{CheckOptionalPrefix},
                              "A further prefix whose requests are all gen-1; \"\" = off.");
  server.Add<&S::gen2_prefix>("gen2_prefix", PlainTextRule{CheckOptionalPrefix},
                              "A further prefix whose requests are all gen-2; \"\" = off.");
  server.Add<&S::cors_origins>("cors_origins", ListRule{CheckOrigin},
                               "Origins that browsers may call from; \"*\" = all.");
  server.AddOfMachine<&S::max_held_bytes>(
      "max_held_bytes", CountRule{0, std::size_t{1} << 40},
      "Most memory for clients: their connections, what they send and do not take, and messages "
      "that wait; at least 16 MiB. 0 = 768 MiB, or half of the machine's or the cgroup's memory if "
      "that is less.");
  server.AddOfMachine<&S::workers>("workers", CountRule{1, 1024}, "Threads that run requests.");
}

void AddAdminKeys(std::vector<ConfigKey>& keys) {
  SectionKeys<&Config::admin> admin("admin", keys);
  admin.AddOfMachine<&AdminConfig::listen>(
      "listen", ListenRule{CheckListenAddress},
      "/healthz, /readyz, /servez, /metrics and the console; keep it local.");
  admin.Add<&AdminConfig::token>(
      "token", SecretRule{}, "The token of the console, 16 characters or more; \"\" = no console.");
}

void AddGrpcKeys(std::vector<ConfigKey>& keys) {
  using S = GrpcConfig;
  SectionKeys<&Config::grpc> grpc("grpc", keys);
  grpc.AddOfMachine<&S::listen>(
      "listen", ListenRule{CheckOptionalGrpcAddress},
      "Membership events and RoomAdmin, for programs: unix:PATH, for "
      "the server's user and group; or host:port, which needs token on loopback, "
      "and tls_cert, tls_key and client_ca elsewhere; \"\" = off.");
  grpc.AddOfMachine<&S::worker_listen>(
      "worker_listen", ListenRule{CheckOptionalGrpcAddress},
      "For mix-worker and web-worker, whose calls are the only ones served here: unix:PATH, for "
      "the server's user and group, or the group of a folder with the setgid bit; or host:port, "
      "which needs tls_cert, tls_key and client_ca; \"\" = none.");
  grpc.AddOfMachine<&S::tls_cert>("tls_cert", PlainTextRule{},
                                  "PEM file: certificate and its chain.");
  grpc.AddOfMachine<&S::tls_key>("tls_key", PlainTextRule{},
                                 "PEM file: the certificate's private key.");
  grpc.AddOfMachine<&S::client_ca>(
      "client_ca", PlainTextRule{},
      "PEM file: the authority of the certificates that clients must show.");
  grpc.Add<&S::token>(
      "token", SecretRule{},
      "The token of callers, sent as \"authorization: Bearer TOKEN\"; \"\" = none.");
}

void AddStoreKeys(std::vector<ConfigKey>& keys) {
  using S = StoreConfig;
  SectionKeys<&Config::store> store("store", keys);
  store.AddOfMachine<&S::url>("url", StoreUrlRule{},
                              "sqlite:PATH (relative to data_dir), memory: (lost at each stop), or "
                              "postgresql://USER@HOST,HOST/DATABASE.");
  store.AddOfMachine<&S::data_dir>("data_dir", PlainTextRule{CheckPath},
                                   "Where the server keeps its files; made when it is missing.");
  store.Add<&S::event_retention>("event_retention", DurationRule{1s, 8760h},
                                 "How long membership events are kept.");
  store.Add<&S::max_events>("max_events", CountRule{100, 1'000'000'000},
                            "Most events kept, whichever bound ends first.");
  store.Add<&S::max_event_bytes>("max_event_bytes", CountRule{1'048'576, 1'099'511'627'776},
                                 "Most bytes of events kept, whichever bound ends first.");
  store.AddOfMachine<&S::warn_async>(
      "warn_async", SwitchRule{},
      "Warns of a PostgreSQL server without a synchronous standby: changes "
      "that were answered are lost with its machine.");
  store.AddOfMachine<&S::start_with_wrong_clock>(
      "start_with_wrong_clock", SwitchRule{},
      "Starts although this machine's clock differs from that of the PostgreSQL server by more "
      "than 10 minutes; otherwise it waits until the clock is right.");
}

void AddLogKeys(std::vector<ConfigKey>& keys) {
  SectionKeys<&Config::log> log("log", keys);
  log.AddOfMachine<&LogConfig::level>("level", ChoiceRule{{"debug", "info", "warn", "error"}},
                                      "The least that is logged.");
  log.AddOfMachine<&LogConfig::format>("format", ChoiceRule{{"json", "text"}}, "How lines look.");
}

}  // namespace rtcroom
