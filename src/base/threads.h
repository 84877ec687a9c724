// SPDX-License-Identifier: Apache-2.0
// Running independent pieces of work on several threads.
#pragma once

#include "base/result.h"

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace floe {

/// A fixed number of worker threads and a queue. What a task throws comes out of wait().
class ThreadPool {
 public:
  explicit ThreadPool(std::size_t threads);
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;
  /// Finishes the queued tasks; what they throw is lost unless wait() was called.
  ~ThreadPool();

  void submit(std::function<void()> task);
  /// Returns when the queue is empty and no task runs; throws what the first failing task threw.
  void wait();

 private:
  void work(const std::stop_token& stop);

  std::mutex mutex_;
  std::condition_variable_any ready_;  // a task was queued, or the pool ends
  std::condition_variable_any idle_;   // nothing is left
  std::deque<std::function<void()>> tasks_;
  std::size_t running_ = 0;
  std::exception_ptr failure_;
  std::vector<std::jthread> workers_;  // last: they end before the rest goes away
};

/// Calls `body(i)` for 0 ≤ i < count on up to `threads` threads; returns when all are done. Throws
/// what the first failing call threw. With one thread (or one item) everything runs right here.
void parallel_for(std::size_t count, std::size_t threads,
                  const std::function<void(std::size_t)>& body);

/// The same with bodies that can fail: after the first failure no other begins, and it is the
/// result.
Status parallel_until_failure(std::size_t count, std::size_t threads,
                              const std::function<Status(std::size_t)>& body);

/// How many threads this machine runs at the same time; at least 1.
std::size_t processor_count();

}  // namespace floe
