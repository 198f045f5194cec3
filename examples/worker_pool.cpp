// A pool of three workers shares twelve jobs; their results come back in any order and are put in place.
//
// Teaches: fan-out (several goroutines receive from one channel, and whoever is free takes the next job) and
// fan-in (all of them send on one other channel). The number of workers bounds how much happens at once.
//
// Try it: ./example_worker_pool
#include <cstdio>
#include <vector>

#include <leat/leat.hpp>

struct job {
  std::size_t place;
  unsigned long number;
};

struct answer {
  std::size_t place;
  int steps;
};

// Halve what is even, triple and add one to what is odd: how many steps until it comes to one?
int steps_to_one(unsigned long number) {
  int steps = 0;
  for (; number != 1; ++steps)
    number = number % 2 == 0 ? number / 2 : 3 * number + 1;
  return steps;
}

void work(leat::receiver<job> jobs, leat::sender<answer> answers) {
  for (const job& next : jobs)
    answers.send({next.place, steps_to_one(next.number)});
}

int main() {
  return leat::run([] {
    constexpr int workers = 3;
    const std::vector<unsigned long> numbers{1, 2, 3, 7, 9, 25, 27, 97, 871, 6171, 77031, 837799};

    leat::chan<job> jobs;
    leat::chan<answer> answers;
    leat::wait_group working;
    for (int i = 0; i < workers; ++i)
      working.go([=] { work(jobs, answers); });
    leat::go([=] {
      for (std::size_t i = 0; i < numbers.size(); ++i)
        jobs.send({i, numbers[i]});
      jobs.close();    // every worker's loop ends,
      working.wait();  // and after the last one
      answers.close();
    });

    std::vector<int> steps(numbers.size());
    for (const answer& one : answers)
      steps[one.place] = one.steps;
    for (std::size_t i = 0; i < numbers.size(); ++i)
      std::printf("%lu: %d steps\n", numbers[i], steps[i]);
  });
}
