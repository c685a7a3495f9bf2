// The C face of the bridge: what torch/TorchSharp/Native declares once more in C#.
//
// A function that can fail says in its comment what it then returns; the message waits, per thread, for bridge_take_error.
#pragma once

#include <cstdint>
#include <exception>

#define BRIDGE_API extern "C" __attribute__((visibility("default")))

namespace bridge {

// A tensor's handle is the address of its c10::TensorImpl, holding one reference; null is the undefined tensor. A generator's is the
// address of its c10::GeneratorImpl, likewise. Operators are looked up once and live as long as the process.
using TensorHandle = void*;
using GeneratorHandle = void*;
using OperatorHandle = void*;

// The numbers are those of ArgumentKind in torch/TorchSharp/Native/Argument.cs.
enum class Kind : int32_t {
  Default = 0,              // what the operator's schema says
  None = 1,
  Tensor = 2,
  Int = 3,
  Double = 4,
  Bool = 5,
  IntList = 6,              // value: const int64_t*
  DoubleList = 7,           // value: const double*
  TensorList = 8,           // value: const TensorHandle*
  OptionalTensorList = 9,   // value: const TensorHandle*, null for None
  String = 10,              // value: const char*, length bytes
  Device = 11,              // length: its type, value: its index
  Generator = 12,
};

struct Argument {
  Kind kind;
  int32_t length;
  int64_t value;
};
static_assert(sizeof(Argument) == 16, "laid out as the managed half writes it");

void remember_error(const char* message) noexcept;

// No exception may cross into the managed half: runs the body, and turns an exception into the thread's error and `failure`.
template <typename Result, typename Body>
Result guarded(Result failure, Body&& body) noexcept {
  try {
    return body();
  } catch (const std::exception& error) {
    remember_error(error.what());
  } catch (...) {
    remember_error("libtorch threw something that is no std::exception");
  }
  return failure;
}

}  // namespace bridge
