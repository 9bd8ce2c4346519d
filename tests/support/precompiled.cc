// Nothing: this file stands for the headers that CMake compiles for all tests (RTCROOM_PCH).
