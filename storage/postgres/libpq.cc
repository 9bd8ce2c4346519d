#include "storage/postgres/libpq.h"

#include <string_view>

#include <dlfcn.h>
#include <fmt/format.h>

namespace rtcroom {

Result<Libpq> LoadLibpq(const char* file) {
  const auto refused = [](std::string_view why) {
    return Error{Errc::kStoreBroken,
                 fmt::format("PostgreSQL needs libpq 14 or later (package libpq5): {}", why)};
  };
  // Never closed: its functions are called until the process ends.
  void* const library = ::dlopen(file, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return refused(::dlerror());

  Libpq libpq;
  const char* missing = nullptr;
  const auto find = [&]<typename Function>(const char* name, Function& function) {
    function = reinterpret_cast<Function>(::dlsym(library, name));
    if (function == nullptr) missing = name;
  };
  find("PQclear", libpq.PQclear);
  find("PQconnectPoll", libpq.PQconnectPoll);
  find("PQconnectStartParams", libpq.PQconnectStartParams);
  find("PQconninfoFree", libpq.PQconninfoFree);
  find("PQconninfoParse", libpq.PQconninfoParse);
  find("PQconsumeInput", libpq.PQconsumeInput);
  find("PQenterPipelineMode", libpq.PQenterPipelineMode);
  find("PQerrorMessage", libpq.PQerrorMessage);
  find("PQfformat", libpq.PQfformat);
  find("PQfinish", libpq.PQfinish);
  find("PQflush", libpq.PQflush);
  find("PQfname", libpq.PQfname);
  find("PQftype", libpq.PQftype);
  find("PQgetResult", libpq.PQgetResult);
  find("PQgetisnull", libpq.PQgetisnull);
  find("PQgetlength", libpq.PQgetlength);
  find("PQgetvalue", libpq.PQgetvalue);
  find("PQhost", libpq.PQhost);
  find("PQisBusy", libpq.PQisBusy);
  find("PQnfields", libpq.PQnfields);
  find("PQnparams", libpq.PQnparams);
  find("PQntuples", libpq.PQntuples);
  find("PQparamtype", libpq.PQparamtype);
  find("PQpipelineSync", libpq.PQpipelineSync);
  find("PQport", libpq.PQport);
  find("PQresStatus", libpq.PQresStatus);
  find("PQresultErrorField", libpq.PQresultErrorField);
  find("PQresultErrorMessage", libpq.PQresultErrorMessage);
  find("PQresultStatus", libpq.PQresultStatus);
  find("PQsendDescribePrepared", libpq.PQsendDescribePrepared);
  find("PQsendPrepare", libpq.PQsendPrepare);
  find("PQsendQueryParams", libpq.PQsendQueryParams);
  find("PQsendQueryPrepared", libpq.PQsendQueryPrepared);
  find("PQsetErrorVerbosity", libpq.PQsetErrorVerbosity);
  find("PQsetNoticeReceiver", libpq.PQsetNoticeReceiver);
  find("PQsetnonblocking", libpq.PQsetnonblocking);
  find("PQsocket", libpq.PQsocket);
  find("PQstatus", libpq.PQstatus);
  find("PQtransactionStatus", libpq.PQtransactionStatus);
  if (missing != nullptr) return refused(fmt::format("{} has no {}", file, missing));
  return libpq;
}

const Result<Libpq>& LoadedLibpq() {
  static const Result<Libpq> libpq = LoadLibpq(kLibpqFile);
  return libpq;
}

const Libpq& Pq() { return *LoadedLibpq(); }

}  // namespace rtcroom
