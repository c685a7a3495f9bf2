// What is asked of a tensor itself, without calling an operator.
#include "bridge.h"
#include "handles.h"

#include <ATen/ops/from_blob.h>
#include <c10/core/ScalarType.h>

#include <algorithm>

using namespace bridge;

BRIDGE_API void bridge_tensor_retain(TensorHandle tensor) { c10::raw::intrusive_ptr::incref(&implementation(tensor)); }

BRIDGE_API void bridge_tensor_release(TensorHandle tensor) {
  // The reference ends with the pointer that takes it over.
  c10::intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl>::reclaim(&implementation(tensor));
}

BRIDGE_API int64_t bridge_tensor_dimensions(TensorHandle tensor) { return implementation(tensor).dim(); }

BRIDGE_API int64_t bridge_tensor_element_count(TensorHandle tensor) { return implementation(tensor).numel(); }

BRIDGE_API int64_t bridge_tensor_element_size(TensorHandle tensor) { return static_cast<int64_t>(implementation(tensor).itemsize()); }

// For shape and strides, `values` has room for bridge_tensor_dimensions numbers.
BRIDGE_API void bridge_tensor_shape(TensorHandle tensor, int64_t* values) {
  const auto shape = implementation(tensor).sizes();
  std::copy(shape.begin(), shape.end(), values);
}

// 0, or -1 where the layout has no strides.
BRIDGE_API int32_t bridge_tensor_strides(TensorHandle tensor, int64_t* values) {
  return guarded<int32_t>(-1, [&] {
    const auto strides = implementation(tensor).strides();
    std::copy(strides.begin(), strides.end(), values);
    return 0;
  });
}

// The length of one dimension, negative ones counted from the end; -1 where there is none such.
BRIDGE_API int64_t bridge_tensor_size(TensorHandle tensor, int64_t dimension) {
  return guarded<int64_t>(-1, [&] { return implementation(tensor).size(dimension); });
}

BRIDGE_API int64_t bridge_tensor_stride(TensorHandle tensor, int64_t dimension) {
  return guarded<int64_t>(-1, [&] { return implementation(tensor).stride(dimension); });
}

BRIDGE_API int64_t bridge_tensor_storage_offset(TensorHandle tensor) {
  return guarded<int64_t>(-1, [&] { return implementation(tensor).storage_offset(); });
}

BRIDGE_API int32_t bridge_tensor_type(TensorHandle tensor) {
  return static_cast<int32_t>(c10::typeMetaToScalarType(implementation(tensor).dtype()));
}

// The device's type; its index, -1 for none, through `index`.
BRIDGE_API int32_t bridge_tensor_device(TensorHandle tensor, int32_t* index) {
  const c10::Device device = implementation(tensor).device();
  *index = device.index();
  return static_cast<int32_t>(device.type());
}

BRIDGE_API int32_t bridge_tensor_is_contiguous(TensorHandle tensor) { return implementation(tensor).is_contiguous() ? 1 : 0; }

BRIDGE_API int32_t bridge_tensor_is_sparse(TensorHandle tensor) { return implementation(tensor).is_sparse() ? 1 : 0; }

BRIDGE_API int32_t bridge_tensor_requires_grad(TensorHandle tensor) { return borrow(tensor).requires_grad() ? 1 : 0; }

// 0, or -1 on failure (an integer tensor, say).
BRIDGE_API int32_t bridge_tensor_set_requires_grad(TensorHandle tensor, int32_t value) {
  return guarded<int32_t>(-1, [&] {
    borrow(tensor).set_requires_grad(value != 0);
    return 0;
  });
}

BRIDGE_API int32_t bridge_tensor_is_leaf(TensorHandle tensor) { return borrow(tensor).is_leaf() ? 1 : 0; }

// The gradient as a handle of its own; null where there is none.
BRIDGE_API TensorHandle bridge_tensor_grad(TensorHandle tensor) {
  return guarded<TensorHandle>(nullptr, [&] { return release(at::Tensor(borrow(tensor).grad())); });
}

// The first element's address; null where the tensor has no memory (meta), and on failure.
BRIDGE_API void* bridge_tensor_data(TensorHandle tensor) {
  return guarded<void*>(nullptr, [&] { return borrow(tensor).data_ptr(); });
}

// A CPU tensor over somebody else's memory, in C order; calls release(context) when the last reference to the memory ends. Null on
// failure, with release not called.
BRIDGE_API TensorHandle bridge_tensor_over_memory(
    void* data, const int64_t* shape, int32_t dimensions, int32_t type, void (*release_memory)(void*), void* context) {
  return guarded<TensorHandle>(nullptr, [&] {
    const auto options = at::TensorOptions().dtype(static_cast<at::ScalarType>(type));
    return release(at::from_blob(
        data, at::IntArrayRef(shape, dimensions), [release_memory, context](void*) { release_memory(context); }, options));
  });
}
