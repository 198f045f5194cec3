// Numbers that come from several feeds at once are summed in parallel; the first error calls the rest off.
//
// Teaches: a task group runs goroutines as one piece of work with one outcome. A task that returns an error
// cancels the group's context, and the others, wherever they wait, see that as one more case of their select.
// When wait() returns all of them have ended, so they may refer to local variables.
//
// Try it: ./example_parallel_sum
#include <cstdio>
#include <vector>

#include <leat/leat.hpp>

using feed = leat::receiver<int>;

leat::result<long> sum_of(const leat::context& ctx, feed numbers) {
  long sum = 0;
  std::optional<leat::result<long>> outcome;
  const auto add = [&](std::optional<int> number) {
    if (!number)
      outcome = sum;  // the feed is closed: that was all
    else if (*number < 0)
      outcome = std::unexpected(std::make_error_code(std::errc::argument_out_of_domain));
    else
      sum += *number;
  };
  const auto give_up = [&](auto) { outcome = std::unexpected(ctx.error()); };
  while (!outcome)
    leat::select(numbers.on_receive(add), ctx.done().on_receive(give_up));
  return *outcome;
}

leat::result<long> parallel_sum(const std::vector<feed>& feeds) {
  std::vector<long> sums(feeds.size());  // a place for each task: nothing is shared, nothing needs a lock
  leat::task_group tasks;
  for (std::size_t i = 0; i < feeds.size(); ++i) {
    tasks.go([&, i](const leat::context& ctx) -> leat::result<void> {
      const auto sum = sum_of(ctx, feeds[i]);
      if (!sum) return std::unexpected(sum.error());
      sums[i] = *sum;
      return {};
    });
  }
  if (const auto all = tasks.wait(); !all) return std::unexpected(all.error());
  long total = 0;
  for (long sum : sums)
    total += sum;
  return total;
}

feed numbers_from(std::vector<int> numbers) {
  leat::chan<int> out;
  leat::go([=] {
    for (int number : numbers)
      out.send(number);
    out.close();
  });
  return out;
}

int main() {
  return leat::run([] {
    const auto good = parallel_sum({numbers_from({1, 2, 3}), numbers_from({10, 20}), numbers_from({100})});
    std::printf("three good feeds: %ld\n", good.value());

    const leat::chan<int> silent;  // never sends and never closes: only cancelling ends the wait for it
    const auto bad = parallel_sum({numbers_from({1, 2, 3}), silent, numbers_from({10, -20})});
    std::printf("a bad one and a silent one: %s\n", bad ? "?" : bad.error().message().c_str());
  });
}
