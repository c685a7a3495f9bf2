// The CPU's memory for large tensors. malloc gives large blocks back to the system at once, and the next operation then pays for fresh
// pages: a quarter of a second and more for each gigabyte. Here freed blocks are kept a while for the next tensor of about their size.
#include "bridge.h"

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <c10/core/impl/alloc_cpu.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <mutex>
#include <unordered_map>

namespace {

// Smaller blocks malloc keeps well enough itself.
constexpr size_t kLarge = size_t{1} << 20;

// Kept are at most as many bytes as are in use, but for these: a pipeline that is disposed of leaves little behind.
constexpr size_t kAlwaysKept = size_t{64} << 20;
constexpr size_t kMostKept = size_t{512} << 20;

class FreedBlocks {
 public:
  void* take(size_t size) {
    if (void* kept = take_kept(size)) {
      return kept;
    }
    void* fresh = allocate_fresh(size);
    const std::lock_guard<std::mutex> lock(mutex_);
    in_use_ += size;
    sizes_.emplace(fresh, size);
    return fresh;
  }

  // A block that is not one of these came from libtorch's own allocator.
  void give_back(void* pointer) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = sizes_.find(pointer);
    if (found == sizes_.end()) {
      c10::free_cpu(pointer);
      return;
    }
    in_use_ -= found->second;
    kept_bytes_ += found->second;
    kept_.push_front({pointer, found->second});
    sizes_.erase(found);
    shrink_to(std::clamp(in_use_, kAlwaysKept, kMostKept));
  }

 private:
  struct Block {
    void* pointer;
    size_t size;
  };

  // The smallest that is large enough and not much larger, of equals the one freed last.
  void* take_kept(size_t size) {
    const std::lock_guard<std::mutex> lock(mutex_);
    auto best = kept_.end();
    for (auto block = kept_.begin(); block != kept_.end(); ++block) {
      if (block->size >= size && block->size - size <= size / 8 && (best == kept_.end() || block->size < best->size)) {
        best = block;
      }
    }
    if (best == kept_.end()) {
      return nullptr;
    }
    const Block taken = *best;
    kept_.erase(best);
    kept_bytes_ -= taken.size;
    in_use_ += taken.size;
    sizes_.emplace(taken.pointer, taken.size);
    return taken.pointer;
  }

  void* allocate_fresh(size_t size) {
    try {
      return c10::alloc_cpu(size);
    } catch (const c10::Error&) {
      const std::lock_guard<std::mutex> lock(mutex_);
      shrink_to(0);
    }
    return c10::alloc_cpu(size);
  }

  // Frees what has lain longest.
  void shrink_to(size_t limit) {
    while (kept_bytes_ > limit) {
      c10::free_cpu(kept_.back().pointer);
      kept_bytes_ -= kept_.back().size;
      kept_.pop_back();
    }
  }

  std::mutex mutex_;
  std::deque<Block> kept_;
  std::unordered_map<void*, size_t> sizes_;
  size_t in_use_ = 0;
  size_t kept_bytes_ = 0;
};

// Lives as long as the process: tensors may be freed while it ends.
FreedBlocks& freed_blocks() {
  static auto* const blocks = new FreedBlocks();
  return *blocks;
}

void free_block(void* pointer) { freed_blocks().give_back(pointer); }

class KeepingAllocator final : public c10::Allocator {
 public:
  explicit KeepingAllocator(c10::Allocator* small) : small_(small) {}

  c10::DeleterFnPtr raw_deleter() const override { return &free_block; }

#if BRIDGE_TORCH_MAJOR > 2 || (BRIDGE_TORCH_MAJOR == 2 && BRIDGE_TORCH_MINOR >= 3)
  c10::DataPtr allocate(size_t size) override { return take(size); }

  void copy_data(void* destination, const void* source, std::size_t count) const override { std::memcpy(destination, source, count); }
#else
  c10::DataPtr allocate(size_t size) const override { return take(size); }
#endif

 private:
  c10::DataPtr take(size_t size) const {
    if (size < kLarge) {
      return small_->allocate(size);
    }
    void* const data = freed_blocks().take(size);
    return {data, data, &free_block, c10::Device(c10::DeviceType::CPU)};
  }

  c10::Allocator* const small_;
};

}  // namespace

// To be called once, before the first tensor.
BRIDGE_API void bridge_keep_freed_memory() { c10::SetCPUAllocator(new KeepingAllocator(c10::GetCPUAllocator()), /*priority=*/1); }
