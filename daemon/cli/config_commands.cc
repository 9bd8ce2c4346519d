#include <algorithm>
#include <iterator>
#include <vector>

#include "daemon/auth/ecdsa_key.h"
#include "daemon/base/atomic_file.h"
#include "daemon/cli/commands.h"
#include "daemon/config/config_checks.h"
#include "daemon/config/default_config.h"
#include "daemon/config/load_config.h"
#include "daemon/grpc/grpc_certificates.h"
#include "daemon/http/tls_context.h"
#include "daemon/process/certificate_warnings.h"

namespace rtcroom {
namespace {

/// @param parse  parses the content of a PEM file to a Result.
template <typename Parse>
void CheckKeyFile(const std::string& key, const std::string& path, const Parse& parse,
                  ConfigOutcome& outcome) {
  if (path.empty() || HasProblem(outcome, key)) return;
  const Result<std::string> pem = ReadSmallFile(path);
  if (!pem) {
    outcome.problems.push_back({key, pem.error().detail});
    return;
  }
  const auto parsed = parse(*pem);
  if (!parsed) outcome.problems.push_back({key, parsed.error().detail});
}

/// Adds problems for certificates and keys that are readable but unusable: reported now, by their
/// configuration key, and not when the server starts.
void AddUnusableFiles(ConfigOutcome& outcome) {
  const ServerConfig& server = outcome.config.server;
  const bool has_tls = !server.tls_cert.empty() && !server.tls_key.empty();
  if (has_tls && !HasProblem(outcome, "server.tls_cert") &&
      !HasProblem(outcome, "server.tls_key")) {
    const Result<TlsContext> loaded = LoadTlsContext(server.tls_cert, server.tls_key);
    if (!loaded) outcome.problems.push_back({"server.tls_cert", loaded.error().detail});
  }
  const GrpcConfig& grpc = outcome.config.grpc;
  const bool has_problem = HasProblem(outcome, "grpc.tls_cert") ||
                           HasProblem(outcome, "grpc.tls_key") ||
                           HasProblem(outcome, "grpc.client_ca");
  if (!grpc.listen.empty() && !grpc.tls_cert.empty() && !has_problem) {
    const Result<GrpcCertificates> loaded = LoadGrpcCertificates(
        {.cert = grpc.tls_cert, .key = grpc.tls_key, .client_ca = grpc.client_ca});
    if (!loaded) outcome.problems.push_back({"grpc.tls_cert", loaded.error().detail});
  }
  const ImConfig& im = outcome.config.im;
  CheckKeyFile(
      "im.private_key_file", im.private_key_file,
      [](const std::string& pem) { return EcdsaPrivateKey::FromPem(Secret(pem)); }, outcome);
  CheckKeyFile(
      "im.public_key_file", im.public_key_file,
      [](const std::string& pem) { return EcdsaPublicKey::FromPem(pem); }, outcome);
}

}  // namespace

int RunServe(const ServeOptions& options, const CliContext& context) {
  const ConfigReload load = [&] {
    ConfigOutcome outcome = LoadConfigFile(options.config, context.environment, options.mode,
                                           options.dev_host, options.dev_port);
    AddUnusableFiles(outcome);
    return outcome;
  };
  const ConfigOutcome outcome = load();
  for (const ConfigProblem& problem : outcome.problems) context.err << problem << '\n';
  return outcome.problems.empty() ? context.serve(outcome.config, options.mode, load) : kExitUsage;
}

int RunCheckConfig(const ConfigPath& path, RunMode mode, const CliContext& context) {
  const ConfigPath source = path == "-" ? ConfigPath("/dev/stdin") : path;
  ConfigOutcome outcome = LoadConfigFile(source, context.environment, mode);
  AddUnusableFiles(outcome);
  for (const ConfigProblem& problem : outcome.problems) {
    context.out << "problem: " << problem << '\n';
  }
  std::vector<ConfigProblem> warnings = FindWarnings(outcome.config, mode);
  std::ranges::move(FindCertificateWarnings(outcome.config, context.clock.Now()),
                    std::back_inserter(warnings));
  for (const ConfigProblem& warning : warnings) {
    // A key with a problem keeps its default: a warning would report it as missing as well.
    if (!HasProblem(outcome, warning.key)) context.out << "warning: " << warning << '\n';
  }
  if (!outcome.problems.empty()) return kExitUsage;
  context.out << "The configuration can be used.\n";
  return kExitOk;
}

int RunDefaultConfig(const CliContext& context) {
  context.out << DefaultConfigText();
  return kExitOk;
}

}  // namespace rtcroom
