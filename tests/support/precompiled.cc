// Intentionally empty: stands for the headers that CMake precompiles for all tests (RTCROOM_PCH).
