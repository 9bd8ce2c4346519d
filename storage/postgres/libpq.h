// The functions of libpq, loaded at run time: without a database, the program needs no libpq.
#pragma once

#include <libpq-fe.h>

#include "daemon/base/result.h"

namespace rtcroom {

inline constexpr const char* kLibpqFile = "libpq.so.5";

// NOLINTBEGIN(readability-identifier-naming): the names of PostgreSQL's manual
/// All that are called: none that waits without a deadline, none that cancels a statement.
struct Libpq {
  decltype(&::PQclear) PQclear = nullptr;
  decltype(&::PQconnectPoll) PQconnectPoll = nullptr;
  decltype(&::PQconnectStartParams) PQconnectStartParams = nullptr;
  decltype(&::PQconninfoFree) PQconninfoFree = nullptr;
  decltype(&::PQconninfoParse) PQconninfoParse = nullptr;
  decltype(&::PQconsumeInput) PQconsumeInput = nullptr;
  decltype(&::PQenterPipelineMode) PQenterPipelineMode = nullptr;
  decltype(&::PQerrorMessage) PQerrorMessage = nullptr;
  decltype(&::PQfformat) PQfformat = nullptr;
  decltype(&::PQfinish) PQfinish = nullptr;
  decltype(&::PQflush) PQflush = nullptr;
  decltype(&::PQfname) PQfname = nullptr;
  decltype(&::PQftype) PQftype = nullptr;
  decltype(&::PQgetResult) PQgetResult = nullptr;
  decltype(&::PQgetisnull) PQgetisnull = nullptr;
  decltype(&::PQgetlength) PQgetlength = nullptr;
  decltype(&::PQgetvalue) PQgetvalue = nullptr;
  decltype(&::PQhost) PQhost = nullptr;
  decltype(&::PQisBusy) PQisBusy = nullptr;
  decltype(&::PQnfields) PQnfields = nullptr;
  decltype(&::PQnparams) PQnparams = nullptr;
  decltype(&::PQntuples) PQntuples = nullptr;
  decltype(&::PQparamtype) PQparamtype = nullptr;
  decltype(&::PQpipelineSync) PQpipelineSync = nullptr;
  decltype(&::PQport) PQport = nullptr;
  decltype(&::PQresStatus) PQresStatus = nullptr;
  decltype(&::PQresultErrorField) PQresultErrorField = nullptr;
  decltype(&::PQresultErrorMessage) PQresultErrorMessage = nullptr;
  decltype(&::PQresultStatus) PQresultStatus = nullptr;
  decltype(&::PQsendDescribePrepared) PQsendDescribePrepared = nullptr;
  decltype(&::PQsendPrepare) PQsendPrepare = nullptr;
  decltype(&::PQsendQueryParams) PQsendQueryParams = nullptr;
  decltype(&::PQsendQueryPrepared) PQsendQueryPrepared = nullptr;
  decltype(&::PQsetErrorVerbosity) PQsetErrorVerbosity = nullptr;
  decltype(&::PQsetNoticeReceiver) PQsetNoticeReceiver = nullptr;
  decltype(&::PQsetnonblocking) PQsetnonblocking = nullptr;
  decltype(&::PQsocket) PQsocket = nullptr;
  decltype(&::PQstatus) PQstatus = nullptr;
  decltype(&::PQtransactionStatus) PQtransactionStatus = nullptr;
};
// NOLINTEND(readability-identifier-naming)

/// Loads the shared library `file`, which stays loaded.
/// @errors kStoreBroken, with one sentence, when it is missing or too old.
Result<Libpq> LoadLibpq(const char* file);

/// `kLibpqFile`, loaded by the first call.
/// @threads safe from any thread.
const Result<Libpq>& LoadedLibpq();

/// The same, once it has succeeded: whoever has a PgAddress may call it.
const Libpq& Pq();

}  // namespace rtcroom
