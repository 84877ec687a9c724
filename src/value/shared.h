// SPDX-License-Identifier: Apache-2.0
// A value that its copies share until one of them is changed.
#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

namespace floe::value {

/// Holds a T (default constructed at first) by a count of its holders. Copying costs no more than
/// counting; `edit` gives the holder a T of its own first. Distinct holders may be used from
/// distinct threads, as if they shared nothing.
template <class T>
class Shared {
 public:
  Shared() = default;
  explicit Shared(T value) : cell_(new Cell{std::move(value)}) {}
  Shared(const Shared& other) : cell_(other.cell_) {
    if (cell_ != nullptr) cell_->holders.fetch_add(1, std::memory_order_relaxed);
  }
  Shared(Shared&& other) noexcept : cell_(std::exchange(other.cell_, nullptr)) {}
  Shared& operator=(Shared other) noexcept {
    std::swap(cell_, other.cell_);
    return *this;
  }
  ~Shared() {
    if (cell_ != nullptr && cell_->holders.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      delete cell_;
    }
  }

  const T& read() const {
    static const T kEmpty{};
    return cell_ == nullptr ? kEmpty : cell_->value;
  }

  /// The T, held by this one alone. References into it must not outlive the next copy of the
  /// holder.
  T& edit() {
    if (cell_ == nullptr) {
      cell_ = new Cell{};
    } else if (cell_->holders.load(std::memory_order_acquire) != 1) {
      *this = Shared(cell_->value);
    }
    return cell_->value;
  }

  /// Tells holders of the same T from others: equal addresses mean equal values. Null: an empty
  /// one.
  const void* identity() const { return cell_; }

 private:
  struct Cell {
    T value{};
    std::atomic<std::size_t> holders{1};
  };
  Cell* cell_ = nullptr;
};

}  // namespace floe::value
