// Calls any operator that libtorch knows, by name, through its dispatcher.
#include "bridge.h"
#include "handles.h"

#include <ATen/core/List.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/ivalue.h>
#include <ATen/core/stack.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

using namespace bridge;

namespace {

// What a call returned beyond the room its caller offered.
thread_local std::vector<int64_t> pending_results;

// c10::optional in older releases of libtorch, std::optional in newer ones.
using OptionalTensor = std::decay_t<decltype(std::declval<c10::IValue&>().toOptional<at::Tensor>())>;

template <typename T>
const T* elements(const Argument& argument) {
  return reinterpret_cast<const T*>(argument.value);
}

c10::IValue to_ivalue(const Argument& argument, const c10::Argument& schema) {
  switch (argument.kind) {
    case Kind::Default:
      TORCH_CHECK(schema.default_value().has_value(), "the argument '", schema.name(), "' has no default");
      return *schema.default_value();
    case Kind::None:
      return {};
    case Kind::Tensor:
      return borrow(reinterpret_cast<TensorHandle>(argument.value));
    case Kind::Int:
      return argument.value;
    case Kind::Double: {
      double value;
      std::memcpy(&value, &argument.value, sizeof value);
      return value;
    }
    case Kind::Bool:
      return argument.value != 0;
    case Kind::IntList: {
      c10::List<int64_t> list;
      list.reserve(argument.length);
      for (int32_t i = 0; i < argument.length; ++i) {
        list.push_back(elements<int64_t>(argument)[i]);
      }
      return list;
    }
    case Kind::DoubleList: {
      c10::List<double> list;
      list.reserve(argument.length);
      for (int32_t i = 0; i < argument.length; ++i) {
        list.push_back(elements<double>(argument)[i]);
      }
      return list;
    }
    case Kind::TensorList: {
      c10::List<at::Tensor> list;
      list.reserve(argument.length);
      for (int32_t i = 0; i < argument.length; ++i) {
        list.push_back(borrow(elements<TensorHandle>(argument)[i]));
      }
      return list;
    }
    case Kind::OptionalTensorList: {
      c10::List<OptionalTensor> list;
      list.reserve(argument.length);
      for (int32_t i = 0; i < argument.length; ++i) {
        const TensorHandle handle = elements<TensorHandle>(argument)[i];
        list.push_back(handle ? OptionalTensor(borrow(handle)) : OptionalTensor());
      }
      return list;
    }
    case Kind::String:
      return std::string(elements<char>(argument), argument.length);
    case Kind::Device:
      return c10::Device(static_cast<c10::DeviceType>(argument.length), static_cast<c10::DeviceIndex>(argument.value));
    case Kind::Generator:
      return borrow_generator(reinterpret_cast<GeneratorHandle>(argument.value));
  }
  TORCH_CHECK(false, "unknown kind of argument: ", static_cast<int32_t>(argument.kind));
}

// Results are flat: a list of tensors becomes its elements. Numbers travel as their bits.
void append(c10::IValue&& value, std::vector<int64_t>& results) {
  if (value.isTensor()) {
    results.push_back(reinterpret_cast<int64_t>(release(std::move(value).toTensor())));
  } else if (value.isTensorList()) {
    for (at::Tensor& tensor : std::move(value).toTensorVector()) {
      results.push_back(reinterpret_cast<int64_t>(release(std::move(tensor))));
    }
  } else if (value.isBool()) {
    results.push_back(value.toBool() ? 1 : 0);
  } else if (value.isInt()) {
    results.push_back(value.toInt());
  } else if (value.isDouble()) {
    const double number = value.toDouble();
    int64_t bits;
    std::memcpy(&bits, &number, sizeof bits);
    results.push_back(bits);
  } else {
    TORCH_CHECK(false, "the bridge does not carry results of type ", value.tagKind());
  }
}

}  // namespace

// The operator "namespace::name" with the given overload ("" for the only one); null where this libtorch does not know it.
BRIDGE_API OperatorHandle bridge_find_operator(const char* name, const char* overload) {
  return guarded<OperatorHandle>(nullptr, [&]() -> OperatorHandle {
    const auto found = c10::Dispatcher::singleton().findSchema({name, overload});
    return found ? new c10::OperatorHandle(*found) : nullptr;
  });
}

// Calls an operator. Missing trailing arguments take the schema's defaults. Writes up to `capacity` results and returns how many there
// are; those beyond wait for bridge_take_results. A null `results` drops them all: for operators that work in place. -1 on failure.
BRIDGE_API int64_t bridge_call(OperatorHandle operation, const Argument* arguments, int32_t count, int64_t* results, int64_t capacity) {
  return guarded<int64_t>(-1, [&]() -> int64_t {
    const auto& handle = *static_cast<const c10::OperatorHandle*>(operation);
    const auto& schema = handle.schema().arguments();
    TORCH_CHECK(static_cast<size_t>(count) <= schema.size(), handle.operator_name(), " takes ", schema.size(), " arguments, not ", count);
    torch::jit::Stack stack;
    stack.reserve(schema.size());
    constexpr Argument missing{Kind::Default, 0, 0};
    for (size_t i = 0; i < schema.size(); ++i) {
      stack.push_back(to_ivalue(i < static_cast<size_t>(count) ? arguments[i] : missing, schema[i]));
    }
    handle.callBoxed(stack);
    if (!results) {
      return 0;
    }
    if (stack.size() == 1 && capacity > 0 && stack[0].isTensor()) {
      results[0] = reinterpret_cast<int64_t>(release(std::move(stack[0]).toTensor()));
      return 1;
    }
    std::vector<int64_t> flat;
    for (c10::IValue& value : stack) {
      append(std::move(value), flat);
    }
    const auto total = static_cast<int64_t>(flat.size());
    const auto fitting = std::min(total, capacity);
    std::copy_n(flat.begin(), fitting, results);
    pending_results.assign(flat.begin() + fitting, flat.end());
    return total;
  });
}

// Hands out what the thread's last call returned beyond its caller's room.
BRIDGE_API void bridge_take_results(int64_t* results) {
  std::copy(pending_results.begin(), pending_results.end(), results);
  pending_results.clear();
}
