#include "daemon/cli/rooms_channel.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include "daemon/grpc/library_log.h"

namespace rtcroom {
namespace {

std::shared_ptr<grpc::ChannelCredentials> CredentialsOf(const RoomsServer& server) {
  if (!server.has_tls) return grpc::InsecureChannelCredentials();
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = server.trusted;
  options.pem_cert_chain = server.cert;
  options.pem_private_key = server.key.Reveal();
  return grpc::SslCredentials(options);
}

}  // namespace

std::shared_ptr<grpc::Channel> ConnectTo(const RoomsServer& server) {
  LibraryLog::Silence();  // failures are reported once, at the end
  grpc::ChannelArguments arguments;
  // The operator has chosen the target: no proxy.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // A server that was restarted is found again soon.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 200);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 5000);
  const bool is_path = server.target.starts_with("unix:");
  return grpc::CreateCustomChannel(is_path ? server.target : "dns:///" + server.target,
                                   CredentialsOf(server), arguments);
}

}  // namespace rtcroom
