// Modes, threads, devices and generators.
#include "bridge.h"
#include "handles.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>
#include <c10/core/InferenceMode.h>
#include <torch/cuda.h>

#include <algorithm>
#include <mutex>

using namespace bridge;

// The version of the headers that the bridge was built with.
BRIDGE_API const char* bridge_version() { return BRIDGE_TORCH_VERSION; }

// Modes belong to the thread.

BRIDGE_API int32_t bridge_grad_enabled() { return c10::GradMode::is_enabled() ? 1 : 0; }

BRIDGE_API void bridge_set_grad_enabled(int32_t enabled) { c10::GradMode::set_enabled(enabled != 0); }

BRIDGE_API int32_t bridge_inference_mode_enabled() { return c10::InferenceMode::is_enabled() ? 1 : 0; }

// Enters (or, with 0, suspends) inference mode until bridge_inference_mode_leave on the same thread.
BRIDGE_API void* bridge_inference_mode_enter(int32_t enabled) { return new c10::InferenceMode(enabled != 0); }

BRIDGE_API void bridge_inference_mode_leave(void* guard) { delete static_cast<c10::InferenceMode*>(guard); }

// Threads.

BRIDGE_API int32_t bridge_threads() { return at::get_num_threads(); }

// 0, or -1 on failure.
BRIDGE_API int32_t bridge_set_threads(int32_t count) {
  return guarded<int32_t>(-1, [&] {
    at::set_num_threads(count);
    return 0;
  });
}

BRIDGE_API int32_t bridge_interop_threads() { return static_cast<int32_t>(at::get_num_interop_threads()); }

// 0, or -1 on failure: it can be set once, before any work was given to these threads.
BRIDGE_API int32_t bridge_set_interop_threads(int32_t count) {
  return guarded<int32_t>(-1, [&] {
    at::set_num_interop_threads(count);
    return 0;
  });
}

// Devices.

BRIDGE_API int32_t bridge_cuda_available() {
  return guarded<int32_t>(0, [] { return torch::cuda::is_available() ? 1 : 0; });
}

BRIDGE_API int32_t bridge_cudnn_available() {
  return guarded<int32_t>(0, [] { return torch::cuda::cudnn_is_available() ? 1 : 0; });
}

BRIDGE_API int32_t bridge_cuda_device_count() {
  return guarded<int32_t>(0, [] { return static_cast<int32_t>(torch::cuda::device_count()); });
}

// 0, or -1 on failure.
BRIDGE_API int32_t bridge_cuda_synchronize(int64_t device) {
  return guarded<int32_t>(-1, [&] {
    torch::cuda::synchronize(device);
    return 0;
  });
}

// Generators.

// A generator of its own, seeded; null on failure.
BRIDGE_API GeneratorHandle bridge_generator_new(uint64_t seed, int32_t device_type, int32_t device_index) {
  return guarded<GeneratorHandle>(nullptr, [&] {
    const auto type = static_cast<c10::DeviceType>(device_type);
    if (type == c10::DeviceType::CPU) {
      return release(at::detail::createCPUGenerator(seed));
    }
    // Other devices' generators are made by their own library; a copy of its default one serves as well.
    at::Generator generator =
        at::globalContext().defaultGenerator(c10::Device(type, static_cast<c10::DeviceIndex>(std::max(device_index, 0)))).clone();
    generator.set_current_seed(seed);
    return release(std::move(generator));
  });
}

// The CPU's default generator, shared with whoever names none.
BRIDGE_API GeneratorHandle bridge_generator_default() {
  return guarded<GeneratorHandle>(nullptr, [] { return release(at::Generator(at::detail::getDefaultCPUGenerator())); });
}

BRIDGE_API void bridge_generator_release(GeneratorHandle generator) {
  c10::intrusive_ptr<c10::GeneratorImpl>::reclaim(static_cast<c10::GeneratorImpl*>(generator));
}

// Seeds every default generator: the CPU's and those of all GPUs. 0, or -1 on failure.
BRIDGE_API int32_t bridge_manual_seed(uint64_t seed) {
  return guarded<int32_t>(-1, [&] {
    at::manual_seed(seed);
    return 0;
  });
}

// 0, or -1 on failure.
BRIDGE_API int32_t bridge_generator_seed(GeneratorHandle handle, uint64_t seed) {
  return guarded<int32_t>(-1, [&] {
    at::Generator generator = borrow_generator(handle);
    const std::lock_guard<std::mutex> lock(generator.mutex());
    generator.set_current_seed(seed);
    return 0;
  });
}

BRIDGE_API uint64_t bridge_generator_initial_seed(GeneratorHandle handle) {
  return guarded<uint64_t>(0, [&] { return borrow_generator(handle).current_seed(); });
}

// The state as a byte tensor; null on failure.
BRIDGE_API TensorHandle bridge_generator_state(GeneratorHandle handle) {
  return guarded<TensorHandle>(nullptr, [&] { return release(borrow_generator(handle).get_state()); });
}

// 0, or -1 on failure (a state of another generator's size, say).
BRIDGE_API int32_t bridge_generator_set_state(GeneratorHandle handle, TensorHandle state) {
  return guarded<int32_t>(-1, [&] {
    borrow_generator(handle).set_state(borrow(state));
    return 0;
  });
}
