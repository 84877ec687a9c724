// SPDX-License-Identifier: Apache-2.0
#include "runtime/dispatcher.h"

#include "runtime/publisher.h"

#include <fmt/format.h>

#include <thread>

namespace floe::runtime {

namespace {

constexpr std::chrono::milliseconds kCancelPoll{50};

}  // namespace

Dispatcher::Dispatcher(RunState& state, Schedule& schedule) : state_(state), schedule_(schedule) {
  for (const std::string& id : schedule.remaining()) {
    if (!is_ephemeral(id)) ++total_;
  }
}

bool Dispatcher::is_ephemeral(const std::string& id) const {
  const dbt::Node* node = state_.project.find_node(id);
  return node != nullptr && node->type == dbt::ResourceType::kModel &&
         node->materialized() == "ephemeral";
}

Turn Dispatcher::next_turn(const std::string& id) {
  if (is_ephemeral(id)) return {};
  const std::lock_guard lock(mutex_);
  return {++started_, total_};
}

std::vector<NodeResult> Dispatcher::run(std::size_t threads) {
  const std::size_t count = std::max<std::size_t>(1, std::min(threads, schedule_.size()));
  for (std::size_t i = 0; i < count; ++i) {
    workers_.push_back(std::make_unique<Worker>(state_, fmt::format("Thread-{} (worker)", i + 1)));
  }
  std::vector<std::thread> pool;
  for (auto& worker : workers_) pool.emplace_back([this, &worker] { work(*worker); });
  watch();
  for (std::thread& thread : pool) thread.join();
  if (stopping_) skip_remaining(*workers_.front());
  if (state_.ports != nullptr) {
    state_.ports->close();
    state_.ports->rename_in(results_);
  }
  return std::move(results_);
}

/// Waits for the workers; tells their databases when the user stops the run.
void Dispatcher::watch() {
  std::unique_lock lock(mutex_);
  while (running_ > 0 || (!stopping_ && !schedule_.all_taken())) {
    changed_.wait_for(lock, kCancelPoll);
    if (state_.request.cancel && !cancelled_) {
      cancelled_ = true;
      stopping_ = true;
      changed_.notify_all();
      for (auto& worker : workers_) worker->session.interrupt();
    }
  }
  changed_.notify_all();
}

void Dispatcher::work(Worker& worker) {
  state_.at_thread(worker.thread_id);
  std::unique_lock lock(mutex_);
  while (!stopping_ && !schedule_.all_taken()) {
    const std::string id = schedule_.take();
    if (id.empty()) {
      changed_.wait(lock);
      continue;
    }
    ++running_;
    lock.unlock();
    run_scheduled(worker, id);
    lock.lock();
    schedule_.finish(id);
    --running_;
    changed_.notify_all();
  }
}

NodeResult Dispatcher::run_or_skip(Worker& worker, const std::string& id) {
  const Turn turn = next_turn(id);
  std::optional<NodeResult> cause;
  bool skip = false;
  {
    const std::lock_guard lock(mutex_);
    const auto at = skipped_.find(id);
    if (at != skipped_.end()) {
      skip = true;
      cause = at->second;
    }
  }
  if (!skip) return run_node(worker, id, turn);
  std::optional<std::string> message;
  if (cause) {
    message = fmt::format(
        "Compilation Error in {}, caused by compilation error in referenced "
        "ephemeral model {}",
        id, cause->unique_id);
  }
  return skip_node(worker, id, turn, std::move(message));
}

void Dispatcher::run_scheduled(Worker& worker, const std::string& id) {
  for (const std::string& test : schedule_.unit_tests_of(id)) {
    bool skip = false;
    {
      const std::lock_guard lock(mutex_);
      skip = skipped_.contains(id);
      if (skip) skipped_.emplace(test, std::nullopt);
    }
    NodeResult result = run_or_skip(worker, test);
    const bool marks = marks_dependents(result);
    record(worker, std::move(result));
    if (marks) {
      const std::lock_guard lock(mutex_);
      skipped_.try_emplace(id, std::nullopt);
    }
  }
  NodeResult result = run_or_skip(worker, id);
  const NodeStatus status = result.status;
  record(worker, std::move(result));
  if (state_.ports != nullptr) audit(worker, id, status);
}

/// What is built on a port's model does not run when the model was not published.
void Dispatcher::audit(Worker& worker, const std::string& id, NodeStatus status) {
  for (const std::string& model : state_.ports->finished(worker, id, status)) {
    const std::lock_guard lock(mutex_);
    for (const std::string& behind : schedule_.behind_audit(model)) {
      skipped_.try_emplace(behind, std::nullopt);
    }
  }
}

bool Dispatcher::marks_dependents(const NodeResult& result) const {
  const bool build = state_.request.command == Command::kBuild;
  // Clones need nothing of each other.
  if (state_.request.command == Command::kClone) return false;
  switch (result.status) {
    case NodeStatus::kError:
    case NodeStatus::kRuntimeError:
    case NodeStatus::kPartialSuccess: return true;
    case NodeStatus::kFail:
    case NodeStatus::kSkipped: return build;
    default: return false;
  }
}

void Dispatcher::record(Worker&, NodeResult result) {
  GateDecision decision = GateDecision::kContinue;
  if (state_.request.gate && result.status != NodeStatus::kSkipped) {
    decision = state_.request.gate(result);
  }
  const std::string id = result.unique_id;
  const bool ephemeral = is_ephemeral(id);
  const dbt::Node* node = state_.project.find_node(id);
  const dbt::Value* on_error = node == nullptr ? nullptr : node->config_value("on_error");
  const bool goes_on =
      on_error != nullptr && on_error->is_string() && on_error->as_string() == "continue";
  const std::lock_guard lock(mutex_);
  if (stopping_ && result.cancelled) {
    // Interrupted: it did not fail by itself.
    result.status = NodeStatus::kSkipped;
    result.message = cancelled_ ? "Cancelled" : "Skipping due to fail_fast";
  }
  if ((marks_dependents(result) && !goes_on) || decision != GateDecision::kContinue) {
    for (const std::string& child : schedule_.descendants(id)) {
      skipped_[child] = ephemeral ? std::optional(result) : std::nullopt;
    }
  }
  const bool failed = result.failed() || result.status == NodeStatus::kPartialSuccess;
  const bool first_error_stops =
      state_.request.command == Command::kCompile || state_.request.command == Command::kShow;
  const bool stops = (failed && state_.request.fail_fast) || decision == GateDecision::kStop ||
                     (result.status == NodeStatus::kError && first_error_stops);
  if (stops && !stopping_) stop(&result);
  if (!ephemeral || state_.request.ephemeral_results) results_.push_back(std::move(result));
}

/// Called with the lock held.
void Dispatcher::stop(const NodeResult* because) {
  stopping_ = true;
  stopped_by_ = *because;
  for (auto& worker : workers_) {
    worker->session.interrupt();
  }
  changed_.notify_all();
}

void Dispatcher::skip_remaining(Worker& worker) {
  const std::string message = cancelled_ ? "Cancelled" : "Skipping due to fail_fast";
  for (const std::string& id : schedule_.remaining()) {
    if (is_ephemeral(id)) continue;
    results_.push_back(skip_node(worker, id, {++started_, total_}, message));
  }
}

}  // namespace floe::runtime
