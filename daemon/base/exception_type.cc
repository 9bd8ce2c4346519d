#include "daemon/base/exception_type.h"

#include <exception>
#include <typeinfo>

namespace rtcroom {

std::string_view CurrentExceptionType() {
  try {
    throw;
  } catch (const std::exception& thrown) {
    return typeid(thrown).name();
  } catch (...) {
    return "not a std::exception";
  }
}

}  // namespace rtcroom
