#include "bridge.h"

#include <cstring>
#include <string>

namespace {
thread_local std::string pending_error;
}

void bridge::remember_error(const char* message) noexcept {
  try {
    pending_error = message;
  } catch (...) {
    pending_error.clear();
  }
}

// Copies the thread's pending message (no terminator) and forgets it once it fits; returns its length, 0 for none.
BRIDGE_API int64_t bridge_take_error(char* buffer, int64_t capacity) {
  const auto length = static_cast<int64_t>(pending_error.size());
  if (length <= capacity) {
    std::memcpy(buffer, pending_error.data(), pending_error.size());
    pending_error.clear();
  }
  return length;
}
