# The libraries of a released binary: from archives where Debian has them, so that it runs on
# machines without these packages. Defines the same targets as the packages' own CMake files would.
#
# Still shared: cpp-httplib, prometheus-cpp and wslay, which have no archives; jemalloc, before which
# another allocator can be preloaded; OpenSSL and zlib, which cpp-httplib links and which must not be
# in one process twice; and the C and C++ libraries.

set(Protobuf_USE_STATIC_LIBS ON)
find_library(SQLite3_LIBRARY NAMES libsqlite3.a REQUIRED)

# pugixml's CMake file has the archive under another name.
find_library(RTCROOM_ARCHIVE_pugixml NAMES libpugixml.a REQUIRED)
mark_as_advanced(RTCROOM_ARCHIVE_pugixml)
add_library(pugixml::pugixml STATIC IMPORTED)
set_target_properties(pugixml::pugixml PROPERTIES IMPORTED_LOCATION ${RTCROOM_ARCHIVE_pugixml})

# gRPC's CMake file offers shared libraries only; its pkg-config file lists its parts.
pkg_check_modules(grpc_archive REQUIRED grpc++>=1.51)
set(names "")
foreach(name grpc++_reflection ${grpc_archive_STATIC_LIBRARIES})
  if(NOT name MATCHES "^(ssl|crypto|z|dl|rt|atomic)$")
    list(APPEND names ${name})
  endif()
endforeach()
list(REMOVE_DUPLICATES names)
set(archives "")
foreach(name ${names})
  find_library(RTCROOM_ARCHIVE_${name} NAMES lib${name}.a REQUIRED)
  mark_as_advanced(RTCROOM_ARCHIVE_${name})
  list(APPEND archives ${RTCROOM_ARCHIVE_${name}})
endforeach()
# They depend on each other circularly.
list(JOIN archives "," archives)
add_library(gRPC::grpc++ INTERFACE IMPORTED)
target_link_libraries(gRPC::grpc++ INTERFACE
  "$<LINK_GROUP:RESCAN,${archives}>" protobuf::libprotobuf OpenSSL::SSL OpenSSL::Crypto ZLIB::ZLIB
  Threads::Threads)
add_library(gRPC::grpc++_reflection INTERFACE IMPORTED)
target_link_libraries(gRPC::grpc++_reflection INTERFACE gRPC::grpc++)

find_program(RTCROOM_GRPC_CPP_PLUGIN grpc_cpp_plugin REQUIRED)
add_executable(gRPC::grpc_cpp_plugin IMPORTED)
set_target_properties(gRPC::grpc_cpp_plugin PROPERTIES IMPORTED_LOCATION ${RTCROOM_GRPC_CPP_PLUGIN})

# RUNPATH is not searched for a library's own dependencies, unless the program names them as well:
# so it names those of cpp-httplib that it does not use itself.
add_link_options(-Wl,--as-needed)
set(RTCROOM_CARRIED_DEPENDENCIES
  "SHELL:-Wl,--push-state,--no-as-needed -lbrotlienc -lbrotlidec -lbrotlicommon -Wl,--pop-state")

# The same source gives the same bytes in any folder.
add_compile_options(-ffile-prefix-map=${CMAKE_BINARY_DIR}=build -ffile-prefix-map=${CMAKE_SOURCE_DIR}=.)
