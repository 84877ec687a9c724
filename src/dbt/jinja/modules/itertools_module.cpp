// SPDX-License-Identifier: Apache-2.0
#include "dbt/jinja/interp.h"
#include "dbt/jinja/modules/modules.h"
#include "dbt/jinja/number.h"

#include <fmt/format.h>

namespace floe::jinja {

namespace {

using Source = std::shared_ptr<ValueIterator>;

Value it_chain(CallContext&, const Args& args) {
  auto sources = std::make_shared<std::vector<Value>>(args.positional);
  auto at = std::make_shared<std::size_t>(0);
  auto current = std::make_shared<Source>();
  return generator("itertools.chain", [sources, at, current](Value& out) {
    while (true) {
      if (*current != nullptr && (*current)->next(out)) return true;
      if (*at == sources->size()) return false;
      *current = iterate((*sources)[(*at)++]);
    }
  });
}

Value it_from_iterable(CallContext& context, const Args& args) {
  if (args.size() != 1) raise_type_error("chain.from_iterable() takes exactly one argument");
  Args spread;
  spread.positional = collect(args[0]);
  return it_chain(context, spread);
}

// chain with its class method.
class ChainObject : public Object {
 public:
  std::string type_name() const override { return "function"; }
  bool callable() const override { return true; }
  Value call(CallContext& context, const Args& args) override { return it_chain(context, args); }
  std::optional<Value> get_attr(Name name) override {
    if (name == "from_iterable") return native("from_iterable", it_from_iterable);
    return std::nullopt;
  }
};

Value it_count(CallContext&, std::vector<Value>& args) {
  auto next = std::make_shared<Value>(args[0]);
  const Value step = args[1];
  return generator("itertools.count", [next, step](Value& out) {
    out = *next;
    *next = binary_op(BinaryOp::kAdd, *next, step);
    return true;
  });
}

Value it_cycle(CallContext&, std::vector<Value>& args) {
  auto items = std::make_shared<std::vector<Value>>(collect(args[0]));
  auto at = std::make_shared<std::size_t>(0);
  return generator("itertools.cycle", [items, at](Value& out) {
    if (items->empty()) return false;
    out = (*items)[*at];
    *at = (*at + 1) % items->size();
    return true;
  });
}

Value it_repeat(CallContext&, std::vector<Value>& args) {
  const Value item = args[0];
  const bool endless = args[1].is_none();
  auto left = std::make_shared<std::int64_t>(endless ? 0 : to_index(args[1]));
  return generator("itertools.repeat", [item, endless, left](Value& out) {
    if (!endless && (*left)-- <= 0) return false;
    out = item;
    return true;
  });
}

Value it_accumulate(CallContext& context, std::vector<Value>& args) {
  Source source = iterate(args[0]);
  const Value function = args[1];
  auto total = std::make_shared<std::optional<Value>>();
  if (!args[2].is_none()) *total = args[2];
  auto first = std::make_shared<bool>(!args[2].is_none());
  Interp* interp = &context.interp;
  return generator("itertools.accumulate", [=](Value& out) {
    if (*first) {
      *first = false;
      out = **total;
      return true;
    }
    Value item;
    if (!source->next(item)) return false;
    if (!*total) *total = item;
    else if (function.is_none()) *total = binary_op(BinaryOp::kAdd, **total, item);
    else {
      Args pair;
      pair.positional = {**total, item};
      *total = interp->call(function, pair);
    }
    out = **total;
    return true;
  });
}

Value it_compress(CallContext&, std::vector<Value>& args) {
  Source data = iterate(args[0]);
  Source selectors = iterate(args[1]);
  return generator("itertools.compress", [data, selectors](Value& out) {
    Value selector;
    while (data->next(out) && selectors->next(selector)) {
      if (selector.truthy()) return true;
    }
    return false;
  });
}

Value it_islice(CallContext&, const Args& args) {
  if (args.size() < 2 || args.size() > 4) {
    raise_type_error(fmt::format("islice expected at least 2 arguments, got {}", args.size()));
  }
  const auto bound = [&](std::size_t i, std::int64_t fallback) {
    if (args.size() <= i || args[i].is_none()) return fallback;
    const std::int64_t value = args[i].is_int() ? to_index(args[i]) : -1;
    if (value < 0) {
      raise_value_error("Indices for islice() must be None or an integer: 0 <= x <= sys.maxsize.");
    }
    return value;
  };
  const bool only_stop = args.size() == 2;
  const std::int64_t start = only_stop ? 0 : bound(1, 0);
  const std::int64_t stop = bound(only_stop ? 1 : 2, INT64_MAX);
  const std::int64_t step = bound(3, 1);
  if (step == 0) raise_value_error("Step for islice() must be a positive integer or None.");
  Source source = iterate(args[0]);
  auto at = std::make_shared<std::int64_t>(0);
  auto wanted = std::make_shared<std::int64_t>(start);
  return generator("itertools.islice", [=](Value& out) {
    while (*wanted < stop && source->next(out)) {
      if ((*at)++ != *wanted) continue;
      *wanted += step;
      return true;
    }
    return false;
  });
}

Value it_starmap(CallContext& context, std::vector<Value>& args) {
  const Value function = args[0];
  Source source = iterate(args[1]);
  Interp* interp = &context.interp;
  return generator("itertools.starmap", [=](Value& out) {
    Value item;
    if (!source->next(item)) return false;
    Args spread;
    spread.positional = collect(item);
    out = interp->call(function, spread);
    return true;
  });
}

Value it_tee(CallContext&, std::vector<Value>& args) {
  // Independent readers of one buffered copy.
  const Value items = Value::list(collect(args[0]));
  std::vector<Value> copies;
  for (std::int64_t i = 0; i < to_index(args[1]); ++i) {
    copies.push_back(generator("itertools._tee", iterate(items)));
  }
  return Value::tuple(std::move(copies));
}

Value it_zip_longest(CallContext&, const Args& args) {
  const Value* fill = args.find("fillvalue");
  const Value filler = fill == nullptr ? Value() : *fill;
  auto sources = std::make_shared<std::vector<Source>>();
  for (const Value& arg : args.positional) sources->push_back(iterate(arg));
  return generator("itertools.zip_longest", [sources, filler](Value& out) {
    std::vector<Value> row;
    bool any = false;
    for (Source& source : *sources) {
      Value item = filler;
      if (source != nullptr && source->next(item)) any = true;
      else {
        source = nullptr;
        item = filler;
      }
      row.push_back(std::move(item));
    }
    if (!any) return false;
    out = Value::tuple(std::move(row));
    return true;
  });
}

// Index vectors one after the other: `advance` moves to the next, false when there is none.
template <class Advance>
Value by_indices(const char* type, std::shared_ptr<std::vector<std::vector<Value>>> pools,
                 std::vector<std::size_t> first, bool empty, Advance advance) {
  auto at = std::make_shared<std::vector<std::size_t>>(std::move(first));
  auto more = std::make_shared<bool>(!empty);
  return generator(type, [=](Value& out) {
    if (!*more) return false;
    std::vector<Value> row;
    for (std::size_t i = 0; i < at->size(); ++i) {
      row.push_back((*pools)[pools->size() == 1 ? 0 : i][(*at)[i]]);
    }
    out = Value::tuple(std::move(row));
    *more = advance(*at);
    return true;
  });
}

Value it_product(CallContext&, const Args& args) {
  const Value* repeat = args.find("repeat");
  const std::int64_t times = repeat == nullptr ? 1 : to_index(*repeat);
  auto pools = std::make_shared<std::vector<std::vector<Value>>>();
  for (std::int64_t k = 0; k < times; ++k) {
    for (const Value& arg : args.positional) pools->push_back(collect(arg));
  }
  bool empty = false;
  for (const auto& pool : *pools) empty = empty || pool.empty();
  return by_indices("itertools.product", pools, std::vector<std::size_t>(pools->size(), 0), empty,
                    [pools](std::vector<std::size_t>& at) {
                      for (std::size_t i = at.size(); i-- > 0;) {
                        if (++at[i] < (*pools)[i].size()) return true;
                        at[i] = 0;
                      }
                      return false;
                    });
}

struct Choice {
  std::shared_ptr<std::vector<std::vector<Value>>> pools;
  std::size_t size = 0;
  std::size_t length = 0;
};

Choice choice_of(const std::vector<Value>& args) {
  Choice choice;
  choice.pools = std::make_shared<std::vector<std::vector<Value>>>();
  choice.pools->push_back(collect(args[0]));
  choice.size = (*choice.pools)[0].size();
  const std::int64_t length =
      args[1].is_none() ? static_cast<std::int64_t>(choice.size) : to_index(args[1]);
  if (length < 0) raise_value_error("r must be non-negative");
  choice.length = static_cast<std::size_t>(length);
  return choice;
}

std::vector<std::size_t> counting(std::size_t count) {
  std::vector<std::size_t> out(count);
  for (std::size_t i = 0; i < count; ++i) out[i] = i;
  return out;
}

Value it_combinations(CallContext&, std::vector<Value>& args) {
  const Choice choice = choice_of(args);
  const std::size_t n = choice.size;
  return by_indices("itertools.combinations", choice.pools, counting(choice.length),
                    choice.length > n, [n](std::vector<std::size_t>& at) {
                      const std::size_t r = at.size();
                      for (std::size_t i = r; i-- > 0;) {
                        if (at[i] == i + n - r) continue;
                        ++at[i];
                        for (std::size_t k = i + 1; k < r; ++k) at[k] = at[k - 1] + 1;
                        return true;
                      }
                      return false;
                    });
}

Value it_combinations_repeated(CallContext&, std::vector<Value>& args) {
  const Choice choice = choice_of(args);
  const std::size_t n = choice.size;
  return by_indices("itertools.combinations_with_replacement", choice.pools,
                    std::vector<std::size_t>(choice.length, 0), n == 0 && choice.length > 0,
                    [n](std::vector<std::size_t>& at) {
                      for (std::size_t i = at.size(); i-- > 0;) {
                        if (at[i] + 1 >= n) continue;
                        const std::size_t next = at[i] + 1;
                        for (std::size_t k = i; k < at.size(); ++k) at[k] = next;
                        return true;
                      }
                      return false;
                    });
}

Value it_permutations(CallContext&, std::vector<Value>& args) {
  const Choice choice = choice_of(args);
  const std::size_t n = choice.size;
  return by_indices("itertools.permutations", choice.pools, counting(choice.length),
                    choice.length > n, [n](std::vector<std::size_t>& at) {
                      const auto used = [&at](std::size_t value, std::size_t before) {
                        for (std::size_t i = 0; i < before; ++i) {
                          if (at[i] == value) return true;
                        }
                        return false;
                      };
                      for (std::size_t i = at.size(); i-- > 0;) {
                        std::size_t next = at[i] + 1;
                        while (next < n && used(next, i)) ++next;
                        if (next == n) continue;
                        at[i] = next;
                        for (std::size_t k = i + 1; k < at.size(); ++k) {
                          std::size_t value = 0;
                          while (used(value, k)) ++value;
                          at[k] = value;
                        }
                        return true;
                      }
                      return false;
                    });
}

}  // namespace

Value itertools_module() {
  return Value::dict({
      {"count", native("count", {{"start", Value(0)}, {"step", Value(1)}}, it_count)},
      {"cycle", native("cycle", {{"iterable", {}}}, it_cycle)},
      {"repeat", native("repeat", {{"object", {}}, {"times", Value()}}, it_repeat)},
      {"accumulate",
       native("accumulate", {{"iterable", {}}, {"func", Value()}, {"initial", Value()}},
              it_accumulate)},
      {"chain", make_object<ChainObject>()},
      {"compress", native("compress", {{"data", {}}, {"selectors", {}}}, it_compress)},
      {"islice", native("islice", it_islice)},
      {"starmap", native("starmap", {{"function", {}}, {"iterable", {}}}, it_starmap)},
      {"tee", native("tee", {{"iterable", {}}, {"n", Value(2)}}, it_tee)},
      {"zip_longest", native("zip_longest", it_zip_longest)},
      {"product", native("product", it_product)},
      {"permutations", native("permutations", {{"iterable", {}}, {"r", Value()}}, it_permutations)},
      {"combinations", native("combinations", {{"iterable", {}}, {"r", {}}}, it_combinations)},
      {"combinations_with_replacement",
       native("combinations_with_replacement", {{"iterable", {}}, {"r", {}}},
              it_combinations_repeated)},
  });
}

}  // namespace floe::jinja
