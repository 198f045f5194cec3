// A mutex around shared tickets: four windows sell a hundred of them, and no ticket twice.
//
// Teaches: `is there one left?` and `take it` are two steps, and between them another window may take the
// last one. A mutex makes them one step for all who hold it. Keep it in the class with what it guards, and
// take it in every member that looks at that: then nobody can forget to.
//
// Try it: ./example_tickets
#include <array>
#include <cstdio>
#include <mutex>

#include <leat/leat.hpp>

class box_office {
 public:
  // The number of the ticket that is sold; nothing when there are no more.
  std::optional<int> sell() {
    const std::lock_guard hold(guard_);  // a goroutine that has to wait for it parks, and its thread goes on
    if (left_ == 0) return std::nullopt;
    return left_--;
  }

 private:
  leat::mutex guard_;
  int left_ = 100;
};

int main() {
  return leat::run([] {
    box_office office;
    std::array<int, 4> sold{};  // each window counts in a place of its own, which needs no mutex
    leat::wait_group windows;
    for (int& mine : sold) {
      windows.go([&] {
        for (; office.sell(); ++mine)
          leat::yield();  // the next customer steps up
      });
    }
    windows.wait();
    int total = 0;
    for (std::size_t i = 0; i < sold.size(); ++i) {
      std::printf("window %zu has sold %d\n", i + 1, sold[i]);
      total += sold[i];
    }
    std::printf("%d tickets in all\n", total);
  });
}
