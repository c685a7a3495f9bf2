// How a libtorch object becomes a handle and back.
#pragma once

#include "bridge.h"

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

namespace bridge {

// A tensor of its own reference: the handle stays its owner's.
inline at::Tensor borrow(TensorHandle handle) {
  return at::Tensor(c10::intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl>::reclaim_copy(static_cast<c10::TensorImpl*>(handle)));
}

// Gives the reference away: the handle's new owner releases it.
inline TensorHandle release(at::Tensor&& tensor) {
  return tensor.defined() ? tensor.unsafeReleaseTensorImpl() : nullptr;
}

inline c10::TensorImpl& implementation(TensorHandle handle) { return *static_cast<c10::TensorImpl*>(handle); }

inline at::Generator borrow_generator(GeneratorHandle handle) {
  return at::Generator(c10::intrusive_ptr<c10::GeneratorImpl>::reclaim_copy(static_cast<c10::GeneratorImpl*>(handle)));
}

inline GeneratorHandle release(at::Generator&& generator) {
  // at::Generator has no release of its own: a second reference outlives it.
  auto* address = generator.unsafeGetGeneratorImpl();
  c10::raw::intrusive_ptr::incref(address);
  return address;
}

}  // namespace bridge
