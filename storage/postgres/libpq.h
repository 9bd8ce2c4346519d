// The functions of libpq, loaded at run time: without a database, the program needs no libpq.
#pragma once

#include <libpq-fe.h>

#include "daemon/base/result.h"

namespace rtcroom {

inline constexpr const char* kLibpqFile = "libpq.so.5";

// All that are called: none that waits without a deadline, none that cancels a statement.
#define RTCROOM_LIBPQ_FUNCTIONS(OF) \
  OF(PQclear)                       \
  OF(PQconnectPoll)                 \
  OF(PQconnectStartParams)          \
  OF(PQconninfoFree)                \
  OF(PQconninfoParse)               \
  OF(PQconsumeInput)                \
  OF(PQenterPipelineMode)           \
  OF(PQerrorMessage)                \
  OF(PQfformat)                     \
  OF(PQfinish)                      \
  OF(PQflush)                       \
  OF(PQfname)                       \
  OF(PQftype)                       \
  OF(PQgetResult)                   \
  OF(PQgetisnull)                   \
  OF(PQgetlength)                   \
  OF(PQgetvalue)                    \
  OF(PQhost)                        \
  OF(PQisBusy)                      \
  OF(PQnfields)                     \
  OF(PQnparams)                     \
  OF(PQntuples)                     \
  OF(PQparamtype)                   \
  OF(PQpipelineSync)                \
  OF(PQport)                        \
  OF(PQresStatus)                   \
  OF(PQresultErrorField)            \
  OF(PQresultErrorMessage)          \
  OF(PQresultStatus)                \
  OF(PQsendDescribePrepared)        \
  OF(PQsendPrepare)                 \
  OF(PQsendQueryParams)             \
  OF(PQsendQueryPrepared)           \
  OF(PQsetErrorVerbosity)           \
  OF(PQsetNoticeReceiver)           \
  OF(PQsetnonblocking)              \
  OF(PQsocket)                      \
  OF(PQstatus)                      \
  OF(PQtransactionStatus)

/// They have the names of PostgreSQL's manual.
struct Libpq {
#define RTCROOM_MEMBER(name) decltype(&::name) name = nullptr;
  RTCROOM_LIBPQ_FUNCTIONS(RTCROOM_MEMBER)
#undef RTCROOM_MEMBER
};

/// Loads the shared library `file`, which stays loaded.
/// @errors kStoreBroken, with one sentence, when it is missing or too old.
Result<Libpq> LoadLibpq(const char* file);

/// `kLibpqFile`, loaded by the first call.
/// @threads safe from any thread.
const Result<Libpq>& LoadedLibpq();

/// It returns the library of `LoadedLibpq`, which must have succeeded: whoever has a PgAddress may
/// call it.
const Libpq& Pq();

}  // namespace rtcroom
